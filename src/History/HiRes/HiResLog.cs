using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Events in memory, 16 bytes each, in chunks while they are read and in one order afterwards:
/// <see cref="HiResEvent.CompareTo"/>.
/// </summary>
public sealed class HiResLog
{
    private const int ChunkEvents = 1 << 18;

    private readonly List<HiResEvent[]> _chunks = [];
    private HiResEvent[] _chunk = [];
    private int _used;
    private bool _timesInOrder = true;
    private bool _inOrder = true;
    private HiResEvent _last = new(long.MinValue, 0, 0, 0);

    public DeviceDirectory Devices { get; } = new();

    public BadRows Bad { get; } = new();

    /// <summary>Events held.</summary>
    public long Count { get; private set; }

    public void Add(ReadOnlySpan<HiResEvent> events)
    {
        foreach (ref readonly HiResEvent e in events)
        {
            if (_used == _chunk.Length)
            {
                _chunk = new HiResEvent[ChunkEvents];
                _chunks.Add(_chunk);
                _used = 0;
            }

            _timesInOrder &= e.TimeMs >= _last.TimeMs;
            _inOrder = _inOrder && e.CompareTo(_last) >= 0;
            _last = e;
            _chunk[_used++] = e;
        }

        Count += events.Length;
    }

    /// <summary>Adds a file's events, gzip unpacked.</summary>
    /// <exception cref="LogFormatException">It is no log or its compression is broken.</exception>
    public void AddFile(string path, string? device = null) =>
        HiResFile.Read(path, device, Devices, Bad, Add);

    /// <summary>Puts the events in order and hands them over, piece by piece.</summary>
    public IEnumerable<ReadOnlyMemory<HiResEvent>> InOrder()
    {
        if (!_inOrder)
        {
            HiResEvent[] all = Joined();
            if (_timesInOrder)
            {
                SortTicks(all);
            }
            else
            {
                Array.Sort(all);
            }

            _chunks.Clear();
            _chunks.Add(all);
            (_chunk, _used, _inOrder) = (all, all.Length, true);
        }

        for (int i = 0; i < _chunks.Count; i++)
        {
            yield return _chunks[i].AsMemory(0, i == _chunks.Count - 1 ? _used : _chunks[i].Length);
        }
    }

    private HiResEvent[] Joined()
    {
        var all = new HiResEvent[Count];
        int at = 0;
        for (int i = 0; i < _chunks.Count; i++)
        {
            int length = i == _chunks.Count - 1 ? _used : _chunks[i].Length;
            _chunks[i].AsSpan(0, length).CopyTo(all.AsSpan(at));
            at += length;
            _chunks[i] = [];
        }

        return all;
    }

    /// <summary>Orders events within equal times, for logs whose times are in order already.</summary>
    private static void SortTicks(HiResEvent[] events)
    {
        for (int start = 0; start < events.Length;)
        {
            int end = start + 1;
            while (end < events.Length && events[end].TimeMs == events[start].TimeMs)
            {
                end++;
            }

            if (end - start > 1)
            {
                events.AsSpan(start, end - start).Sort();
            }

            start = end;
        }
    }
}
