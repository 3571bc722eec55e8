using System.Buffers.Binary;

namespace CityBrain.Simulation.Sumo;

/// <summary>Gives names, as they come off the wire, running numbers, without making strings of them.</summary>
internal sealed class Utf8Index
{
    private int[] _slots = new int[1024];
    private uint[] _hashes = new uint[512];
    private byte[][] _names = new byte[512][];

    public int Count { get; private set; }

    /// <summary>The number of a name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        uint hash = Hash(name);
        for (uint at = hash; ; at++)
        {
            int number = _slots[at & (uint)(_slots.Length - 1)] - 1;
            if (number < 0 || (_hashes[number] == hash && name.SequenceEqual(_names[number]))) return number;
        }
    }

    /// <summary>The number of a name; a new one gets the next.</summary>
    public int Add(ReadOnlySpan<byte> name)
    {
        int known = Find(name);
        if (known >= 0) return known;
        if (Count == _names.Length) Grow();
        _names[Count] = name.ToArray();
        _hashes[Count] = Hash(name);
        Place(Count);
        return Count++;
    }

    private void Grow()
    {
        Array.Resize(ref _names, Count * 2);
        Array.Resize(ref _hashes, Count * 2);
        _slots = new int[_slots.Length * 2];
        for (int i = 0; i < Count; i++) Place(i);
    }

    private void Place(int number)
    {
        uint at = _hashes[number];
        while (_slots[at & (uint)(_slots.Length - 1)] != 0) at++;
        _slots[at & (uint)(_slots.Length - 1)] = number + 1;
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = (ulong)name.Length;
        for (; name.Length >= 8; name = name[8..])
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name)) * 0x9E3779B97F4A7C15UL;
        foreach (byte b in name) hash = (hash ^ b) * 0x100000001B3UL;
        return (uint)(hash ^ (hash >> 29));
    }
}
