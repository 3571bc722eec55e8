namespace CityBrain.Engine.Measures;

/// <summary>
/// <c>actuations</c>: the number of detector-on events (82) per detector. With zeros wanted, a detector that
/// is
/// in the table or was heard before, and is silent in a bin, gets a row with 0, for every bin of the log.
/// </summary>
internal sealed class Actuations(IRowSink sink, BinSize bin, DetectorTable table, bool fillInMissing)
    : TallyMeasure(Layout, sink)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "actuations", ("Detector", ColumnKind.Integer), ("Total", ColumnKind.Integer));

    private readonly SortedSet<(int Device, int Detector)> _known = [];
    private bool _started;

    public override IReadOnlyList<ushort> Events { get; } = [EventIds.DetectorOn];

    public override void Accept(in HiResEvent e)
    {
        ref Tally tally = ref At(e.Device, e.Parameter);
        tally.First++;
        if (fillInMissing)
        {
            _known.Add((e.Device, e.Parameter));
        }
    }

    public override void BeginBin(long startMs)
    {
        if (!fillInMissing)
        {
            base.BeginBin(startMs);
            return;
        }

        FillUntil(startMs);
        base.BeginBin(startMs);
    }

    public override void Finish(long endMs)
    {
        if (fillInMissing)
        {
            FillUntil(endMs);
        }

        base.Finish(endMs);
    }

    protected override void WriteRows(int device, int number, in Tally tally) =>
        Sink.Write(new MeasureRow(BinStartMs, device, number, tally.First));

    /// <summary>
    /// Writes the bins from the one at hand up to a time, which is the start of a later one.
    /// </summary>
    private void FillUntil(long timeMs)
    {
        if (!_started)
        {
            _started = true;
            foreach (DetectorAssignment a in table.Assignments)
            {
                _known.Add((a.Device, a.Detector));
            }

            return;
        }

        for (long start = BinStartMs; start < timeMs; start = bin.End(start))
        {
            foreach ((int device, int detector) in _known)
            {
                At(device, detector);
            }

            base.BeginBin(bin.End(start));
        }
    }
}

/// <summary><c>terminations</c>: gap-outs (4), max-outs (5) and force-offs (6) per phase.</summary>
internal sealed class Terminations(IRowSink sink) : TallyMeasure(Layout, sink)
{
    private static readonly string[] Kinds = ["GapOut", "MaxOut", "ForceOff"];

    public static readonly RowSchema Layout = new("terminations",
    [
        new("TimeStamp", ColumnKind.Time, -1),
        new("DeviceId", ColumnKind.Device, -1),
        new("Phase", ColumnKind.Integer, 0),
        new("PerformanceMeasure", ColumnKind.Label, 1, Kinds),
        new("Total", ColumnKind.Integer, 2),
    ]);

    public override IReadOnlyList<ushort> Events { get; } =
        [EventIds.GapOut, EventIds.MaxOut, EventIds.ForceOff];

    public override void Accept(in HiResEvent e)
    {
        ref Tally tally = ref At(e.Device, e.Parameter);
        switch (e.EventId)
        {
            case EventIds.GapOut: tally.First++; break;
            case EventIds.MaxOut: tally.Second++; break;
            default: tally.Third++; break;
        }
    }

    protected override void WriteRows(int device, int number, in Tally tally)
    {
        Write(device, number, 0, tally.First);
        Write(device, number, 1, tally.Second);
        Write(device, number, 2, tally.Third);
    }

    private void Write(int device, int phase, int kind, int total)
    {
        if (total > 0)
        {
            Sink.Write(new MeasureRow(BinStartMs, device, phase, kind, total));
        }
    }
}

/// <summary>
/// <c>splits</c>: count and mean parameter (s) of the vendor events 300 to 317, per event id.
/// </summary>
internal sealed class Splits(IRowSink sink) : TallyMeasure(Layout, sink)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "splits", ("EventId", ColumnKind.Integer), ("Services", ColumnKind.Integer),
        ("Average_Split", ColumnKind.Real));

    public override IReadOnlyList<ushort> Events { get; } =
        [.. Enumerable.Range(EventIds.FirstSplit, EventIds.LastSplit - EventIds.FirstSplit + 1)
            .Select(id => (ushort)id)];

    public override void Accept(in HiResEvent e)
    {
        ref Tally tally = ref At(e.Device, e.EventId);
        tally.First++;
        tally.Sum += e.Parameter;
    }

    protected override void WriteRows(int device, int number, in Tally tally) =>
        Sink.Write(new MeasureRow(BinStartMs, device, number, tally.First,
            MeasureRow.Bits((double)tally.Sum / tally.First)));
}

/// <summary>
/// <c>communications</c>: mean parameter of the vendor's communication statistics, per event id
/// [400, 502, 503].
/// </summary>
internal sealed class Communications(IRowSink sink, IReadOnlyList<ushort> eventIds)
    : TallyMeasure(Layout, sink)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "communications", ("EventId", ColumnKind.Integer), ("Average", ColumnKind.Real));

    public override IReadOnlyList<ushort> Events { get; } = eventIds;

    public override void Accept(in HiResEvent e)
    {
        ref Tally tally = ref At(e.Device, e.EventId);
        tally.First++;
        tally.Sum += e.Parameter;
    }

    protected override void WriteRows(int device, int number, in Tally tally) =>
        Sink.Write(new MeasureRow(
            BinStartMs, device, number, MeasureRow.Bits((double)tally.Sum / tally.First)));
}
