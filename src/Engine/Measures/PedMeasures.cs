namespace CityBrain.Engine.Measures;

/// <summary>
/// <c>ped</c>: services are begin walk (21) and overlap begin walk (67), actuations are button-on (90), per
/// phase. An actuation is unique when it comes more than [15 s] after the button-on before it on the same
/// phase; the first of a log has none before it and is not counted as unique. The 15 s are from
/// Singleton et al. 2021 (doi 10.1177/0361198121994126).
/// </summary>
internal sealed class Ped(IRowSink sink, long uniqueAfterMs) : TallyMeasure(Layout, sink)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "ped", ("Phase", ColumnKind.Integer), ("PedServices", ColumnKind.Integer),
        ("PedActuation", ColumnKind.Integer), ("Unique_Actuations", ColumnKind.Integer));

    private readonly CellGrid<LastPush> _pushes = new();

    public override IReadOnlyList<ushort> Events { get; } =
        [EventIds.BeginWalk, EventIds.OverlapBeginWalk, EventIds.PedButtonOn];

    public override void Accept(in HiResEvent e)
    {
        ref Tally tally = ref At(e.Device, e.Parameter);
        if (e.EventId != EventIds.PedButtonOn)
        {
            tally.First++;
            return;
        }

        tally.Second++;
        ref LastPush last = ref _pushes.At(e.Device, e.Parameter);
        if (last.Seen && e.TimeMs - last.TimeMs > uniqueAfterMs)
        {
            tally.Third++;
        }

        last = new LastPush { Seen = true, TimeMs = e.TimeMs };
    }

    protected override void WriteRows(int device, int number, in Tally tally) =>
        Sink.Write(new MeasureRow(BinStartMs, device, number, tally.First, tally.Second, tally.Third));

    private struct LastPush
    {
        public long TimeMs;
        public bool Seen;
    }
}

/// <summary>
/// The wait of a pedestrian: from the first button-on (90) after the phase's last clearance (22), or the
/// log's
/// start, to the phase's next walk (21) or clearance (22). A button pushed during the walk starts no wait.
/// </summary>
internal sealed class PedWait
{
    private readonly CellGrid<State> _phases = new();

    public static IReadOnlyList<ushort> Events { get; } =
        [EventIds.PedButtonOn, EventIds.BeginWalk, EventIds.BeginClearance];

    /// <summary>True when the event ends a wait, which began at <paramref name="startMs"/>.</summary>
    public bool Ends(in HiResEvent e, out long startMs)
    {
        ref State state = ref _phases.At(e.Device, e.Parameter);
        startMs = state.StartMs;
        if (e.EventId == EventIds.PedButtonOn)
        {
            if (state.Last is 0 or (byte)EventIds.BeginClearance)
            {
                state.StartMs = e.TimeMs;
                state.Waiting = true;
            }

            state.Last = (byte)e.EventId;
            return false;
        }

        bool ends = state.Waiting;
        state.Waiting = false;
        state.Last = (byte)e.EventId;
        return ends;
    }

    private struct State
    {
        public long StartMs;
        public byte Last;
        public bool Waiting;
    }
}

/// <summary><c>ped_delay</c>: mean of the waits (<see cref="PedWait"/>), s, in the bin of the walk.</summary>
internal sealed class PedDelay(IRowSink sink) : TallyMeasure(Layout, sink)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "ped_delay", ("Phase", ColumnKind.Integer), ("AvgPedDelay", ColumnKind.Real),
        ("Samples", ColumnKind.Integer));

    private readonly PedWait _waits = new();

    public override IReadOnlyList<ushort> Events => PedWait.Events;

    public override void Accept(in HiResEvent e)
    {
        if (_waits.Ends(in e, out long startMs))
        {
            ref Tally tally = ref At(e.Device, e.Parameter);
            tally.First++;
            tally.Sum += e.TimeMs - startMs;
        }
    }

    protected override void WriteRows(int device, int number, in Tally tally) =>
        Sink.Write(new MeasureRow(BinStartMs, device, number,
            MeasureRow.Bits(tally.Sum / 1000.0 / tally.First), tally.First));
}
