namespace CityBrain.Replay;

/// <summary>
/// Snapshots at even intervals of time, a bounded number: when the shelf is full every other one goes and the interval
/// doubles. One thread may put while another takes.
/// </summary>
internal sealed class SnapshotShelf(long intervalMs, int most = SnapshotShelf.Usual)
{
    private const int Usual = 64;

    private readonly Lock _gate = new();
    private readonly SortedList<long, Snapshot> _kept = [];
    private long _intervalMs = intervalMs;

    public int Count { get { lock (_gate) return _kept.Count; } }

    public long IntervalMs { get { lock (_gate) return _intervalMs; } }

    /// <summary>Whether a snapshot of this instant is wanted: none is near enough before it.</summary>
    public bool Wants(long tickMs)
    {
        lock (_gate)
        {
            int at = Before(tickMs);
            return at < 0 || tickMs - _kept.GetKeyAtIndex(at) >= _intervalMs;
        }
    }

    public void Put(Snapshot snapshot)
    {
        lock (_gate)
        {
            _kept[snapshot.TickMs] = snapshot;
            if (_kept.Count <= most) return;
            _intervalMs *= 2;
            for (int i = _kept.Count - 1; i > 0; i--)
                if (i % 2 == 1) _kept.RemoveAt(i);
        }
    }

    /// <summary>The last snapshot at or before an instant, or null.</summary>
    public Snapshot? Last(long tickMs)
    {
        lock (_gate)
        {
            int at = Before(tickMs);
            return at < 0 ? null : _kept.GetValueAtIndex(at);
        }
    }

    private int Before(long tickMs)
    {
        int low = 0, high = _kept.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_kept.GetKeyAtIndex(middle) <= tickMs) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }
}
