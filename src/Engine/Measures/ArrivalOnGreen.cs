namespace CityBrain.Engine.Measures;

/// <summary>
/// <c>arrival_on_green</c>: on-events of Advance detectors, less [0 s] latency; Percent_AOG is the share 0..1
/// of those that met their phase green. The phase is green from its begin green (1) until a begin yellow (8)
/// or red clearance (10). Bins with no arrival on green have no row.
/// </summary>
internal sealed class ArrivalOnGreen(IRowSink sink, BinSize bin, DetectorTable table, long latencyMs)
    : ArrivalMeasure(table, DetectorFunction.Advance, latencyMs)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "arrival_on_green", ("Phase", ColumnKind.Integer), ("Total_Actuations", ColumnKind.Integer),
        ("Percent_AOG", ColumnKind.Real));

    private readonly Arrivals _arrivals = new(sink);
    private readonly CellGrid<bool> _green = new();
    private long _binEndMs = long.MinValue;

    public override RowSchema Schema => Layout;

    protected override void PhaseEvent(in HiResEvent e) =>
        _green.At(e.Device, e.Parameter) = e.EventId == EventIds.BeginGreen;

    protected override void Arrival(long timeMs, int device, ushort phase)
    {
        if (timeMs >= _binEndMs)
        {
            long start = bin.Start(timeMs);
            _binEndMs = bin.End(start);
            _arrivals.BeginBin(start);
        }

        _arrivals.Add(device, phase, _green.At(device, phase));
    }

    protected override void Reached(long timeMs)
    {
        if (timeMs >= _binEndMs && _binEndMs != long.MinValue)
        {
            _binEndMs = long.MinValue;
            _arrivals.Finish(timeMs);
        }
    }

    protected override void FinishRows() => _arrivals.Finish(_binEndMs);

    /// <summary>The tally of the bin at hand.</summary>
    private sealed class Arrivals(IRowSink sink) : TallyMeasure(Layout, sink)
    {
        public override IReadOnlyList<ushort> Events => [];

        public void Add(int device, ushort phase, bool green)
        {
            ref Tally tally = ref At(device, phase);
            tally.First++;
            tally.Second += green ? 1 : 0;
        }

        public override void Accept(in HiResEvent e)
        {
        }

        protected override void WriteRows(int device, int number, in Tally tally)
        {
            if (tally.Second > 0)
            {
                double share = (double)tally.Second / tally.First;
                Sink.Write(new MeasureRow(BinStartMs, device, number, tally.First, MeasureRow.Bits(share)));
            }
        }
    }
}
