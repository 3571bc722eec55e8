using CityBrain.Engine;
using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>What became of the events of each kind, counted on the brain's thread and read on any.</summary>
internal sealed class FeedTally
{
    private readonly long[] _received = new long[Kinds], _refused = new long[Kinds], _late = new long[Kinds];
    private const int Kinds = 16;

    /// <summary>Counts one event by what the engine's counters say about it.</summary>
    public void Note(EventKind kind, in EngineCounters before, in EngineCounters after)
    {
        int k = (int)kind & (Kinds - 1);
        Volatile.Write(ref _received[k], _received[k] + 1);
        if (after.Impossible != before.Impossible || after.Unknown != before.Unknown)
            Volatile.Write(ref _refused[k], _refused[k] + 1);
        if (after.TooLate != before.TooLate || after.Duplicate != before.Duplicate)
            Volatile.Write(ref _late[k], _late[k] + 1);
    }

    public long Received(EventKind kind) => Volatile.Read(ref _received[(int)kind]);
    public long Refused(EventKind kind) => Volatile.Read(ref _refused[(int)kind]);
    /// <summary>Readings that came too late or twice.</summary>
    public long Late(EventKind kind) => Volatile.Read(ref _late[(int)kind]);
}
