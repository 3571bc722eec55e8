using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>The network as the map needs it. Positions in this file are indices: lane 7 is lanes[7].</summary>
public sealed record CityView
{
    public required string Name { get; init; }
    public required GeoOrigin? Origin { get; init; }
    public required string? TimeZone { get; init; }
    public required DistrictView[] Districts { get; init; }
    public required CityLaneView[] Lanes { get; init; }
    public required CityIntersectionView[] Intersections { get; init; }
    public required CityDetectorView[] Detectors { get; init; }
    public required SceneryView[] Scenery { get; init; }
    /// <summary>Chinese forms of names, by name.</summary>
    public required IReadOnlyDictionary<string, string> ChineseNames { get; init; }
    /// <summary>The map to lie under it; null: none.</summary>
    public BasemapView? Basemap { get; init; }

    public static CityView Of(DashboardOptions options) =>
        Of(options.City, options.Scenery, options.TimeZone) with { ChineseNames = options.ChineseNames, Basemap = BasemapView.Of(options.Basemap) };

    private static CityView Of(City city, IReadOnlyList<SceneryShape> scenery, string? timeZone) => new()
    {
        ChineseNames = new Dictionary<string, string>(),
        Name = city.Name,
        Origin = city.Description.Origin,
        TimeZone = timeZone,
        Districts = [.. city.Districts.Select(d => new DistrictView(d.Id, d.Name))],
        Lanes = [.. city.Lanes.Select(l => new CityLaneView(l.Id, l.Kind, Round(l.Length.Value), Round(l.Limit.MetresPerSecond),
            Round(l.Width.Value), l.OnFoot, l.Street, l.Road, l.Intersection, l.BoxOf, l.Upstream, Flat(l.Shape)))],
        Intersections = [.. city.Intersections.Select(Place)],
        Detectors = [.. city.Detectors.Select(d => new CityDetectorView(
            d.Id, d.Kind, d.Intersection, d.Lane, d.Group, Round(d.At.Value), Round(d.Reach.Value)))],
        Scenery = [.. scenery.Select(s => new SceneryView(s.Kind, s.Name, s.WidthM, Flat(s.Outline)))],
    };

    private static CityIntersectionView Place(Intersection i) => new()
    {
        Id = i.Id,
        Name = i.Name,
        District = i.District,
        X = Round(i.Position.X),
        Y = Round(i.Position.Y),
        MaxGreenS = i.Limits.MaxGreen.Seconds,
        MaxWaitS = i.Limits.MaxWait.Seconds,
        FallbackS = i.Limits.Fallback.Seconds,
        Groups = [.. i.Groups.Select(g => new CityGroupView(g.Id, g.Kind, g.ShortestGreen.Seconds))],
        Movements = [.. i.Movements.Select(m => new CityMovementView(m.Group, m.From, m.To, m.Via, m.Turn))],
        Stages = [.. i.Stages.Select(s => new CityStageView(s.Id, Aspects.Write(s.Aspects)))],
        Programme = i.Programme is { } p
            ? new CityProgrammeView(p.Id, p.Cycle.Seconds, [.. p.Intervals.Select(n => new IntervalView(n.Stage, n.Duration.Seconds))])
            : null,
        StopLineLanes = i.StopLineLanes,
        ExitLanes = i.ExitLanes,
        BoxLanes = i.BoxLanes,
    };

    private static double[] Flat(IReadOnlyList<Point> shape) => [.. shape.SelectMany(p => new[] { Round(p.X), Round(p.Y) })];

    private static double Round(double metres) => Math.Round(metres, 2);
}

public sealed record DistrictView(string Id, string Name);

/// <summary>One lane; Shape is x, y, x, y ... in metres, downstream end last.</summary>
public sealed record CityLaneView(string Id, LaneKind Kind, double LengthM, double SpeedMps, double WidthM, bool OnFoot,
    string? Street, string? Road, int Intersection, int BoxOf, int[] Upstream, double[] Shape);

public sealed record CityGroupView(string Id, GroupKind Kind, double ShortestGreenS);
public sealed record CityMovementView(int Group, int From, int To, int[] Via, Turn Turn);

/// <summary>Aspects: one letter per group, see docs/WIRE.md.</summary>
public sealed record CityStageView(string Id, string Aspects);
public sealed record IntervalView(int Stage, double Seconds);
public sealed record CityProgrammeView(string Id, double CycleS, IntervalView[] Intervals);

public sealed record CityIntersectionView
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required int District { get; init; }
    public required double X { get; init; }
    public required double Y { get; init; }
    public required double MaxGreenS { get; init; }
    public required double MaxWaitS { get; init; }
    public required double FallbackS { get; init; }
    public required CityGroupView[] Groups { get; init; }
    public required CityMovementView[] Movements { get; init; }
    public required CityStageView[] Stages { get; init; }
    public required CityProgrammeView? Programme { get; init; }
    public required int[] StopLineLanes { get; init; }
    public required int[] ExitLanes { get; init; }
    public required int[] BoxLanes { get; init; }
}

public sealed record CityDetectorView(string Id, DetectorKind Kind, int Intersection, int Lane, int Group, double AtM, double ReachM);

/// <summary>Url: with {z}, {x} and {y}, or of a PMTiles file. Attribution null: what the file says, else the host.</summary>
public sealed record BasemapView(BasemapKind Kind, string Url, string? Attribution)
{
    public static BasemapView? Of(Basemap? map) => map is null ? null : new(map.Kind, map.Url, map.Attribution);
}

public sealed record SceneryView(string Kind, string? Name, double WidthM, double[] Outline);
