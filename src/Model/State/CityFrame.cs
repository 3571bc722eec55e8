namespace CityBrain.Model;

/// <summary>Where the times of a run come from.</summary>
public enum ClockMode : byte
{
    /// <summary>Live sensors; times are Unix milliseconds.</summary>
    Live = 0,
    /// <summary>A tick topic says what time it is.</summary>
    Feed = 1,
    /// <summary>A simulated city.</summary>
    Simulated = 2,
    /// <summary>A journal is being replayed.</summary>
    Replay = 3,
}

/// <summary>
/// One picture of the whole city for those who look at it: a recycled copy, filled on the brain's thread and
/// read on another. Filling allocates nothing. Indices are those of <see cref="City"/>.
/// </summary>
public sealed class CityFrame
{
    /// <summary>Most feeds that can be reported; <see cref="SetFeed"/> ignores further ones.</summary>
    public const int MaxFeeds = 32;

    /// <summary>A queue that fills this share of its lane counts as spillback.</summary>
    public const float SpillbackShare = 0.9f;

    private readonly FeedFrame[] _feeds = new FeedFrame[MaxFeeds];

    /// <param name="city">The city it will show.</param>
    /// <param name="counterNames">Names of the counters, in the order of <see cref="Counters"/>.</param>
    public CityFrame(City city, IReadOnlyList<string>? counterNames = null)
    {
        Lanes = new LaneState[city.Lanes.Length];
        Intersections = new IntersectionFrame[city.Intersections.Length];
        MaxGroups = Math.Max(1, city.MaxGroups);
        Groups = new GroupState[city.Intersections.Length * MaxGroups];
        Detectors = new DetectorState[city.Detectors.Length];
        Sightings = new VehicleSighting[city.Lanes.Length * TrafficState.SightingsPerLane];
        CounterNames = counterNames ?? [];
        Counters = new long[CounterNames.Count];
        for (int i = 0; i < Intersections.Length; i++) Intersections[i].Stage = -1;
    }

    /// <summary>Data time: the last tick, milliseconds of the feed's clock.</summary>
    public long TimeMs;
    public ClockMode Clock;
    /// <summary>Name of the policy that chooses stages.</summary>
    public string Policy = "";
    public CityTotals Totals;

    public LaneState[] Lanes { get; }
    public IntersectionFrame[] Intersections { get; }
    public int MaxGroups { get; }
    /// <summary>Group g of intersection i at i * MaxGroups + g.</summary>
    public GroupState[] Groups { get; }
    public DetectorState[] Detectors { get; }
    /// <summary>Lane l's vehicles at [l * TrafficState.SightingsPerLane ..], as many as its SightingCount.</summary>
    public VehicleSighting[] Sightings { get; }
    public IReadOnlyList<string> CounterNames { get; }
    public long[] Counters { get; }
    public ReadOnlySpan<FeedFrame> Feeds => _feeds.AsSpan(0, FeedCount);
    public int FeedCount { get; private set; }

    public ReadOnlySpan<VehicleSighting> SightingsOf(int lane) =>
        Sightings.AsSpan(lane * TrafficState.SightingsPerLane, Lanes[lane].SightingCount);

    /// <summary>
    /// Copies lanes, groups, controllers, detectors and vehicles, and adds up the totals. What the signals are
    /// doing (stage, reason, override) is the caller's to fill in <see cref="Intersections"/>.
    /// </summary>
    public void CopyFrom(City city, TrafficState traffic)
    {
        TimeMs = traffic.NowMs;
        traffic.Lanes.CopyTo(Lanes, 0);
        traffic.Detectors.CopyTo(Detectors, 0);
        for (int l = 0; l < Lanes.Length; l++)
            traffic.SightingsOf(l).CopyTo(Sightings.AsSpan(l * TrafficState.SightingsPerLane));
        for (int i = 0; i < Intersections.Length; i++) CopyIntersection(city.Intersections[i], traffic);
        AddUp(city);
    }

    /// <summary>Reports one feed; call with 0, 1, 2 ... for all feeds of a frame.</summary>
    public void SetFeed(int index, in FeedFrame feed)
    {
        if (index >= MaxFeeds) return;
        _feeds[index] = feed;
        FeedCount = index + 1;
    }

    private void CopyIntersection(Intersection intersection, TrafficState traffic)
    {
        ref IntersectionFrame frame = ref Intersections[intersection.Index];
        frame.Mode = traffic.Controllers[intersection.Index].Mode;
        frame.SeenMs = traffic.Controllers[intersection.Index].SeenMs;
        frame.WaitSinceMs = -1;
        frame.WaitGroup = -1;
        for (int g = 0; g < intersection.Groups.Length; g++)
        {
            GroupState group = traffic.Group(intersection.Index, g);
            Groups[intersection.Index * MaxGroups + g] = group;
            if (group.CallSinceMs < 0 || group.Reported.IsGreen()) continue;
            if (frame.WaitSinceMs >= 0 && group.CallSinceMs >= frame.WaitSinceMs) continue;
            frame.WaitSinceMs = group.CallSinceMs;
            frame.WaitGroup = (short)g;
        }
        frame.Vehicles = frame.Stopped = 0;
        foreach (int lane in intersection.StopLineLanes)
        {
            frame.Vehicles += traffic.Lanes[lane].Vehicles;
            frame.Stopped += traffic.Lanes[lane].Stopped;
        }
    }

    private void AddUp(City city)
    {
        var totals = new CityTotals { LongestWaitIntersection = -1 };
        float speedSum = 0;
        foreach (Lane lane in city.Lanes)
        {
            ref readonly LaneState state = ref Lanes[lane.Index];
            if (lane.OnFoot || state.Vehicles <= 0) continue;
            totals.Vehicles += state.Vehicles;
            totals.Stopped += state.Stopped;
            totals.QueueM += state.QueueTailM;
            if (state.QueueTailM >= SpillbackShare * lane.Length.Value) totals.SpillbackLanes++;
            speedSum += state.SpeedMps * state.Vehicles;
            float free = state.FreeSpeedMps > 0 ? state.FreeSpeedMps : (float)lane.Limit.MetresPerSecond;
            totals.DelayRate += state.Vehicles * Math.Clamp(1 - state.SpeedMps / free, 0, 1);
        }
        totals.SpeedMps = totals.Vehicles > 0 ? speedSum / totals.Vehicles : 0;
        foreach (Intersection intersection in city.Intersections) AddUp(intersection, ref totals);
        Totals = totals;
    }

    private void AddUp(Intersection intersection, ref CityTotals totals)
    {
        foreach (int lane in intersection.StopLineLanes) totals.FlowVph += Lanes[lane].FlowVph;
        ref readonly IntersectionFrame frame = ref Intersections[intersection.Index];
        if (frame.Mode == ControllerMode.Remote) totals.Remote++;
        else if (frame.Mode == ControllerMode.Fallback) totals.Fallback++;
        else if (frame.Mode == ControllerMode.Unknown) totals.Unknown++;
        else totals.Faulty++;
        if (frame.WaitSinceMs < 0) return;
        float wait = (TimeMs - frame.WaitSinceMs) / 1000f;
        if (wait <= totals.LongestWaitS) return;
        totals.LongestWaitS = wait;
        totals.LongestWaitIntersection = intersection.Index;
    }
}

/// <summary>One intersection of a <see cref="CityFrame"/>.</summary>
public struct IntersectionFrame
{
    /// <summary>The stage shown or being changed to; -1 when unknown.</summary>
    public short Stage;
    public short PreviousStage;
    /// <summary>Instant at which the stage's greens began, or will begin while changing.</summary>
    public long StageSinceMs;
    public bool Changing;
    /// <summary>The brain commands this intersection now; false when it gave it up.</summary>
    public bool Commanded;
    /// <summary>What the controller says of itself, and when it last spoke (0: never).</summary>
    public ControllerMode Mode;
    public long SeenMs;
    /// <summary>Reason of the last decision that chose or kept a stage, and its instant.</summary>
    public DecisionReason Reason;
    public long DecidedMs;
    /// <summary>The operator's override in force; Release when there is none.</summary>
    public OverrideKind Override;
    public short OverrideStage;
    public long OverrideUntilMs;
    /// <summary>Since when the longest-waiting caller waits, and its group; -1 when nobody waits.</summary>
    public long WaitSinceMs;
    public short WaitGroup;
    /// <summary>Vehicles, and stopped ones, in view on its stop-line lanes.</summary>
    public float Vehicles;
    public float Stopped;
}

/// <summary>Sums over the city.</summary>
public struct CityTotals
{
    public float Vehicles;
    public float Stopped;
    /// <summary>Mean speed over vehicles in view, m/s.</summary>
    public float SpeedMps;
    /// <summary>Vehicles an hour over all stop lines.</summary>
    public float FlowVph;
    /// <summary>Vehicle-seconds lost per second: each vehicle in view counts 1 - speed / free speed.</summary>
    public float DelayRate;
    /// <summary>Metres of standing queue over all lanes.</summary>
    public float QueueM;
    public int SpillbackLanes;
    public float LongestWaitS;
    /// <summary>Where that is, or -1.</summary>
    public int LongestWaitIntersection;
    /// <summary>Controllers that obey the brain, run their own programme, are in fault or off, were never heard.</summary>
    public int Remote, Fallback, Faulty, Unknown;
}

/// <summary>Health and counters of one feed.</summary>
/// <param name="Name">Such as loop, camera, controller.</param>
/// <param name="Up">The link it comes over is up.</param>
/// <param name="SeenMs">Event time of its last reading; 0 before the first.</param>
/// <param name="Received">Readings taken.</param>
/// <param name="Refused">Readings that were malformed, impossible, or from an unknown sensor.</param>
/// <param name="Late">Readings that came late or twice.</param>
/// <param name="Dropped">Readings lost to a full channel.</param>
public readonly record struct FeedFrame(
    string Name, bool Up, long SeenMs, long Received, long Refused, long Late, long Dropped);
