namespace CityBrain.Engine.Measures;

/// <summary>Bracketed values of <see cref="SplitFailures"/>.</summary>
internal readonly record struct SplitFailureLimits(long RedTimeMs, double GreenOccupancy, double RedOccupancy);

/// <summary>
/// <c>split_failures</c>: the Presence detectors of a phase, OR-ed, per cycle: the share of the green (begin
/// green 1 to begin yellow 8) and of the first [5 s] of red (begin red 10) they were occupied; a failure when
/// both are at least [0.80]. Per bin of the cycle's red barrier (begin red + [5 s]) the mean of green time
/// (s)
/// and of the two shares, and the sum of failures.
/// <para>
/// A cycle (begin green to begin green) is complete when it has exactly one begin yellow and one red barrier,
/// its green is longer than 0 and the occupancy was known at its begin. The log is taken to reach the end of
/// its last bin, so its last cycle counts when its barrier comes before that.
/// </para>
/// <para>
/// Missing edges are imputed: an on that follows an on within 2 s closes the first at the second, later than
/// that half-way between; an off that follows an off gets an on half-way. An imputed edge lies in the past,
/// so
/// an <see cref="Approach"/> is reckoned only up to the last event of the detector silent longest.
/// </para>
/// </summary>
internal sealed class SplitFailures(IRowSink sink, BinSize bin, DetectorTable table, SplitFailureLimits limits)
    : IMeasure
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "split_failures", ("Phase", ColumnKind.Integer), ("Green_Time", ColumnKind.Real),
        ("Green_Occupancy", ColumnKind.Real), ("Red_Occupancy", ColumnKind.Real),
        ("Split_Failure", ColumnKind.Integer));

    private const long RapidOnsMs = 2000;

    private readonly CellGrid<Detector> _detectors = new();
    private readonly CellGrid<Approach?> _approaches = new();
    private readonly List<Approach> _all = [];

    public RowSchema Schema => Layout;

    public IReadOnlyList<ushort> Events { get; } =
    [
        EventIds.DetectorOff, EventIds.DetectorOn,
        EventIds.BeginGreen, EventIds.BeginYellow, EventIds.BeginRedClearance,
    ];

    /// <summary>How often a silent detector was taken as it stood, to keep memory bounded.</summary>
    public long TakenAsTheyStood => _all.Sum(a => a.TakenAsTheyStood);

    public void Accept(in HiResEvent e)
    {
        if (e.EventId is EventIds.DetectorOff or EventIds.DetectorOn)
        {
            ReadOnlySpan<ushort> phases = table.Phases(DetectorFunction.Presence, e.Device, e.Parameter);
            if (!phases.IsEmpty)
            {
                DetectorEvent(in e, phases);
            }
        }
        else if (table.Serves(DetectorFunction.Presence, e.Device, e.Parameter))
        {
            Of(e.Device, e.Parameter).Phase(e.TimeMs, e.EventId);
        }
    }

    public void BeginBin(long startMs)
    {
        foreach (Approach approach in _all)
        {
            approach.Reckon(startMs);
        }
    }

    public void Finish(long endMs)
    {
        foreach (Approach approach in _all.OrderBy(a => a.Device).ThenBy(a => a.PhaseNumber))
        {
            approach.Finish(endMs);
        }
    }

    private void DetectorEvent(in HiResEvent e, ReadOnlySpan<ushort> phases)
    {
        ref Detector detector = ref _detectors.At(e.Device, e.Parameter);
        bool on = e.EventId == EventIds.DetectorOn;
        Detector before = detector;
        detector = new Detector { TimeMs = e.TimeMs, Seen = true, On = on };
        long gapMs = e.TimeMs - before.TimeMs;
        foreach (ushort phase in phases)
        {
            Approach approach = Of(e.Device, phase);
            if (!before.Seen)
            {
                approach.Edge(e.TimeMs, on ? 1 : 0);
            }
            else if (before.On != on)
            {
                approach.Edge(e.TimeMs, on ? 1 : -1);
            }
            else if (!on || gapMs > RapidOnsMs)
            {
                approach.Imputed(e.TimeMs - (gapMs / 2), on ? -1 : 1);
                approach.Edge(e.TimeMs, on ? 1 : -1);
            }

            approach.ReckonWhenMany(e.TimeMs);
        }
    }

    private Approach Of(int device, ushort phase)
    {
        ref Approach? approach = ref _approaches.At(device, phase);
        if (approach is null)
        {
            int[] numbers = [.. table.Assignments
                .Where(a => a.Device == device && a.Phase == phase
                    && a.Function == DetectorFunction.Presence)
                .Select(a => (int)a.Detector)];
            approach = new Approach(sink, bin, limits, _detectors, numbers, device, phase);
            _all.Add(approach);
        }

        return approach;
    }

    internal struct Detector
    {
        public long TimeMs;
        public bool Seen;
        public bool On;
    }
}
