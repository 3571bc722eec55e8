using CityBrain.History.Arrow;
using CityBrain.Model;

namespace CityBrain.History.Archive;

/// <summary>
/// The tables of the archive. TimeStamp is milliseconds of the feed's clock; quantities carry their unit in the name
/// or are counts and shares 0..1.
/// </summary>
public static class ArchiveTables
{
    private static readonly TableColumn Time = new(ArchiveTable.TimeColumn, ArrowType.TimestampMilli, Thin: Thin.Time);

    /// <summary>
    /// Every event as the brain accepted it: with <c>Extra</c> (hexadecimal side data) enough to make the journal's
    /// events again. Columns as <see cref="CityEvent"/>'s; an A, B or C that is no number is empty.
    /// </summary>
    public static readonly ArchiveTable Events = new("events",
    [
        Time, new("Number", ArrowType.Int64), new("Kind", ArrowType.DictionaryUtf8, Texts: Names<EventKind>()),
        new("Index", ArrowType.Int32), new("Place", ArrowType.DictionaryUtf8, Nullable: true, Ids: IdsOf.Places),
        new("Code", ArrowType.UInt8), Number32("A"), Number32("B"), Number32("C"),
        new("Sequence", ArrowType.UInt32), new("Extra", ArrowType.Utf8, Nullable: true),
    ]);

    /// <summary>Closed windows of a detector; TimeStamp is the window's begin.</summary>
    public static readonly ArchiveTable Windows = new("windows",
    [
        Time, new("Detector", ArrowType.DictionaryUtf8, Ids: IdsOf.Detectors),
        new("LengthS", ArrowType.Int32, Thin: Thin.Length), new("Readings", ArrowType.Int64, Thin: Thin.Sum),
        new("Count", ArrowType.Float64, Thin: Thin.Sum), Mean("Occupancy", "Readings"), Mean("SpeedMps", "Count"),
    ], ResolutionS: 60);

    /// <summary>Means of a lane's state over the ticks of an interval; TimeStamp is the interval's begin.</summary>
    public static readonly ArchiveTable Lanes = new("lanes",
    [
        Time, new("Lane", ArrowType.DictionaryUtf8, Ids: IdsOf.Lanes),
        new("LengthS", ArrowType.Int32, Thin: Thin.Length), new("Ticks", ArrowType.Int64, Thin: Thin.Sum),
        Mean("Vehicles", "Ticks"), Mean("Stopped", "Ticks"), Mean("QueueM", "Ticks"), Mean("SpeedMps", "Vehicles"),
        Mean("FlowVph", "Ticks"),
    ], ResolutionS: 60);

    /// <summary>What a policy wanted and why: each decision that says something new.</summary>
    public static readonly ArchiveTable Decisions = new("decisions",
    [
        Time, new("Intersection", ArrowType.DictionaryUtf8, Ids: IdsOf.Intersections),
        new("Stage", ArrowType.Int32), new("Rule", ArrowType.DictionaryUtf8, Texts: Names<Rule>()),
        new("Gate", ArrowType.DictionaryUtf8, Texts: Names<Rule>()), new("Score", ArrowType.Float64, Nullable: true),
        new("QueueVehicles", ArrowType.Float64), new("ArrivalsVehicles", ArrowType.Float64),
        new("LongestWaitS", ArrowType.Float64), new("LongestWaitGroup", ArrowType.Int32),
        new("Alternatives", ArrowType.Utf8), new("Reason", ArrowType.Utf8),
    ]);

    /// <summary>Every command to a controller, keep-alives among them.</summary>
    public static readonly ArchiveTable Commands = new("commands",
    [
        Time, new("Intersection", ArrowType.DictionaryUtf8, Ids: IdsOf.Intersections),
        new("Sequence", ArrowType.Int64), new("Kind", ArrowType.DictionaryUtf8, Texts: Names<CommandKind>()),
        new("Stage", ArrowType.Int32), new("Changed", ArrowType.Bool),
        new("ValidUntil", ArrowType.TimestampMilli), new("Aspects", ArrowType.Utf8),
    ]);

    /// <summary>What a controller said it shows, when that changed.</summary>
    public static readonly ArchiveTable Signals = new("signals",
    [
        Time, new("Intersection", ArrowType.DictionaryUtf8, Ids: IdsOf.Intersections),
        new("Mode", ArrowType.DictionaryUtf8, Texts: Names<ControllerMode>()), new("Stage", ArrowType.Int32),
        new("Refusal", ArrowType.DictionaryUtf8, Texts: Names<Refusal>()), new("Aspects", ArrowType.Utf8),
    ]);

    public static IReadOnlyList<ArchiveTable> All { get; } = [Events, Windows, Lanes, Decisions, Commands, Signals];

    public static string NameList => string.Join(", ", All.Select(t => t.Name));

    public static ArchiveTable? Find(string name) => All.FirstOrDefault(t => t.Name == name);

    private static TableColumn Number32(string name) => new(name, ArrowType.Float32, Nullable: true);

    private static TableColumn Mean(string name, string weight) =>
        new(name, ArrowType.Float64, Nullable: true, Thin: Thin.Mean, Weight: weight);

    /// <summary>Names by value; a value without a name has an empty one.</summary>
    private static string[] Names<T>()
        where T : struct, Enum
    {
        int most = Enum.GetValues<T>().Max(v => Convert.ToInt32(v, System.Globalization.CultureInfo.InvariantCulture));
        return [.. Enumerable.Range(0, most + 1).Select(v =>
            Enum.GetName(typeof(T), Enum.ToObject(typeof(T), v)) ?? "")];
    }
}
