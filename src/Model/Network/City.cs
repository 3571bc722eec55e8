namespace CityBrain.Model;

/// <summary>
/// A checked city with dense indices: every array position is the Index of the object there. Immutable;
/// made by <see cref="CityBuilder"/>.
/// </summary>
public sealed class City
{
    private readonly Dictionary<string, int> _lanes, _detectors, _intersections, _districts;

    internal City(CityDescription description, District[] districts, Lane[] lanes,
        Intersection[] intersections, Movement[] movements, Detector[] detectors)
    {
        Description = description;
        Districts = districts;
        Lanes = lanes;
        Intersections = intersections;
        Movements = movements;
        Detectors = detectors;
        _lanes = Index(lanes.Select(l => l.Id));
        _detectors = Index(detectors.Select(d => d.Id));
        _intersections = Index(intersections.Select(i => i.Id));
        _districts = Index(districts.Select(d => d.Id));
        MaxGroups = intersections.Length == 0 ? 0 : intersections.Max(i => i.Groups.Length);
        MaxStages = intersections.Length == 0 ? 0 : intersections.Max(i => i.Stages.Length);
    }

    /// <summary>What the city was made from; writing it gives the same file again.</summary>
    public CityDescription Description { get; }
    public string Name => Description.Name;
    public District[] Districts { get; }
    public Lane[] Lanes { get; }
    public Intersection[] Intersections { get; }
    /// <summary>Movements of all intersections, each intersection's in one run.</summary>
    public Movement[] Movements { get; }
    public Detector[] Detectors { get; }
    /// <summary>The largest number of signal groups at one intersection.</summary>
    public int MaxGroups { get; }
    /// <summary>The largest number of stages at one intersection.</summary>
    public int MaxStages { get; }

    public bool TryLane(string id, out int index) => _lanes.TryGetValue(id, out index);
    public bool TryDetector(string id, out int index) => _detectors.TryGetValue(id, out index);
    public bool TryIntersection(string id, out int index) => _intersections.TryGetValue(id, out index);
    public bool TryDistrict(string id, out int index) => _districts.TryGetValue(id, out index);

    private static Dictionary<string, int> Index(IEnumerable<string> ids)
    {
        var result = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string id in ids) result.Add(id, result.Count);
        return result;
    }
}

/// <summary>A part of the city served by one brain.</summary>
public sealed record District(int Index, string Id, string Name);

/// <summary>A lane with its neighbours up and down the road.</summary>
public sealed class Lane
{
    public required int Index { get; init; }
    public required string Id { get; init; }
    public required LaneKind Kind { get; init; }
    public required Metres Length { get; init; }
    public required Speed Limit { get; init; }
    public required Metres Width { get; init; }
    public required Point[] Shape { get; init; }
    public string? Street { get; init; }
    public string? Road { get; init; }
    /// <summary>True when only people on foot may use it.</summary>
    public required bool OnFoot { get; init; }
    /// <summary>Lanes that lead onto this one.</summary>
    public int[] Upstream { get; internal set; } = [];
    /// <summary>Lanes that this one leads onto.</summary>
    public int[] Downstream { get; internal set; } = [];
    /// <summary>The intersection whose stop line ends this lane, or -1.</summary>
    public int Intersection { get; internal set; } = -1;
    /// <summary>Global indices of the movements that start at this lane's stop line.</summary>
    public int[] Movements { get; internal set; } = [];
    /// <summary>The intersection whose box this lane is part of, or -1.</summary>
    public int BoxOf { get; internal set; } = -1;
    /// <summary>A camera or radar looks at it, or at a part of it.</summary>
    public bool HasCamera { get; internal set; }
    /// <summary>Lanes of the same road piece, side by side, without this one.</summary>
    public int[] Beside { get; internal set; } = [];
}

/// <summary>A way through an intersection.</summary>
public sealed class Movement
{
    /// <summary>Position in <see cref="City.Movements"/>.</summary>
    public required int Index { get; init; }
    public required string Id { get; init; }
    public required int Intersection { get; init; }
    /// <summary>Position of the signal group in its intersection.</summary>
    public required int Group { get; init; }
    public required int From { get; init; }
    public required int To { get; init; }
    /// <summary>Box lanes in driving order; each but the last ends where the movement gives way.</summary>
    public required int[] Via { get; init; }
    public required Turn Turn { get; init; }
    /// <summary>Global indices of the movements this one gives way to when its green is permissive.</summary>
    public int[] YieldsTo { get; internal set; } = [];
}

/// <summary>Signal heads that always show the same aspect.</summary>
public sealed record SignalGroup(
    int Index, string Id, GroupKind Kind, Millis MinGreen, Millis Yellow, Millis Walk, Millis Clearance)
{
    /// <summary>Shortest green that may be shown: for people on foot, walk and clearance.</summary>
    public Millis ShortestGreen => Millis.Max(MinGreen, Walk + Clearance);
}

/// <summary>Aspects that may be shown together.</summary>
public sealed class Stage
{
    public required int Index { get; init; }
    public required string Id { get; init; }
    /// <summary>One per signal group of the intersection.</summary>
    public required Aspect[] Aspects { get; init; }
    /// <summary>May stage i follow this one? One per stage; the stage itself is always true.</summary>
    public required bool[] MayBeFollowedBy { get; init; }
}

/// <summary>One interval of a fixed programme; Stage is -1 while the signals change.</summary>
public sealed record Interval(Aspect[] Aspects, Millis Duration, int Stage);

/// <summary>A fixed-time programme, repeated for ever.</summary>
public sealed class Programme
{
    public required string Id { get; init; }
    public required Millis Offset { get; init; }
    public required Interval[] Intervals { get; init; }
    public required Millis Cycle { get; init; }

    /// <summary>The interval at an instant of the feed's clock, and how far it has run.</summary>
    public int IntervalAt(long timeMs, out long intoMs)
    {
        long t = (timeMs - Offset.Value) % Cycle.Value;
        if (t < 0) t += Cycle.Value;
        for (int i = 0; ; i++)
        {
            long d = Intervals[i].Duration.Value;
            if (t < d || i == Intervals.Length - 1)
            {
                intoMs = t;
                return i;
            }
            t -= d;
        }
    }
}

/// <summary>Which groups cross, and which of the two gives way.</summary>
public sealed class ConflictMatrix(int groups)
{
    private readonly byte[] _cells = new byte[groups * groups];

    /// <summary>True when the paths of the two groups cross or merge.</summary>
    public bool Conflicts(int a, int b) => (_cells[a * groups + b] & 1) != 0;

    /// <summary>True when <paramref name="a"/> must give way to <paramref name="b"/> if both are green.</summary>
    public bool Yields(int a, int b) => (_cells[a * groups + b] & 2) != 0;

    /// <summary>
    /// May the two aspects be seen together? Two greens of conflicting groups may only if one of them is
    /// permissive and its group gives way, or if a stage or the programme shows exactly that pair.
    /// </summary>
    public bool Compatible(int a, Aspect aspectA, int b, Aspect aspectB)
    {
        if (!aspectA.IsGreen() || !aspectB.IsGreen() || !Conflicts(a, b)) return true;
        byte shown = _cells[a * groups + b];
        if (aspectA == Aspect.Green && aspectB == Aspect.Green) return (shown & 4) != 0;
        return (shown & 8) != 0;
    }

    internal void Set(int a, int b, bool aYields, bool bYields)
    {
        _cells[a * groups + b] |= (byte)(aYields ? 3 : 1);
        _cells[b * groups + a] |= (byte)(bYields ? 3 : 1);
    }

    /// <summary>The source's own programme or stage shows both protected (4), or together at all (8).</summary>
    internal void Shown(int a, int b, bool bothProtected)
    {
        byte bits = (byte)(bothProtected ? 12 : 8);
        _cells[a * groups + b] |= bits;
        _cells[b * groups + a] |= bits;
    }
}

/// <summary>Milliseconds from the end of green of one group to the begin of green of another.</summary>
public sealed class IntergreenMatrix(int groups)
{
    private readonly int[] _cells = new int[groups * groups];

    /// <summary>Intergreen in milliseconds; 0 for groups that do not conflict.</summary>
    public int Ms(int ending, int starting) => _cells[ending * groups + starting];

    internal void Set(int ending, int starting, int ms) => _cells[ending * groups + starting] = ms;
}

/// <summary>Bounds that every policy is held to.</summary>
public sealed record Limits(Millis MaxGreen, Millis MaxWait, Millis Fallback);

/// <summary>Stop-line lanes of one road into an intersection.</summary>
public sealed record Approach(int Index, string Id, int[] Lanes);

/// <summary>A signalled intersection.</summary>
public sealed class Intersection
{
    public required int Index { get; init; }
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required int District { get; init; }
    public required Point Position { get; init; }
    public required SignalGroup[] Groups { get; init; }
    public required Movement[] Movements { get; init; }
    public required Approach[] Approaches { get; init; }
    public required Stage[] Stages { get; init; }
    public required ConflictMatrix Conflicts { get; init; }
    public required IntergreenMatrix Intergreens { get; init; }
    public required Programme? Programme { get; init; }
    public required Limits Limits { get; init; }
    /// <summary>Global lane indices of the stop-line lanes, each once.</summary>
    public required int[] StopLineLanes { get; init; }
    /// <summary>Global lane indices of the exit lanes, each once.</summary>
    public required int[] ExitLanes { get; init; }
    /// <summary>Global lane indices of the lanes inside the box, each once.</summary>
    public required int[] BoxLanes { get; init; }
}

/// <summary>A sensor's zone; see <see cref="DetectorDescription"/>. Lane and Group are -1 where not used.</summary>
public sealed record Detector(
    int Index, string Id, DetectorKind Kind, int Intersection, int Lane, int Group, Metres At, Metres Reach);
