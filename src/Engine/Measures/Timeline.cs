namespace CityBrain.Engine.Measures;

/// <summary>
/// <c>timeline</c>: what happened, as intervals: pairs of events, states that last until the next of their
/// kind, and moments, which are given [1 s]. IsValid is false where a partner is missing: a begin followed by
/// a
/// begin reaches to that one and is not valid; an end without a begin has no interval; an interval still open
/// when the log ends is not written. Intervals shorter than [0 s] are left out. Rows come in the order in
/// which
/// the intervals end.
/// </summary>
internal sealed class Timeline : IMeasure
{
    public static readonly RowSchema Layout = new("timeline",
    [
        new("DeviceId", ColumnKind.Device, -1),
        new("StartTime", ColumnKind.Time, -1),
        new("EndTime", ColumnKind.Time, 0),
        new("Duration", ColumnKind.Real, 1),
        new("IsValid", ColumnKind.Flag, 2),
        new("EventClass", ColumnKind.Label, 3, TimelineClasses.Names),
        new("EventValue", ColumnKind.Integer, 4),
    ]);

    private readonly TimelineWriter _writer;
    private readonly IntervalRule[] _rules;
    private readonly IntervalRule[]?[] _byEvent;

    public Timeline(IRowSink sink, long minDurationMs, long momentMs)
    {
        _writer = new TimelineWriter(sink, minDurationMs);
        _rules = TimelineClasses.Rules(momentMs);
        ushort[] events = [.. _rules.SelectMany(r => r.Events).Distinct().Order()];
        Events = events;
        _byEvent = new IntervalRule[]?[events[^1] + 1];
        foreach (ushort id in events)
        {
            _byEvent[id] = [.. _rules.Where(r => r.Events.Contains(id))];
        }
    }

    public RowSchema Schema => Layout;

    public IReadOnlyList<ushort> Events { get; }

    public void Accept(in HiResEvent e)
    {
        foreach (IntervalRule rule in _byEvent[e.EventId]!)
        {
            rule.Accept(in e, _writer);
        }
    }

    public void BeginBin(long startMs)
    {
    }

    public void Finish(long endMs)
    {
        foreach (IntervalRule rule in _rules)
        {
            rule.Finish(_writer);
        }
    }
}

/// <summary>Writes intervals as rows of <see cref="Timeline.Layout"/>.</summary>
internal sealed class TimelineWriter(IRowSink sink, long minDurationMs)
{
    public void Write(int device, long startMs, long endMs, bool valid, int eventClass, long value)
    {
        long durationMs = endMs - startMs;
        if (durationMs >= minDurationMs)
        {
            sink.Write(new MeasureRow(startMs, device, endMs,
                MeasureRow.Bits(durationMs / 1000.0), valid ? 1 : 0, eventClass, value));
        }
    }
}
