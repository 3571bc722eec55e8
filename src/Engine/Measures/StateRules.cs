namespace CityBrain.Engine.Measures;

/// <summary>A state that lasts until the next event of its kind with the same number.</summary>
/// <param name="begins">The events that begin a class.</param>
/// <param name="others">Events that only end one.</param>
/// <param name="validBetweenEqual">Whether a state that follows itself is valid.</param>
internal sealed class StateRule(
    IReadOnlyList<(ushort Id, int Class)> begins, IReadOnlyList<ushort> others, bool validBetweenEqual)
    : IntervalRule([.. begins.Select(b => b.Id), .. others])
{
    private readonly (ushort Id, int Class)[] _begins = [.. begins];
    private readonly CellGrid<State> _states = new();

    public override void Accept(in HiResEvent e, TimelineWriter writer)
    {
        ref State state = ref _states.At(e.Device, e.Parameter);
        if (state.Class != 0)
        {
            bool valid = validBetweenEqual || state.EventId != e.EventId;
            writer.Write(e.Device, state.TimeMs, e.TimeMs, valid, state.Class, e.Parameter);
        }

        state = new State { TimeMs = e.TimeMs, EventId = e.EventId, Class = ClassOf(e.EventId) };
    }

    private int ClassOf(ushort eventId)
    {
        foreach ((ushort id, int eventClass) in _begins)
        {
            if (id == eventId)
            {
                return eventClass;
            }
        }

        return 0;
    }

    private struct State
    {
        public long TimeMs;
        public int Class;
        public ushort EventId;
    }
}

/// <summary>
/// States of a device told by a parameter (150 transition, 173 flash, 174 and 175 alarms): each lasts until
/// the
/// next event with the same id. Of two in one tick the higher parameter is taken first.
/// </summary>
/// <param name="id">The event.</param>
/// <param name="classes">The classes a parameter stands for.</param>
/// <param name="hasValue">Whether the parameter is shown as the value.</param>
/// <param name="mostParameter">Events with a higher parameter are of no concern.</param>
/// <param name="lastLastsMs">How long the log's last one is shown; negative leaves it out.</param>
internal sealed class ParameterRule(
    ushort id, Func<ushort, IEnumerable<int>> classes, bool hasValue, ushort mostParameter, long lastLastsMs)
    : IntervalRule([id])
{
    private readonly CellGrid<State> _states = new();

    public override void Accept(in HiResEvent e, TimelineWriter writer)
    {
        if (e.Parameter > mostParameter)
        {
            return;
        }

        ref State state = ref _states.At(e.Device, 0);
        var next = new State { Seen = true, TimeMs = e.TimeMs, Parameter = e.Parameter };
        if (state.Seen && state.TimeMs == e.TimeMs && e.Parameter > state.Parameter)
        {
            Write(e.Device, next, e.TimeMs, writer);
            return;
        }

        if (state.Seen)
        {
            Write(e.Device, state, e.TimeMs, writer);
        }

        state = next;
    }

    public override void Finish(TimelineWriter writer)
    {
        for (int device = 0; lastLastsMs >= 0 && device < _states.Devices; device++)
        {
            if (_states.Numbers(device) > 0 && _states.At(device, 0) is { Seen: true } state)
            {
                Write(device, state, state.TimeMs + lastLastsMs, writer);
            }
        }
    }

    private void Write(int device, State state, long endMs, TimelineWriter writer)
    {
        foreach (int eventClass in classes(state.Parameter))
        {
            writer.Write(device, state.TimeMs, endMs, true, eventClass,
                hasValue ? state.Parameter : MeasureRow.None);
        }
    }

    private struct State
    {
        public long TimeMs;
        public ushort Parameter;
        public bool Seen;
    }
}
