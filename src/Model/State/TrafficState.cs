namespace CityBrain.Model;

/// <summary>
/// What the engine knows now, in arrays by dense index. The engine writes it; policies, the gate and the
/// dashboard's snapshot read it. Positions are metres from a lane's downstream end.
/// </summary>
public sealed class TrafficState
{
    /// <summary>Vehicles kept per lane; a zone of 200 m holds at most some 40 cars.</summary>
    public const int SightingsPerLane = 64;

    public TrafficState(City city)
    {
        int lanes = city.Lanes.Length;
        Lanes = new LaneState[lanes];
        Sightings = new VehicleSighting[lanes * SightingsPerLane];
        Movements = new MovementState[city.Movements.Length];
        MaxGroups = city.MaxGroups;
        Groups = new GroupState[city.Intersections.Length * Math.Max(1, MaxGroups)];
        MaxApproaches = city.Intersections.Length == 0 ? 0 : city.Intersections.Max(i => i.Approaches.Length);
        Approaches = new ApproachState[city.Intersections.Length * Math.Max(1, MaxApproaches)];
        Controllers = new ControllerState[city.Intersections.Length];
        Detectors = new DetectorState[city.Detectors.Length];
    }

    /// <summary>Time of the last tick, milliseconds of the feed's clock.</summary>
    public long NowMs;
    public LaneState[] Lanes { get; }
    /// <summary>Lane l's vehicles at [l * SightingsPerLane ..], nearest to the stop line first.</summary>
    public VehicleSighting[] Sightings { get; }
    /// <summary>By global movement index.</summary>
    public MovementState[] Movements { get; }
    /// <summary>Group g of intersection i at i * MaxGroups + g.</summary>
    public GroupState[] Groups { get; }
    public int MaxGroups { get; }
    /// <summary>Approach a of intersection i at i * MaxApproaches + a.</summary>
    public ApproachState[] Approaches { get; }
    public int MaxApproaches { get; }
    /// <summary>By intersection.</summary>
    public ControllerState[] Controllers { get; }
    /// <summary>By detector.</summary>
    public DetectorState[] Detectors { get; }

    /// <summary>The vehicles last seen on a lane, nearest to its downstream end first.</summary>
    public ReadOnlySpan<VehicleSighting> SightingsOf(int lane) =>
        Sightings.AsSpan(lane * SightingsPerLane, Lanes[lane].SightingCount);

    public ref ApproachState Approach(int intersection, int approach) =>
        ref Approaches[intersection * MaxApproaches + approach];

    public ref GroupState Group(int intersection, int group) => ref Groups[intersection * MaxGroups + group];
}

/// <summary>One lane, as last seen and as estimated.</summary>
public struct LaneState
{
    /// <summary>Event time of the last camera reading; 0 before the first.</summary>
    public long SeenMs;
    /// <summary>Vehicles in view, at most <see cref="TrafficState.SightingsPerLane"/>.</summary>
    public int SightingCount;
    /// <summary>Vehicles in view as the camera counts them.</summary>
    public float Vehicles;
    /// <summary>Stopped vehicles in view.</summary>
    public float Stopped;
    /// <summary>Metres from the downstream end to the tail of the standing queue; 0 without one.</summary>
    public float QueueTailM;
    /// <summary>Vehicles an hour past the lane's end or loop, smoothed.</summary>
    public float FlowVph;
    /// <summary>Mean speed, m/s, smoothed.</summary>
    public float SpeedMps;
    /// <summary>Share of time occupied, smoothed.</summary>
    public float Occupancy;
    /// <summary>When the loop at the stop line was last covered; 0 without one.</summary>
    public long CoveredMs;
    /// <summary>Instant since which that loop has been covered without a break; 0 while it is not.</summary>
    public long CoveredSinceMs;
    /// <summary>Estimated free speed, m/s.</summary>
    public float FreeSpeedMps;
    /// <summary>Estimated saturation headway of the stop line, seconds a vehicle.</summary>
    public float SaturationHeadwayS;
    /// <summary>How sure the estimate of the saturation headway is, 0..1.</summary>
    public float SaturationConfidence;
    /// <summary>Start-up loss after begin of green, seconds.</summary>
    public float StartUpLossS;
    /// <summary>Outflow over the last seconds, vehicles a second, for exit room.</summary>
    public float OutflowPerS;
    /// <summary>Vehicles an hour that come into view upstream, smoothed.</summary>
    public float ArrivalsVph;
    /// <summary>Trust in this lane's sensors, 0 (none) to 1.</summary>
    public float Confidence;
}

/// <summary>One movement.</summary>
public struct MovementState
{
    /// <summary>Estimated share of its lane's vehicles that take this movement, 0..1.</summary>
    public float TurnShare;
    /// <summary>How much was counted behind that share, 0..1.</summary>
    public float ShareConfidence;
    /// <summary>Vehicles an hour, smoothed.</summary>
    public float FlowVph;
    /// <summary>Measured seconds a vehicle while its green is permissive; 0 before any was seen.</summary>
    public float PermissiveHeadwayS;
}

/// <summary>The stop-line lanes of one road into an intersection, together.</summary>
public struct ApproachState
{
    /// <summary>Vehicles in view, and those of them that stand.</summary>
    public float Vehicles, Stopped;
    /// <summary>Vehicles an hour past the stop line, and arriving; smoothed.</summary>
    public float FlowVph, ArrivalsVph;
    /// <summary>Metres from the stop line to the tail of the longest standing queue.</summary>
    public float QueueTailM;
    /// <summary>Mean speed of the vehicles in view, m/s; 0 without any.</summary>
    public float SpeedMps;
    /// <summary>Mean share of time occupied, 0..1.</summary>
    public float Occupancy;
}

/// <summary>One signal group: who calls it and since when.</summary>
public struct GroupState
{
    /// <summary>Instant since which somebody has been waiting for this group, or -1.</summary>
    public long CallSinceMs;
    /// <summary>The aspect the controller last reported.</summary>
    public Aspect Reported;
    /// <summary>Instant at which the reported aspect began.</summary>
    public long ReportedSinceMs;
}

/// <summary>What a controller last said of itself.</summary>
public struct ControllerState
{
    public ControllerMode Mode;
    /// <summary>Event time of its last word; 0 before the first.</summary>
    public long SeenMs;
}

[Flags]
public enum DetectorFault : byte { None = 0, StuckOn = 1, StuckOff = 2, Chatter = 4, Silent = 8, Impossible = 16 }

/// <summary>One detector's health.</summary>
public struct DetectorState
{
    public long SeenMs;
    public DetectorFault Fault;
    /// <summary>0 (dead) to 1.</summary>
    public float Confidence;
}
