namespace CityBrain.Engine.Measures;

/// <summary>
/// <c>yellow_red</c>: on-events of Yellow_Red detectors, less [0 s] latency, against the begin red (10) of
/// their cycle (begin green to begin green), to the nearest 0.5 s, halves away from 0; in the bin of the
/// begin
/// red. Signal_State is the phase's state the arrival met: 1 green, 8 yellow, 10 red. Only cycles with
/// exactly
/// one green, yellow and red count; the log's last cycle ends with the log. Offsets under the least one asked
/// for, if any, are left out.
/// </summary>
internal sealed class YellowRed(
    IRowSink sink, BinSize bin, DetectorTable table, long latencyMs, double leastOffsetS)
    : ArrivalMeasure(table, DetectorFunction.YellowRed, latencyMs)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "yellow_red", ("Phase", ColumnKind.Integer), ("Signal_State", ColumnKind.Integer),
        ("Red_Offset", ColumnKind.Real), ("Count", ColumnKind.Integer));

    /// <summary>Arrivals kept of one cycle; a cycle with more is left out and counted.</summary>
    public const int MostArrivals = 1 << 16;

    private readonly CellGrid<Cycle?> _phases = new();

    public override RowSchema Schema => Layout;

    /// <summary>Cycles left out for having more than <see cref="MostArrivals"/> arrivals.</summary>
    public long CyclesTooLong { get; private set; }

    protected override void PhaseEvent(in HiResEvent e)
    {
        Cycle cycle = _phases.At(e.Device, e.Parameter) ??= new Cycle();
        switch (e.EventId)
        {
            case EventIds.BeginGreen:
                Close(cycle, e.Device, e.Parameter);
                cycle.Begin();
                break;
            case EventIds.BeginYellow:
                cycle.Yellows++;
                cycle.State = Math.Max(cycle.State, (byte)EventIds.BeginYellow);
                break;
            default:
                cycle.Reds++;
                cycle.RedMs = e.TimeMs;
                cycle.State = (byte)EventIds.BeginRedClearance;
                break;
        }
    }

    protected override void Arrival(long timeMs, int device, ushort phase)
    {
        if (_phases.At(device, phase) is not { Begun: true } cycle)
        {
            return;
        }

        if (cycle.Arrivals.Count < MostArrivals)
        {
            cycle.Arrivals.Add((timeMs, cycle.State));
        }
        else if (!cycle.TooLong)
        {
            cycle.TooLong = true;
            CyclesTooLong++;
        }
    }

    protected override void Reached(long timeMs)
    {
    }

    protected override void FinishRows()
    {
        for (int device = 0; device < _phases.Devices; device++)
        {
            for (int phase = 0; phase < _phases.Numbers(device); phase++)
            {
                if (_phases.At(device, phase) is { } cycle)
                {
                    Close(cycle, device, phase);
                    Flush(cycle, device, phase);
                }
            }
        }
    }

    private void Close(Cycle cycle, int device, int phase)
    {
        if (!cycle.Begun || cycle.Yellows != 1 || cycle.Reds != 1 || cycle.TooLong)
        {
            return;
        }

        long start = bin.Start(cycle.RedMs);
        if (start != cycle.BinStartMs)
        {
            Flush(cycle, device, phase);
            cycle.BinStartMs = start;
        }

        foreach ((long timeMs, byte state) in cycle.Arrivals)
        {
            int halves = NearestHalfSecond(timeMs - cycle.RedMs);
            if (halves / 2.0 >= leastOffsetS)
            {
                cycle.Counts.Add((state, halves));
            }
        }
    }

    private void Flush(Cycle cycle, int device, int phase)
    {
        List<(byte State, int Halves)> counts = cycle.Counts;
        counts.Sort();
        for (int i = 0; i < counts.Count;)
        {
            int next = i + 1;
            while (next < counts.Count && counts[next] == counts[i])
            {
                next++;
            }

            sink.Write(new MeasureRow(cycle.BinStartMs, device, phase, counts[i].State,
                MeasureRow.Bits(counts[i].Halves / 2.0), next - i));
            i = next;
        }

        counts.Clear();
    }

    private static int NearestHalfSecond(long ms)
    {
        long halves = (Math.Abs(ms) + 250) / 500;
        return (int)(ms < 0 ? -halves : halves);
    }

    private sealed class Cycle
    {
        public readonly List<(long TimeMs, byte State)> Arrivals = [];
        public readonly List<(byte State, int Halves)> Counts = [];
        public long BinStartMs = long.MinValue;
        public long RedMs;
        public int Yellows;
        public int Reds;
        public byte State;
        public bool Begun;
        public bool TooLong;

        public void Begin()
        {
            Arrivals.Clear();
            (Yellows, Reds, State, Begun, TooLong) = (0, 0, (byte)EventIds.BeginGreen, true, false);
        }
    }
}
