using System.Text.Json;
using System.Text.Json.Serialization;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>The small things that everybody gets once a second: /api/v1/state and the text messages of /api/v1/live.</summary>
public sealed record StateView
{
    /// <summary>Milliseconds of the feed's clock.</summary>
    public required long TimeMs { get; init; }
    public required ClockMode Clock { get; init; }
    public required string Policy { get; init; }
    /// <summary>Milliseconds since the brain last handed over a picture; -1 before the first.</summary>
    public required long AgeMs { get; init; }
    public required uint Frame { get; init; }
    public required int Viewers { get; init; }
    public required int OpenAlarms { get; init; }
    public required int NewAlarms { get; init; }
    public required CityTotalsView Totals { get; init; }
    public required FeedView[] Feeds { get; init; }
    public required CounterView[] Counters { get; init; }
    /// <summary>First instant that can be scrubbed back to, or null.</summary>
    public required long? HistoryFromMs { get; init; }
    public required UsualView Usual { get; init; }

    internal static StateView Of(LiveFeed live)
    {
        CityFrame f = live.Frame;
        var feeds = new FeedView[f.FeedCount];
        for (int i = 0; i < feeds.Length; i++) feeds[i] = new FeedView(f.Feeds[i]);
        return new StateView
        {
            TimeMs = f.TimeMs, Clock = f.Clock, Policy = f.Policy, AgeMs = live.AgeMs,
            Frame = live.Current?.Number ?? 0, Viewers = live.ViewerCount,
            OpenAlarms = live.Alarms.OpenCount, NewAlarms = live.Alarms.NewCount,
            Totals = new CityTotalsView(f.Totals), Feeds = feeds,
            Counters = [.. f.CounterNames.Select((name, i) => new CounterView(name, f.Counters[i]))],
            HistoryFromMs = live.Archive.Span?.FromMs,
            Usual = new UsualView(live.Usual.Basis, live.Usual.Count, live.Usual.HoursKnown, live.Usual.At(f.TimeMs)),
        };
    }
}

/// <summary>What is usual at this time of the week, and what that rests on.</summary>
/// <param name="Basis">The same hour of the week, the same hour on days of this kind, or nothing yet.</param>
/// <param name="Count">Weeks or days behind it.</param>
/// <param name="HoursKnown">Hours of the week that have been learnt, of 168.</param>
/// <param name="City">The city's usual totals in this quarter of an hour, or null.</param>
public sealed record UsualView(UsualBasis Basis, int Count, int HoursKnown, CitySample? City);

/// <summary>The usual day around now, a sample each quarter of an hour, and each lane's usual speed at this hour, m/s.</summary>
public sealed record UsualDayView(UsualBasis Basis, int Count, int HoursKnown, CitySample[] Day, float[] LaneSpeedsMps);

public sealed record CounterView(string Name, long Value);

public sealed record FeedView(
    string Name, bool Up, long SeenMs, long Received, long Refused, long Late, long Dropped)
{
    internal FeedView(in FeedFrame f) : this(f.Name, f.Up, f.SeenMs, f.Received, f.Refused, f.Late, f.Dropped) { }
}

/// <summary>Units as in <see cref="CityTotals"/>.</summary>
public sealed record CityTotalsView(
    float Vehicles, float Stopped, float SpeedMps, float FlowVph, float DelayRate, float QueueM, int SpillbackLanes,
    float LongestWaitS, int LongestWaitIntersection, int Remote, int Fallback, int Faulty, int Unknown)
{
    internal CityTotalsView(in CityTotals t) : this(t.Vehicles, t.Stopped, t.SpeedMps, t.FlowVph, t.DelayRate,
        t.QueueM, t.SpillbackLanes, t.LongestWaitS, t.LongestWaitIntersection, t.Remote, t.Fallback, t.Faulty,
        t.Unknown) { }
}

/// <summary>A stage that was considered and not taken; a lower score is better.</summary>
public sealed record AlternativeView(int Stage, float Score);

/// <summary>Why the last decision was taken, as numbers and as an English sentence.</summary>
public sealed record ReasonView(
    Rule Rule, Rule Gate, int Asked, float Score, float QueueVehicles, float ArrivalsVehicles, float LongestWaitS,
    int LongestWaitGroup, float AreaFill, float EntryHeld, AlternativeView[] Alternatives, string Sentence);

/// <summary>Instants at which vehicles reached, or would have reached, a lane's stop line.</summary>
public sealed record ArrivalsView(int Lane, long[] AtMs);

public sealed record StageRunView(int Stage, long FromMs, long ToMs, Rule Rule);

public sealed record LaneView(
    int Lane, float Vehicles, float Stopped, float QueueTailM, float SpeedMps, float FlowVph, float Occupancy,
    float Confidence, float SaturationHeadwayS, long SeenMs);

public sealed record DetectorView(int Detector, long SeenMs, DetectorFault Fault, float Confidence);

public sealed record GroupView(Aspect Aspect, long SinceMs, long CallSinceMs);

/// <summary>One intersection in detail.</summary>
public sealed record IntersectionView
{
    public required int Index { get; init; }
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required long TimeMs { get; init; }
    public required int Stage { get; init; }
    public required long StageSinceMs { get; init; }
    public required bool Changing { get; init; }
    public required bool Commanded { get; init; }
    public required ControllerMode Mode { get; init; }
    public required long ModeSeenMs { get; init; }
    public required long DecidedMs { get; init; }
    public required ReasonView Reason { get; init; }
    public required OverrideKind Override { get; init; }
    public required int OverrideStage { get; init; }
    public required long OverrideUntilMs { get; init; }
    public required GroupView[] Groups { get; init; }
    public required LaneView[] Lanes { get; init; }
    public required DetectorView[] Detectors { get; init; }
    /// <summary>The last stages, oldest first.</summary>
    public required StageRunView[] Stages { get; init; }
}

/// <summary>What the history endpoint returns.</summary>
public sealed record HistoryView(long? FromMs, long? ToMs, CitySample[] Samples);

/// <summary>A refusal or an error, in a sentence.</summary>
public sealed record Problem(string Error);

/// <summary>How everything of this API is written as JSON: camel case, enumerations by name.</summary>
internal static class DashboardJson
{
    public static JsonSerializerOptions Options { get; } = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter());
        options.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        return options;
    }

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);
}
