using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CityBrain.Model;

/// <summary>
/// A 64-bit running hash of state and commands, the same on every machine. It finds differences; it is not
/// a signature. Mixing step after MurmurHash3's 64-bit finaliser (Appleby, public domain).
/// </summary>
public struct Digest
{
    private ulong _hash;

    public readonly ulong Value => _hash;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value)
    {
        ulong h = _hash ^ value;
        h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDUL;
        h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53UL;
        _hash = (h ^ (h >> 33)) + 0x9E3779B97F4A7C15UL;
    }

    public void Add(long value) => Add((ulong)value);
    public void Add(int value) => Add((ulong)(uint)value);
    public void Add(float value) => Add((ulong)BitConverter.SingleToUInt32Bits(value));
    public void Add(double value) => Add(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Adds the length and every byte.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        while (bytes.Length >= 8)
        {
            Add(MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }
        ulong rest = 0;
        for (int i = 0; i < bytes.Length; i++) rest |= (ulong)bytes[i] << (8 * i);
        Add(rest);
    }

    public readonly override string ToString() => _hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
