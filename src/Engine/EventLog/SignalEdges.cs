using CityBrain.Model;

namespace CityBrain.Engine.EventLog;

/// <summary>Takes one event of the log; they come in no order of time.</summary>
public delegate void HiResTaker(HiResEvent e);

/// <summary>
/// Makes phase events of what the heads show: green (1), yellow (8), red clearance (10) with their ends, and for people
/// on foot walk (21), clearance (22), don't walk (23). The clearance of a walk that rests in green is dated back from its
/// end. A phase that is green when it is first seen gives no event: nobody knows since when.
/// </summary>
internal sealed class SignalEdges(City city, HiResTaker take)
{
    private enum State : byte { Unknown, Green, Yellow, Clearing, Red }

    private readonly State[][] _states = [.. city.Intersections.Select(i => new State[i.Groups.Length])];
    private readonly long[][] _sinceMs = [.. city.Intersections.Select(i => new long[i.Groups.Length])];
    private readonly ushort[] _cause = [.. city.Intersections.Select(_ => EventIds.ForceOff)];

    /// <summary>What ends the greens of an intersection next: gap-out, max-out or force-off.</summary>
    public void EndsBy(int intersection, ushort cause) => _cause[intersection] = cause;

    /// <summary>The heads show this from now on.</summary>
    public void Show(int intersection, ReadOnlySpan<Aspect> aspects, long timeMs)
    {
        SignalGroup[] groups = city.Intersections[intersection].Groups;
        if (aspects.Length != groups.Length) return;
        bool starts = false;
        for (int g = 0; g < aspects.Length; g++)
            starts |= aspects[g].IsGreen() && _states[intersection][g] is not (State.Green or State.Unknown);
        for (int g = 0; g < aspects.Length; g++)
        {
            if (groups[g].Kind == GroupKind.Pedestrian) Walk(intersection, groups[g], aspects[g].IsGreen(), timeMs);
            else Vehicles(intersection, g, aspects[g], starts, timeMs);
        }
    }

    private void Vehicles(int intersection, int group, Aspect aspect, bool starts, long timeMs)
    {
        ref State state = ref _states[intersection][group];
        State before = state;
        state = aspect.IsGreen() ? State.Green : aspect == Aspect.Yellow ? State.Yellow
            : before is State.Red || (before == State.Clearing && starts) ? State.Red : State.Clearing;
        if (before == State.Unknown)
        {
            if (state == State.Clearing) state = State.Red;
            return;
        }
        if (before == state) return;
        if (before == State.Green)
        {
            Add(_cause[intersection]);
            Add(EventIds.GreenTermination);
        }
        if (before == State.Yellow) Add(EventIds.EndYellow);
        if (before == State.Clearing && state != State.Clearing)
        {
            Add(EventIds.EndRedClearance);
            Add(EventIds.PhaseInactive);
        }
        if (state == State.Yellow) Add(EventIds.BeginYellow);
        if (state == State.Clearing) Add(EventIds.BeginRedClearance);
        if (state != State.Green) return;
        Add(EventIds.PhaseOn);
        Add(EventIds.BeginGreen);

        void Add(ushort id) => take(new HiResEvent(timeMs, intersection, id, DetectorWiring.Phase(group)));
    }

    private void Walk(int intersection, SignalGroup group, bool green, long timeMs)
    {
        ref State state = ref _states[intersection][group.Index];
        State before = state;
        state = green ? State.Green : State.Red;
        if (before == State.Unknown || before == state) return;
        ref long since = ref _sinceMs[intersection][group.Index];
        if (green)
        {
            since = timeMs;
            Add(EventIds.BeginWalk, timeMs);
            return;
        }
        if (since == 0) return;
        Add(EventIds.BeginClearance, Math.Min(timeMs, Math.Max(since + group.Walk.Value, timeMs - group.Clearance.Value)));
        Add(EventIds.BeginDontWalk, timeMs);

        void Add(ushort id, long atMs) =>
            take(new HiResEvent(atMs, intersection, id, DetectorWiring.Phase(group.Index)));
    }
}
