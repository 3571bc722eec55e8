using CityBrain.Model;

namespace CityBrain.SignalControl.Tests;

/// <summary>Hand-made cities of one intersection, given by letters: what crosses what, which stages there are.</summary>
public static class Junctions
{
    /// <summary>
    /// A crossroads: N, S through and right; W, E the same; l a left turn from the north that gives way to S; P people
    /// on foot across the west arm. The left turn gives way at the end of boxl. Yellows and
    /// intergreens differ from pair to pair.
    /// <code>
    ///     groups  N S W E l P
    ///     A       G G r r g r     north and south, left turn permissive
    ///     B       G r r r G r     north with its left turn protected
    ///     C       r r G G r r     west and east
    ///     D       r r r G r G     east with people crossing the west arm
    /// </code>
    /// </summary>
    public static City Crossroads(
        double maxWaitS = 120, double maxGreenS = 120, bool sensors = true, bool programme = true) =>
        CityBuilder.Build(new CityDescription
        {
            Name = "Crossroads",
            Districts = [new DistrictDescription("d", "d")],
            Lanes = [.. Lanes("N", "S", "W", "E", "l"), new() { Id = "box", LengthM = 20, SpeedMps = 8,
                Kind = LaneKind.Box, Upstream = ["inN"] }, new() { Id = "boxl", LengthM = 20, SpeedMps = 8,
                Kind = LaneKind.Box, Upstream = ["inl"] }, new() { Id = "boxl2", LengthM = 10, SpeedMps = 8,
                Kind = LaneKind.Box, Upstream = ["boxl"] }, new() { Id = "boxw", LengthM = 20, SpeedMps = 8,
                Kind = LaneKind.Box, Upstream = ["inW"] }],
            Detectors = [.. sensors
                ? new[] { "N", "S", "W", "E", "l" }.Select(g => new DetectorDescription
                    { Id = "c" + g, Kind = DetectorKind.Camera, Intersection = "X", Lane = "in" + g, ReachM = 200 })
                : []],
            Intersections =
            [
                new IntersectionDescription
                {
                    Id = "X", District = "d", X = 0, Y = 0,
                    Groups =
                    [
                        new() { Id = "N" }, new() { Id = "S" }, new() { Id = "W", YellowS = 4 },
                        new() { Id = "E", YellowS = 4 }, new() { Id = "l", MinGreenS = 6 },
                        new() { Id = "P", Kind = GroupKind.Pedestrian, YellowS = 0, WalkS = 5, ClearanceS = 7 },
                    ],
                    Movements = [Way("N", "box"), Way("S"), Way("W", "boxw"), Way("E"), Way("l", "boxl", "boxl2"), OnFoot("P")],
                    Conflicts =
                    [
                        new() { A = "N", B = "W" }, new() { A = "N", B = "E" }, new() { A = "S", B = "W" },
                        new() { A = "S", B = "E" }, new() { A = "l", B = "W" }, new() { A = "l", B = "E" },
                        new() { A = "l", B = "S", Yields = "l" }, new() { A = "P", B = "W" },
                        new() { A = "P", B = "N" }, new() { A = "P", B = "l" },
                    ],
                    Intergreens =
                    [
                        new("N", "W", 5), new("W", "N", 6), new("E", "N", 6), new("P", "W", 4), new("P", "N", 3), new("S", "E", 3.5),
                    ],
                    Stages =
                    [
                        new() { Id = "A", Aspects = "GGrrgr" }, new() { Id = "B", Aspects = "GrrrGr" },
                        new() { Id = "C", Aspects = "rrGGrr" }, new() { Id = "D", Aspects = "rrrGrG" },
                    ],
                    Programme = programme ? Programme : null,
                    Limits = new() { MaxWaitS = maxWaitS, MaxGreenS = maxGreenS },
                },
            ],
        });

    private static ProgrammeDescription Programme => new()
    {
        Id = "day", OffsetS = 7,
        Intervals =
        [
            new("GGrrgr", 20, "A"), new("Gyrrgr", 3, null), new("GrrrGr", 10, "B"), new("yrrryr", 3, null),
            new("rrrrrr", 2, null), new("rrGGrr", 25, "C"), new("rryGrr", 4, null), new("rrrGrG", 15, "D"),
            new("rrryrr", 4, null), new("rrrrrr", 2, null),
        ],
    };

    /// <summary>Any stages, and any two groups that no stage shows together conflict; 5 s of green, 3 s of yellow.</summary>
    public static City Of(string[] stages, double maxWaitS = 120, string[][]? next = null, double maxGreenS = 120)
    {
        int groups = stages[0].Length;
        string[] ids = [.. Enumerable.Range(0, groups).Select(g => $"g{g}")];
        var conflicts = new List<ConflictDescription>();
        for (int a = 0; a < groups; a++)
            for (int b = a + 1; b < groups; b++)
                if (!stages.Any(s => s[a] is 'G' or 'g' && s[b] is 'G' or 'g'))
                    conflicts.Add(new() { A = ids[a], B = ids[b] });
        return CityBuilder.Build(new CityDescription
        {
            Name = "Any",
            Districts = [new DistrictDescription("d", "d")],
            Lanes = [.. Lanes(ids)],
            Intersections =
            [
                new IntersectionDescription
                {
                    Id = "X", District = "d", X = 0, Y = 0,
                    Groups = [.. ids.Select(id => new SignalGroupDescription { Id = id })],
                    Movements = [.. ids.Select(id => Way(id))],
                    Conflicts = conflicts,
                    Stages = [.. stages.Select((s, i) => new StageDescription
                        { Id = $"s{i}", Aspects = s, Next = next?[i] ?? [] })],
                    Limits = new() { MaxWaitS = maxWaitS, MaxGreenS = maxGreenS },
                },
            ],
        });
    }

    private static IEnumerable<LaneDescription> Lanes(params string[] ids)
    {
        foreach (string id in ids)
        {
            yield return new LaneDescription { Id = "in" + id, LengthM = 200, SpeedMps = 13.9, Road = "in" + id };
            yield return new LaneDescription { Id = "out" + id, LengthM = 200, SpeedMps = 13.9, Upstream = ["in" + id] };
        }
        yield return new LaneDescription { Id = "walk", LengthM = 8, SpeedMps = 1.4, Kind = LaneKind.Crossing };
    }

    private static MovementDescription Way(string id, params string[] via) =>
        new() { Id = id, Group = id, From = "in" + id, To = "out" + id, Via = via };

    private static MovementDescription OnFoot(string id) =>
        new() { Id = id, Group = id, From = "walk", To = "walk", Turn = Turn.Crossing };
}
