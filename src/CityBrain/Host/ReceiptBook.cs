using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>
/// Which numbered events have been accepted, so that one that is sent again until its receipt comes counts once. Those
/// are the buttons': each is somebody who waits. An event is known by its instant and its number together, so that a
/// sender may begin to count anew. Made again from the journal after a crash. Memory: 64 events a detector.
/// </summary>
internal sealed class ReceiptBook
{
    private const int Kept = 64;
    /// <summary>What is further ahead of the brain's clock the engine calls impossible.</summary>
    private const int MostAheadMs = 30_000;

    private readonly (long TimeMs, uint Sequence)[]?[] _known;
    private readonly int[] _next;
    /// <summary>By detector: no event that is as old as one that was forgotten is taken for new.</summary>
    private readonly long[] _forgottenMs;

    public ReceiptBook(City city)
    {
        _known = new (long, uint)[]?[city.Detectors.Length];
        foreach (Detector d in city.Detectors)
            if (d.Kind == DetectorKind.Button) _known[d.Index] = new (long, uint)[Kept];
        _next = new int[_known.Length];
        _forgottenMs = new long[_known.Length];
        Array.Fill(_forgottenMs, long.MinValue);
    }

    /// <summary>Events that came again.</summary>
    public long Repeated { get; private set; }
    /// <summary>Events too old to be told from one that was accepted; they get no receipt.</summary>
    public long TooOld { get; private set; }

    /// <summary>Events from the future, and all before the first tick; they get no receipt, and are said again.</summary>
    public long TooEarly { get; private set; }

    /// <summary>True for an event that its sender repeats until it has a receipt.</summary>
    public bool Wants(in CityEvent e) =>
        e.Kind == EventKind.Button && e.Sequence != 0 && (uint)e.Index < (uint)_known.Length && _known[e.Index] is not null;

    public bool Knows(in CityEvent e) => Array.IndexOf(_known[e.Index]!, (e.TimeMs, e.Sequence)) >= 0;

    /// <summary>Notes an event that wants a receipt; false when it came before, or its time is beyond belief.</summary>
    /// <param name="e">Any event.</param>
    /// <param name="nowMs">The brain's time.</param>
    public bool TryNote(in CityEvent e, long nowMs)
    {
        if (!Wants(e)) return true;
        if (e.TimeMs > nowMs + MostAheadMs)
        {
            TooEarly++;
            return false;
        }
        if (Knows(e))
        {
            Repeated++;
            return false;
        }
        if (e.TimeMs <= _forgottenMs[e.Index])
        {
            TooOld++;
            return false;
        }
        ref (long TimeMs, uint Sequence) place = ref _known[e.Index]![_next[e.Index]++ % Kept];
        if (place.Sequence != 0) _forgottenMs[e.Index] = Math.Max(_forgottenMs[e.Index], place.TimeMs);
        place = (e.TimeMs, e.Sequence);
        return true;
    }

    /// <summary>Takes a note back: the event was not accepted after all.</summary>
    public void Forget(in CityEvent e)
    {
        if (!Wants(e)) return;
        int at = Array.IndexOf(_known[e.Index]!, (e.TimeMs, e.Sequence));
        if (at >= 0) _known[e.Index]![at] = default;
    }
}
