using CityBrain.Model;

namespace CityBrain.Simulation.Tests.Field;

/// <summary>
/// One intersection with five groups, in order: 0 main road, 1 main road's opposed left turn (gives way to 0),
/// 2 side road, 3 people crossing the side road (with the main road), 4 people crossing the main road.
/// <code>
///   stage   main left side walkM walkS
///   main     G    g    r    G     r
///   left     r    G    r    r     r
///   side     r    r    G    r     G
/// </code>
/// </summary>
internal static class Crossroads
{
    public const int Main = 0, Left = 1, Side = 2, WalkMain = 3, WalkSide = 4;

    /// <param name="offsetS">The programme's.</param>
    /// <param name="withProgramme">False for a controller that can only flash.</param>
    /// <param name="ends">The programme's last intervals, after side's yellow; null for one all-red of 5 s.</param>
    public static City Build(double offsetS = 0, bool withProgramme = true, IntervalDescription[]? ends = null) =>
        CityBuilder.Build(new CityDescription
    {
        Name = "crossroads",
        Districts = [new("d", "District")],
        Lanes = [Lane("in"), Lane("out")],
        Intersections = [Intersection(offsetS, withProgramme, ends ?? [new("rrrrr", 5, null)])],
    });

    private static LaneDescription Lane(string id) => new() { Id = id, LengthM = 100, SpeedMps = 13.9 };

    private static IntersectionDescription Intersection(double offsetS, bool withProgramme, IntervalDescription[] ends) => new()
    {
        Id = "x",
        District = "d",
        X = 0,
        Y = 0,
        Groups =
        [
            new() { Id = "main", MinGreenS = 6 },
            new() { Id = "left", MinGreenS = 5 },
            new() { Id = "side", MinGreenS = 6 },
            new() { Id = "walkMain", Kind = GroupKind.Pedestrian, YellowS = 0, WalkS = 5, ClearanceS = 4 },
            new() { Id = "walkSide", Kind = GroupKind.Pedestrian, YellowS = 0, WalkS = 5, ClearanceS = 7 },
        ],
        Movements = [new() { Id = "m", Group = "main", From = "in", To = "out" }],
        Conflicts =
        [
            new() { A = "main", B = "left", Yields = "left" },
            new() { A = "main", B = "side" },
            new() { A = "left", B = "side" },
            new() { A = "main", B = "walkSide" },
            new() { A = "left", B = "walkMain", Yields = "left" },
            new() { A = "left", B = "walkSide" },
            new() { A = "side", B = "walkMain" },
        ],
        Intergreens =
        [
            new("main", "side", 5), new("side", "main", 5), new("main", "left", 4), new("left", "main", 4),
            new("left", "side", 5), new("side", "left", 5), new("walkSide", "main", 2), new("walkMain", "side", 2),
            new("walkSide", "left", 2), new("walkMain", "left", 1), new("main", "walkSide", 5),
            new("side", "walkMain", 5), new("left", "walkSide", 5), new("left", "walkMain", 4),
        ],
        Stages =
        [
            new() { Id = "main", Aspects = "GgrGr" },
            new() { Id = "left", Aspects = "rGrrr" },
            new() { Id = "side", Aspects = "rrGrG" },
        ],
        Programme = withProgramme ? Programme(offsetS, ends) : null,
        Limits = new() { FallbackS = 8 },
    };

    /// <summary>A cycle of 55 s and its end, 60 s in all by default.</summary>
    private static ProgrammeDescription Programme(double offsetS, IntervalDescription[] ends) => new()
    {
        Id = "day",
        OffsetS = offsetS,
        Intervals =
        [
            new("GgrGr", 18, "main"), new("Ggrrr", 2, null), new("ygrrr", 3, null), new("rgrrr", 1, null),
            new("rGrrr", 6, "left"), new("ryrrr", 3, null), new("rrrrr", 2, null),
            new("rrGrG", 15, "side"), new("rrGrr", 2, null), new("rryrr", 3, null), .. ends,
        ],
    };
}
