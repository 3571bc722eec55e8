namespace CityBrain.Model;

// The city file (docs/city.schema.json), one record per object. Ids are strings, chosen by whoever made the
// file. CityBuilder checks a description and turns it into a City with dense indices.

/// <summary>A whole city as its file says it.</summary>
public sealed record CityDescription
{
    public const string CurrentSchema = "citybrain.city/1";

    public string Schema { get; init; } = CurrentSchema;
    public required string Name { get; init; }
    /// <summary>Latitude and longitude of (0, 0), if the plane is tied to the earth.</summary>
    public GeoOrigin? Origin { get; init; }
    public IReadOnlyList<DistrictDescription> Districts { get; init; } = [];
    public IReadOnlyList<LaneDescription> Lanes { get; init; } = [];
    public IReadOnlyList<IntersectionDescription> Intersections { get; init; } = [];
    public IReadOnlyList<DetectorDescription> Detectors { get; init; } = [];
}

public sealed record GeoOrigin(double LatitudeDeg, double LongitudeDeg);

/// <summary>A part of the city that one brain serves; its id is a level of the MQTT topic.</summary>
public sealed record DistrictDescription(string Id, string Name);

public enum LaneKind { Road, Box, Crossing, Walkway }

/// <summary>
/// One lane. Road lanes lead to a stop line or to another lane; box lanes cross a junction; a crossing is for
/// people on foot. Positions on a lane are metres from its downstream end.
/// </summary>
public sealed record LaneDescription
{
    public required string Id { get; init; }
    public LaneKind Kind { get; init; } = LaneKind.Road;
    public required double LengthM { get; init; }
    public required double SpeedMps { get; init; }
    public double WidthM { get; init; } = 3.2;
    /// <summary>Centre line from upstream to downstream, [x, y] pairs in metres.</summary>
    public IReadOnlyList<double[]> Shape { get; init; } = [];
    /// <summary>Lanes from which vehicles drive onto this one.</summary>
    public IReadOnlyList<string> Upstream { get; init; } = [];
    /// <summary>The street the lane belongs to, for grouping and for people.</summary>
    public string? Street { get; init; }
    /// <summary>The road piece (all parallel lanes of one direction) the lane belongs to.</summary>
    public string? Road { get; init; }
    /// <summary>Who may use it: car, bus, bicycle, tram, pedestrian; empty for everyone on wheels.</summary>
    public IReadOnlyList<string> Allows { get; init; } = [];
}

public enum GroupKind { Vehicle, Pedestrian, Bicycle, Tram }

/// <summary>A signal group: heads that always show the same aspect.</summary>
public sealed record SignalGroupDescription
{
    public required string Id { get; init; }
    public GroupKind Kind { get; init; } = GroupKind.Vehicle;
    public double MinGreenS { get; init; } = 5;
    public double YellowS { get; init; } = 3;
    /// <summary>Pedestrian walk interval in seconds; 0 for vehicles.</summary>
    public double WalkS { get; init; }
    /// <summary>Pedestrian clearance in seconds (crossing length over walking speed); 0 for vehicles.</summary>
    public double ClearanceS { get; init; }
}

public enum Turn { Straight, Left, Right, UTurn, SlightLeft, SlightRight, Crossing }

/// <summary>A way through the intersection, from a stop line to an exit lane, shown green by one group.</summary>
public sealed record MovementDescription
{
    public required string Id { get; init; }
    public required string Group { get; init; }
    public required string From { get; init; }
    public required string To { get; init; }
    /// <summary>Box lanes in driving order. Where there are several, each but the last ends where the movement gives way.</summary>
    public IReadOnlyList<string> Via { get; init; } = [];
    public Turn Turn { get; init; }
}

/// <summary>
/// Two groups whose paths cross or merge. <see cref="Yields"/> names the group that must give way when both
/// are green (permissive); null when neither may be green with the other unless a stage says so.
/// </summary>
public sealed record ConflictDescription
{
    public required string A { get; init; }
    public required string B { get; init; }
    public string? Yields { get; init; }
}

/// <summary>Seconds from the end of green of one group to the begin of green of a conflicting one.</summary>
public sealed record IntergreenDescription(string Ending, string Starting, double Seconds);

/// <summary>A set of aspects that may be shown together: one letter per group, in the order of groups.</summary>
public sealed record StageDescription
{
    public required string Id { get; init; }
    public required string Aspects { get; init; }
    /// <summary>Ids of the stages that may follow; empty for any.</summary>
    public IReadOnlyList<string> Next { get; init; } = [];
}

/// <summary>One interval of a fixed programme; the stage is null while the signals change.</summary>
public sealed record IntervalDescription(string Aspects, double DurationS, string? Stage = null);

/// <summary>The intersection's own programme, which it falls back to.</summary>
public sealed record ProgrammeDescription
{
    public required string Id { get; init; }
    public double OffsetS { get; init; }
    public required IReadOnlyList<IntervalDescription> Intervals { get; init; }
}

/// <summary>Bounds that every policy is held to.</summary>
public sealed record LimitsDescription
{
    public double MaxGreenS { get; init; } = 120;
    /// <summary>Longest wait of a movement with a caller, vehicles and people on foot alike.</summary>
    public double MaxWaitS { get; init; } = 120;
    /// <summary>A controller without a fresh command for this long runs its own programme.</summary>
    public double FallbackS { get; init; } = 10;
}

/// <summary>One ring of a ring-and-barrier description: stages' groups in order, barrier by barrier.</summary>
public sealed record RingDescription(IReadOnlyList<IReadOnlyList<string>> GroupsByBarrier);

public sealed record IntersectionDescription
{
    public required string Id { get; init; }
    public string? Name { get; init; }
    public required string District { get; init; }
    public required double X { get; init; }
    public required double Y { get; init; }
    public required IReadOnlyList<SignalGroupDescription> Groups { get; init; }
    public required IReadOnlyList<MovementDescription> Movements { get; init; }
    public IReadOnlyList<ConflictDescription> Conflicts { get; init; } = [];
    public IReadOnlyList<IntergreenDescription> Intergreens { get; init; } = [];
    public required IReadOnlyList<StageDescription> Stages { get; init; }
    /// <summary>Rings and barriers, one way to say which stages may follow; empty when stages say it.</summary>
    public IReadOnlyList<RingDescription> Rings { get; init; } = [];
    public ProgrammeDescription? Programme { get; init; }
    public LimitsDescription Limits { get; init; } = new();
}

public enum DetectorKind { Loop, Camera, Button }

/// <summary>
/// A sensor's zone. A loop counts at <see cref="AtM"/>; a camera or radar sees [AtM, AtM + ReachM] of its lane
/// (metres from the lane's downstream end); a button belongs to a pedestrian group.
/// </summary>
public sealed record DetectorDescription
{
    public required string Id { get; init; }
    public required DetectorKind Kind { get; init; }
    /// <summary>The intersection whose cabinet it is wired to.</summary>
    public required string Intersection { get; init; }
    public string? Lane { get; init; }
    public string? Group { get; init; }
    public double AtM { get; init; }
    public double ReachM { get; init; }
}
