using CityBrain.Engine;
using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>What became of the events of each kind, counted on the brain's thread and read on any.</summary>
internal sealed class FeedTally
{
    private readonly long[] _received = new long[Kinds], _refused = new long[Kinds], _late = new long[Kinds];
    private const int Kinds = 16;

    /// <summary>Counts events of one kind by what the engine's counters say about them.</summary>
    public void Note(EventKind kind, in EngineCounters before, in EngineCounters after, int events = 1)
    {
        int k = (int)kind & (Kinds - 1);
        Add(ref _received[k], events);
        Add(ref _refused[k], after.Impossible - before.Impossible + after.Unknown - before.Unknown);
        Add(ref _late[k], after.TooLate - before.TooLate + after.Duplicate - before.Duplicate);
    }

    private static void Add(ref long counter, long more)
    {
        if (more != 0) Volatile.Write(ref counter, counter + more);
    }

    public long Received(EventKind kind) => Volatile.Read(ref _received[(int)kind]);
    public long Refused(EventKind kind) => Volatile.Read(ref _refused[(int)kind]);
    /// <summary>Readings that came too late or twice.</summary>
    public long Late(EventKind kind) => Volatile.Read(ref _late[(int)kind]);
}
