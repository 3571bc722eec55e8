using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CityBrain.Model;

namespace CityBrain.Engine.Windows;

/// <summary>
/// Windows of 5 s: four open ones per detector, enough for a lateness of 10 s and a reading ahead of the clock. A later
/// reading misses its 5 s window though its minute is still open, and is counted.
/// </summary>
internal sealed class FineWindows
{
    public const int WindowMs = 5_000;
    private const int Open = 4, SweepParts = 4;

    private readonly Vector128<float>[] _sums;
    private readonly int[] _closed;
    private readonly WindowRow[] _last;
    private readonly int _latenessMs;
    private int _closing;
    private int _swept;

    public FineWindows(int detectors, int latenessMs)
    {
        _latenessMs = latenessMs;
        _sums = new Vector128<float>[detectors * Open];
        _closed = new int[detectors];
        _last = new WindowRow[detectors];
        _swept = detectors;
    }

    /// <summary>Readings that were in time for their minute but not for their 5 s.</summary>
    public long Missed { get; private set; }

    public ref readonly WindowRow Last(int detector) => ref _last[detector];

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Add(int detector, long timeMs, Vector128<float> terms)
    {
        int window = (int)(timeMs / WindowMs);
        if (_closed[detector] != _closing) Close(detector);
        if (window <= _closing || window > _closing + Open) Missed++;
        else _sums[detector * Open + (window & (Open - 1))] += terms;
    }

    public void SetClock(long nowMs)
    {
        int closing = (int)((nowMs - _latenessMs) / WindowMs) - 1;
        if (closing > _closing)
        {
            Sweep(_closed.Length);
            _closing = closing;
            _swept = 0;
        }
        Sweep(_closed.Length / SweepParts + 1);
    }

    /// <summary>Closes every window of a detector up to the one that is due.</summary>
    private void Close(int detector)
    {
        int from = _closed[detector] + 1, to = Math.Min(_closing, _closed[detector] + Open);
        for (int w = from; w <= to; w++)
        {
            ref Vector128<float> sums = ref _sums[detector * Open + (w & (Open - 1))];
            if (!WindowSums.IsEmpty(sums))
                _last[detector] = WindowSums.Row(sums, (long)w * WindowMs, detector, WindowLength.Seconds5);
            sums = default;
        }
        _closed[detector] = _closing;
    }

    private void Sweep(int cells)
    {
        int end = Math.Min(_closed.Length, _swept + cells);
        for (; _swept < end; _swept++)
            if (_closed[_swept] != _closing) Close(_swept);
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(_closing);
        digest.Add(Missed);
        foreach (Vector128<float> sums in _sums)
        {
            digest.Add(sums.AsUInt64().GetElement(0));
            digest.Add(sums.AsUInt64().GetElement(1));
        }
    }
}
