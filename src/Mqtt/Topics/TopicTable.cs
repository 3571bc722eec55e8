using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CityBrain.Mqtt.Topics;

/// <summary>
/// Maps topic bytes to a small dense number without making a string: open addressing with linear probing over an
/// array of 16-byte slots, at most half full. Built by one thread; after that any number may look up.
/// </summary>
public sealed class TopicTable
{
    private readonly int _capacity;
    private Slot[] _slots = new Slot[16];
    private byte[] _text = new byte[256];
    private int _textLength;

    /// <param name="capacity">Most topics that the table takes.</param>
    public TopicTable(int capacity = 1 << 24) => _capacity = capacity;

    private struct Slot
    {
        public uint Hash;
        public int Start;
        public int Length;

        /// <summary>The topic's value plus one; zero marks an empty slot.</summary>
        public int ValuePlusOne;
    }

    public int Count { get; private set; }

    /// <summary>
    /// Adds a topic or gives an existing one a new value (0 or more). False when the table is full.
    /// </summary>
    public bool TrySet(ReadOnlySpan<byte> topic, int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        uint hash = Hash(topic);
        ref Slot slot = ref Find(topic, hash);
        if (slot.ValuePlusOne != 0)
        {
            slot.ValuePlusOne = value + 1;
            return true;
        }

        if (Count >= _capacity || _textLength > int.MaxValue - topic.Length)
        {
            return false;
        }

        slot = new Slot { Hash = hash, Start = Keep(topic), Length = topic.Length, ValuePlusOne = value + 1 };
        Count++;
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }

        return true;
    }

    /// <summary>The topic's value, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ReadOnlySpan<byte> topic) => Find(topic, Hash(topic)).ValuePlusOne - 1;

    private ref Slot Find(ReadOnlySpan<byte> topic, uint hash)
    {
        Slot[] slots = _slots;
        uint mask = (uint)slots.Length - 1;
        for (uint i = hash & mask; ; i = (i + 1) & mask)
        {
            ref Slot slot = ref slots[i];
            if (slot.ValuePlusOne == 0
                || (slot.Hash == hash && slot.Length == topic.Length
                    && topic.SequenceEqual(_text.AsSpan(slot.Start, slot.Length))))
            {
                return ref slot;
            }
        }
    }

    private int Keep(ReadOnlySpan<byte> topic)
    {
        if (_textLength + topic.Length > _text.Length)
        {
            Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, 2L * (_textLength + topic.Length)));
        }

        int start = _textLength;
        topic.CopyTo(_text.AsSpan(start));
        _textLength += topic.Length;
        return start;
    }

    private void Grow()
    {
        Slot[] old = _slots;
        var slots = new Slot[old.Length * 2];
        uint mask = (uint)slots.Length - 1;
        foreach (Slot slot in old)
        {
            if (slot.ValuePlusOne != 0)
            {
                uint i = slot.Hash & mask;
                while (slots[i].ValuePlusOne != 0)
                {
                    i = (i + 1) & mask;
                }

                slots[i] = slot;
            }
        }

        _slots = slots;
    }

    /// <summary>
    /// Eight bytes a step, multiply and fold (the mixing of wyhash, Wang Yi 2019). Topics come from the city's own
    /// file, not from an attacker, so the seed is fixed; looking up a foreign topic never changes the table.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ReadOnlySpan<byte> topic)
    {
        const ulong Secret = 0xA0761D6478BD642F;
        ulong hash = (ulong)topic.Length * 0xE7037ED1A0B428DB;
        ref byte start = ref MemoryMarshal.GetReference(topic);
        int i = 0;
        for (; i <= topic.Length - 8; i += 8)
        {
            hash = Mix(hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, i)), Secret);
        }

        if (i < topic.Length)
        {
            hash = Mix(hash ^ Tail(topic, i), Secret);
        }

        return (uint)(hash ^ (hash >> 32));
    }

    private static ulong Tail(ReadOnlySpan<byte> topic, int from)
    {
        if (topic.Length >= 8)
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(topic[^8..]);
        }

        ulong tail = 0;
        for (int i = from; i < topic.Length; i++)
        {
            tail = (tail << 8) | topic[i];
        }

        return tail;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }
}
