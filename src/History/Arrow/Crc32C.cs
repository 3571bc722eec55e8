using System.Numerics;
using System.Runtime.InteropServices;

namespace CityBrain.History.Arrow;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4).</summary>
public static class Crc32C
{
    /// <summary>The checksum of what was before and these bytes; begin with 0.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte b in bytes[(words.Length * 8)..])
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    /// <summary>A checksum as eight hexadecimal digits.</summary>
    internal static string Text(uint crc) =>
        crc.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
