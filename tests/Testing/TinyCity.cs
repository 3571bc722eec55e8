using CityBrain.Model;

namespace CityBrain.Testing;

/// <summary>
/// The smallest city worth controlling: two one-lane streets that cross, one stage each, a camera on each
/// approach and one pedestrian crossing with a button.
/// <code>
///            n (north in, n_out leaves south)
///            |
///   w -------+------- w_out
///            |
///          n_out
/// </code>
/// Groups: 0 north, 1 west, 2 pedestrians across the west street (walks with north).
/// </summary>
public static class TinyCity
{
    public static CityDescription Describe() => new()
    {
        Name = "tiny",
        Districts = [new DistrictDescription("d1", "District one")],
        Lanes =
        [
            Lane("n", [0, 200], [0, 5]), Lane("w", [-200, 0], [-5, 0]),
            Lane("n_box", [0, 5], [0, -5], "n") with { Kind = LaneKind.Box },
            Lane("w_box", [-5, 0], [5, 0], "w") with { Kind = LaneKind.Box },
            Lane("n_out", [0, -5], [0, -200], "n_box"), Lane("w_out", [5, 0], [200, 0], "w_box"),
            Lane("walk", [-8, -6], [-8, 6]) with { Kind = LaneKind.Crossing, SpeedMps = 1.4 },
        ],
        Intersections = [Intersection()],
        Detectors =
        [
            new() { Id = "cam.n", Kind = DetectorKind.Camera, Intersection = "x", Lane = "n", ReachM = 195 },
            new() { Id = "cam.w", Kind = DetectorKind.Camera, Intersection = "x", Lane = "w", ReachM = 195 },
            new() { Id = "loop.n", Kind = DetectorKind.Loop, Intersection = "x", Lane = "n", AtM = 2 },
            new() { Id = "button", Kind = DetectorKind.Button, Intersection = "x", Group = "p" },
        ],
    };

    public static City Build() => CityBuilder.Build(Describe());

    private static LaneDescription Lane(string id, double[] from, double[] to, params string[] upstream) => new()
    {
        Id = id,
        LengthM = Math.Abs(from[0] - to[0]) + Math.Abs(from[1] - to[1]),
        SpeedMps = 13.9,
        Shape = [from, to],
        Upstream = upstream,
    };

    private static IntersectionDescription Intersection() => new()
    {
        Id = "x",
        District = "d1",
        X = 0,
        Y = 0,
        Groups =
        [
            new() { Id = "n" }, new() { Id = "w" },
            new() { Id = "p", Kind = GroupKind.Pedestrian, WalkS = 5, ClearanceS = 6, YellowS = 0 },
        ],
        Movements =
        [
            new() { Id = "n>", Group = "n", From = "n", To = "n_out", Via = ["n_box"] },
            new() { Id = "w>", Group = "w", From = "w", To = "w_out", Via = ["w_box"] },
            new() { Id = "p>", Group = "p", From = "walk", To = "walk", Turn = Turn.Crossing },
        ],
        Conflicts = [new() { A = "n", B = "w" }, new() { A = "p", B = "w" }],
        Intergreens = [new("n", "w", 5), new("w", "n", 4), new("w", "p", 5), new("p", "w", 2)],
        Stages = [new() { Id = "A", Aspects = "GrG" }, new() { Id = "B", Aspects = "rGr" }],
        Programme = new ProgrammeDescription
        {
            Id = "0",
            Intervals =
            [
                new("GrG", 20, "A"), new("yrr", 3, null), new("rrr", 2, null),
                new("rGr", 20, "B"), new("ryr", 3, null), new("rrr", 2, null),
            ],
        },
    };
}
