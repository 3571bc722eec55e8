namespace CityBrain.Engine.Measures;

/// <summary>A measure by name: its table, its parameters and whether it needs a detector table.</summary>
public sealed record MeasureDefinition(
    string Name, RowSchema Schema, IReadOnlyList<MeasureParameter> Parameters, bool NeedsDetectors = false);

/// <summary>All measures, in the order in which they are listed and written.</summary>
public static class MeasureCatalog
{
    private const double Day = 86_400;

    public static readonly MeasureDefinition HasData = new("has_data", Measures.HasData.Layout,
    [
        Number("no_data_min", "minutes, divides the bin", 5, 0.1, 1440),
        Number("min_data_points", "events", 3, 1, 1e6),
    ]);

    public static readonly MeasureDefinition Actuations = new("actuations", Measures.Actuations.Layout,
        [Number("fill_in_missing", "1 for zero rows of silent known detectors", 0, 0, 1)]);

    public static readonly MeasureDefinition ArrivalOnGreen = new(
        "arrival_on_green", Measures.ArrivalOnGreen.Layout,
        [Number("latency_offset_seconds", "s", 0, 0, 60)], NeedsDetectors: true);

    public static readonly MeasureDefinition YellowRed = new("yellow_red", Measures.YellowRed.Layout,
    [
        Number("latency_offset_seconds", "s", 0, 0, 60),
        Number("min_red_offset", "s", -Day, -Day, Day),
    ], NeedsDetectors: true);

    public static readonly MeasureDefinition SplitFailures = new(
        "split_failures", Measures.SplitFailures.Layout,
    [
        Number("red_time", "s", 5, 0.1, 600),
        Number("green_occupancy_threshold", "share", 0.80, 0, 1),
        Number("red_occupancy_threshold", "share", 0.80, 0, 1),
    ], NeedsDetectors: true);

    public static readonly MeasureDefinition Terminations = new(
        "terminations", Measures.Terminations.Layout, []);

    public static readonly MeasureDefinition Splits = new("splits", Measures.Splits.Layout, []);

    public static readonly MeasureDefinition Coordination = new(
        "coordination", Measures.Coordination.Layout, []);

    public static readonly MeasureDefinition Ped = new("ped", Measures.Ped.Layout,
        [Number("seconds_between_actuations", "s", 15, 0, Day)]);

    public static readonly MeasureDefinition PedDelay = new("ped_delay", Measures.PedDelay.Layout, []);

    public static readonly MeasureDefinition PhaseWait = new("phase_wait", Measures.PhaseWait.Layout,
    [
        Number("preempt_recovery_seconds", "s", 120, 0, Day),
        Number("assumed_cycle_length", "s", 140, 1, Day),
        Number("skip_multiplier", "cycles", 1.5, 0, 1000),
    ]);

    public static readonly MeasureDefinition Communications = new(
        "communications", Measures.Communications.Layout,
        [new("event_codes", "event ids", [400, 502, 503], 0, ushort.MaxValue, IsList: true)]);

    public static readonly MeasureDefinition Timeline = new("timeline", Measures.Timeline.Layout,
    [
        Number("min_duration", "s", 0, 0, Day),
        Number("cushion_time", "s shown for a moment", 1, 0, Day),
    ]);

    public static IReadOnlyList<MeasureDefinition> All { get; } =
    [
        HasData, Actuations, ArrivalOnGreen, YellowRed, SplitFailures, Terminations, Splits, Coordination,
        Ped, PedDelay, PhaseWait, Communications, Timeline,
    ];

    public static string NameList => string.Join(", ", All.Select(m => m.Name));

    public static MeasureDefinition? Find(string name) => All.FirstOrDefault(m => m.Name == name);

    private static MeasureParameter Number(
        string name, string unit, double value, double least, double most) =>
        new(name, unit, [value], least, most);
}
