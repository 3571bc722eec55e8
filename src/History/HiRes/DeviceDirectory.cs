using System.Text;

namespace CityBrain.History.HiRes;

/// <summary>
/// The devices of a log: their ids as written there, and an index for each in the order of first sight. A
/// hash
/// table on the bytes, so that looking up a row's device makes no text.
/// </summary>
public sealed class DeviceDirectory
{
    /// <summary>The most devices one directory takes.</summary>
    public const int Most = 1 << 20;

    private readonly List<byte[]> _names = [];
    private readonly List<string> _texts = [];
    private int[] _slots = new int[256];
    private int _lastIndex = -1;

    public int Count => _names.Count;

    /// <summary>The id of a device.</summary>
    public string this[int index] => _texts[index];

    /// <summary>The index of a device, a new one at first sight; -1 when there are too many.</summary>
    public int IndexOf(ReadOnlySpan<byte> name)
    {
        if (_lastIndex >= 0 && name.SequenceEqual(_names[_lastIndex]))
        {
            return _lastIndex;
        }

        uint mask = (uint)_slots.Length - 1;
        for (uint slot = Hash(name) & mask; ; slot = (slot + 1) & mask)
        {
            int index = _slots[slot] - 1;
            if (index < 0)
            {
                return Add(name, slot);
            }

            if (name.SequenceEqual(_names[index]))
            {
                return _lastIndex = index;
            }
        }
    }

    public int IndexOf(string name) => IndexOf(Encoding.UTF8.GetBytes(name));

    /// <summary>Indices ordered by id: numbers by value before texts by their bytes.</summary>
    public int[] InOrder()
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        Array.Sort(order, (a, b) => Compare(_texts[a], _texts[b]));
        return order;
    }

    /// <summary>Whether every id is a whole number written plainly.</summary>
    public bool AllNumbers() => _texts.TrueForAll(t => AsNumber(t) is not null);

    internal static long? AsNumber(string text) =>
        long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign,
            System.Globalization.CultureInfo.InvariantCulture, out long value)
        && value.ToString(System.Globalization.CultureInfo.InvariantCulture) == text ? value : null;

    private static int Compare(string a, string b) => (AsNumber(a), AsNumber(b)) switch
    {
        (long x, long y) => x.CompareTo(y),
        (not null, null) => -1,
        (null, not null) => 1,
        _ => string.CompareOrdinal(a, b),
    };

    private int Add(ReadOnlySpan<byte> name, uint slot)
    {
        if (_names.Count == Most)
        {
            return -1;
        }

        _names.Add(name.ToArray());
        _texts.Add(Encoding.UTF8.GetString(name));
        _slots[slot] = _names.Count;
        _lastIndex = _names.Count - 1;
        if (_names.Count * 2 > _slots.Length)
        {
            Rehash();
        }

        return _lastIndex;
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 4];
        uint mask = (uint)_slots.Length - 1;
        for (int index = 0; index < _names.Count; index++)
        {
            uint slot = Hash(_names[index]) & mask;
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & mask;
            }

            _slots[slot] = index + 1;
        }
    }

    /// <summary>FNV-1a, 32 bits.</summary>
    private static uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 2166136261;
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}
