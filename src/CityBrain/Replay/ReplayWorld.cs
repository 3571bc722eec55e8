using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Engine;
using CityBrain.History;
using CityBrain.Host;
using CityBrain.Model;

namespace CityBrain.Replay;

/// <summary>Everything that a replay has at one instant; copied as a whole.</summary>
internal sealed class ReplayMoment(DistrictBrain brain)
{
    public DistrictBrain Brain { get; } = brain;
    public LastReasons Reasons { get; } = new(brain.City.Intersections.Length);
    public FeedTally Tally { get; } = new();
}

/// <summary>A moment kept, and the place in the journal where it goes on.</summary>
internal sealed record Snapshot(long TickMs, JournalMark Mark, ReplayMoment Moment);

/// <summary>
/// A journal being lived through, tick by tick, that can be put back to a snapshot. Not thread-safe.
/// </summary>
internal sealed class ReplayWorld : IDisposable
{
    private readonly JournalPlayer _player;

    /// <exception cref="CliFailure">There is no journal, or it cannot be replayed.</exception>
    public ReplayWorld(string journal)
    {
        _player = JournalPlayer.Open(journal);
        Moment = new ReplayMoment(_player.Brain);
    }

    public ReplayMoment Moment { get; private set; }
    public DistrictBrain Brain => Moment.Brain;
    /// <summary>Events lived through.</summary>
    public ulong Events => _player.Reader.EventCount;
    public long NowMs => Brain.NowMs;
    public bool Ended => _player.Reader.End != JournalEnd.Open;

    /// <summary>Lives through the events up to the next tick that moves time on; false at the end.</summary>
    public bool Step()
    {
        long beforeMs = NowMs;
        while (true)
        {
            EngineCounters counters = Brain.Engine.Counters;
            if (!_player.Step(out CityEvent e)) return false;
            Moment.Tally.Note(e.Kind, counters, Brain.Engine.Counters);
            if (e.Kind != EventKind.Tick) continue;
            Moment.Reasons.Note(Brain.Commands);
            if (NowMs > beforeMs) return true;
        }
    }

    /// <summary>This moment, to come back to; null where no block of the journal begins.</summary>
    public Snapshot? Photograph() =>
        _player.Reader.Mark is { } mark ? new Snapshot(NowMs, mark, CopyOf(Moment)) : null;

    /// <summary>Goes to a snapshot, which stays as it is.</summary>
    public void Return(Snapshot snapshot)
    {
        Moment = CopyOf(snapshot.Moment);
        _player.Return(snapshot.Mark, Moment.Brain);
    }

    public void Dispose() => _player.Dispose();

    private static ReplayMoment CopyOf(ReplayMoment moment) => new DeepCopy(moment.Brain.City).Of(moment);
}
