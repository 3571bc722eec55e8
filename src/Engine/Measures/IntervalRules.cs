namespace CityBrain.Engine.Measures;

/// <summary>A way to make intervals of events.</summary>
internal abstract class IntervalRule(IReadOnlyList<ushort> events)
{
    public IReadOnlyList<ushort> Events { get; } = events;

    public abstract void Accept(in HiResEvent e, TimelineWriter writer);

    public virtual void Finish(TimelineWriter writer)
    {
    }
}

/// <summary>A begin and an end with the same number. Where both fall in one tick while an interval is open,
/// the end closes the open one and the begin opens the next.</summary>
internal class PairRule(IReadOnlyList<(ushort Id, int Class)> begins, ushort end)
    : IntervalRule([.. begins.Select(b => b.Id), end])
{
    private readonly (ushort Id, int Class)[] _begins = [.. begins];
    private readonly CellGrid<State> _states = new();

    public override void Accept(in HiResEvent e, TimelineWriter writer)
    {
        ref State state = ref _states.At(e.Device, Key(in e));
        int begun = ClassOfBegin(in e);
        if (begun >= 0)
        {
            CloseByAnotherBegin(ref state, e.Device, writer);
            Mark begin = new(e.TimeMs, begun, e.Parameter);
            if (state.Open.Class == 0)
            {
                state.Open = begin;
            }
            else
            {
                state.Again = begin;
            }
        }
        else if (IsEnd(in e))
        {
            End(ref state, in e, writer);
        }
    }

    public override void Finish(TimelineWriter writer)
    {
        for (int device = 0; device < _states.Devices; device++)
        {
            for (int key = 0; key < _states.Numbers(device); key++)
            {
                CloseByAnotherBegin(ref _states.At(device, key), device, writer);
            }
        }
    }

    protected virtual int Key(in HiResEvent e) => e.Parameter;

    /// <summary>The class of the interval an event begins, or -1.</summary>
    protected virtual int ClassOfBegin(in HiResEvent e)
    {
        foreach ((ushort id, int eventClass) in _begins)
        {
            if (id == e.EventId)
            {
                return eventClass;
            }
        }

        return -1;
    }

    protected virtual bool IsEnd(in HiResEvent e) => e.EventId == end;

    private static void End(ref State state, in HiResEvent e, TimelineWriter writer)
    {
        bool inOneTick = state.Again.Class != 0 && state.Again.TimeMs == e.TimeMs;
        if (!inOneTick)
        {
            CloseByAnotherBegin(ref state, e.Device, writer);
        }

        if (state.Open.Class != 0)
        {
            Mark open = state.Open;
            writer.Write(e.Device, open.TimeMs, e.TimeMs, true, open.Class, open.Value);
        }

        state.Open = state.Again;
        state.Again = default;
    }

    private static void CloseByAnotherBegin(ref State state, int device, TimelineWriter writer)
    {
        if (state.Again.Class != 0)
        {
            Mark open = state.Open;
            writer.Write(device, open.TimeMs, state.Again.TimeMs, false, open.Class, open.Value);
            state.Open = state.Again;
            state.Again = default;
        }
    }

    /// <summary>A begin; class 0 means none.</summary>
    private readonly record struct Mark(long TimeMs, int Class, long Value);

    private struct State
    {
        public Mark Open;
        public Mark Again;
    }
}

/// <summary>A state that parameter 1 begins and parameter 0 ends.</summary>
internal sealed class ToggleRule(ushort id, int eventClass) : PairRule([(id, eventClass)], id)
{
    protected override int Key(in HiResEvent e) => 0;

    protected override int ClassOfBegin(in HiResEvent e) => e.Parameter == 1 ? eventClass : -1;

    protected override bool IsEnd(in HiResEvent e) => e.Parameter != 1;
}

/// <summary>A moment, shown for a fixed time.</summary>
internal sealed class MomentRule(ushort id, int eventClass, bool hasValue, long lastsMs) : IntervalRule([id])
{
    public override void Accept(in HiResEvent e, TimelineWriter writer) =>
        writer.Write(e.Device, e.TimeMs, e.TimeMs + lastsMs, true, eventClass,
            hasValue ? e.Parameter : MeasureRow.None);
}

/// <summary>The waits of pedestrians, as <see cref="PedDelay"/> has them.</summary>
internal sealed class PedWaitRule(int eventClass) : IntervalRule(PedWait.Events)
{
    private readonly PedWait _waits = new();

    public override void Accept(in HiResEvent e, TimelineWriter writer)
    {
        if (_waits.Ends(in e, out long startMs))
        {
            writer.Write(e.Device, startMs, e.TimeMs, true, eventClass, e.Parameter);
        }
    }
}

/// <summary>The waits of phases, as <see cref="PhaseWait"/> has them before it leaves any out.</summary>
internal sealed class PhaseWaitRule(int eventClass)
    : IntervalRule([EventIds.PhaseCall, EventIds.BeginGreen])
{
    private readonly CallToGreen _waits = new();

    public override void Accept(in HiResEvent e, TimelineWriter writer)
    {
        if (_waits.Ends(in e, out long startMs))
        {
            writer.Write(e.Device, startMs, e.TimeMs, true, eventClass, e.Parameter);
        }
    }
}
