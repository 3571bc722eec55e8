namespace CityBrain.Dashboard;

/// <summary>
/// Key frames of the recent past for scrubbing back: one every five seconds of data time, within a bound of
/// bytes; the oldest go first.
/// </summary>
internal sealed class FrameArchive(int boundBytes)
{
    public const int StepMs = 5_000;

    private readonly List<(long TimeMs, byte[] Key)> _frames = [];
    private long _bytes;
    private int _first;

    public void Note(long timeMs, byte[] key)
    {
        if (_frames.Count > _first)
        {
            long since = timeMs - _frames[^1].TimeMs;
            if (since is >= 0 and < StepMs) return;
            if (since < 0) Clear();
        }
        if (key.Length > boundBytes) return;
        _frames.Add((timeMs, key));
        _bytes += key.Length;
        while (_bytes > boundBytes)
        {
            _bytes -= _frames[_first].Key.Length;
            _frames[_first++] = (timeMs, []);
        }
        if (_first > 1024 && _first * 2 > _frames.Count)
        {
            _frames.RemoveRange(0, _first);
            _first = 0;
        }
    }

    /// <summary>First and last instant kept, or null.</summary>
    public (long FromMs, long ToMs)? Span => _frames.Count > _first ? (_frames[_first].TimeMs, _frames[^1].TimeMs) : null;

    /// <summary>The last key frame at or before an instant, or null.</summary>
    public byte[]? At(long timeMs)
    {
        int low = _first, high = _frames.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_frames[middle].TimeMs <= timeMs) low = middle + 1;
            else high = middle;
        }
        return low > _first ? _frames[low - 1].Key : null;
    }

    private void Clear()
    {
        _frames.Clear();
        _first = 0;
        _bytes = 0;
    }
}
