using CityBrain.Model;

namespace CityBrain.Testing;

/// <summary>
/// One signalled junction, or a row of them. Per junction: a west and a north approach of one lane each that go
/// straight on or turn, and a crossing for people on foot. Two stages: west; north with the people.
/// <code>
///             n |
///               v
///     w ------>[ ]------> e
///               |  ....crossing
///               v s
/// </code>
/// </summary>
public static class CrossingCity
{
    public static City Build(int junctions = 1, bool loops = true, bool cameras = true) =>
        CityBuilder.Build(Describe(junctions, loops, cameras));

    public static CityDescription Describe(int junctions = 1, bool loops = true, bool cameras = true)
    {
        var lanes = new List<LaneDescription>();
        var intersections = new List<IntersectionDescription>();
        var detectors = new List<DetectorDescription>();
        for (int i = 0; i < junctions; i++)
        {
            AddLanes(lanes, i);
            intersections.Add(Junction(i));
            AddDetectors(detectors, i, loops, cameras);
        }
        return new CityDescription
        {
            Name = "Crossing", Districts = [new DistrictDescription("d0", "Centre")],
            Lanes = lanes, Intersections = intersections, Detectors = detectors,
        };
    }

    /// <summary>
    /// Two of these junctions one behind the other, each a district of its own, d0 and d1: what leaves j0 to
    /// the east comes to the stop line of j1 on lane w1, which both look at; its sensors are j1's.
    /// <code>
    ///             n0 |            n1 |
    ///                v               v
    ///    w0 ------>[j0]---- w1 ---->[j1]------> e1
    ///                v s0            v s1
    ///        d0              :             d1
    /// </code>
    /// </summary>
    public static CityDescription DescribeTwoDistricts()
    {
        CityDescription apart = Describe(2);
        return apart with
        {
            Districts = [new DistrictDescription("d0", "West"), new DistrictDescription("d1", "East")],
            Lanes = [.. apart.Lanes.Where(l => l.Id != "e0")
                .Select(l => l.Id == "w1" ? l with { Upstream = ["w-e0", "n-e0"] } : l)],
            Intersections = [.. apart.Intersections.Select(i => i with
            {
                District = i.Id == "j0" ? "d0" : "d1",
                Movements = [.. i.Movements.Select(m => m.To == "e0" ? m with { To = "w1" } : m)],
            })],
            Detectors = [.. apart.Detectors.Where(d => d.Lane != "e0")],
        };
    }

    /// <summary>The same two in one district, with a link of so many metres between them.</summary>
    public static CityDescription DescribeLinked(double linkM)
    {
        CityDescription apart = DescribeTwoDistricts();
        return apart with
        {
            Districts = [new DistrictDescription("d0", "Centre")],
            Lanes = [.. apart.Lanes.Select(l => l.Id == "w1" ? l with { LengthM = linkM } : l)],
            Intersections = [.. apart.Intersections.Select(i => i with { District = "d0" })],
            Detectors = [.. apart.Detectors.Select(d => d.Id == "c-w1" ? d with { ReachM = linkM } : d)],
        };
    }

    private static void AddLanes(List<LaneDescription> lanes, int i)
    {
        LaneDescription Road(string id, params string[] upstream) =>
            new() { Id = $"{id}{i}", LengthM = 200, SpeedMps = 13.9, Upstream = upstream, Road = $"{id}{i}" };
        LaneDescription Box(string id, string from) =>
            new() { Id = $"{id}{i}", LengthM = 14, SpeedMps = 8, Kind = LaneKind.Box, Upstream = [$"{from}{i}"] };
        lanes.Add(Road("w"));
        lanes.Add(Road("n"));
        lanes.Add(Box("w-e", "w"));
        lanes.Add(Box("w-s", "w"));
        lanes.Add(Box("n-s", "n"));
        lanes.Add(Box("n-e", "n"));
        lanes.Add(Road("e", $"w-e{i}", $"n-e{i}"));
        lanes.Add(Road("s", $"w-s{i}", $"n-s{i}"));
        lanes.Add(new LaneDescription { Id = $"z{i}", LengthM = 7, SpeedMps = 1.4, Kind = LaneKind.Crossing });
    }

    private static IntersectionDescription Junction(int i)
    {
        MovementDescription Way(string group, string from, string to, Turn turn) => new()
        {
            Id = $"{from}{to}", Group = group, From = $"{from}{i}", To = $"{to}{i}", Via = [$"{from}-{to}{i}"],
            Turn = turn,
        };
        return new IntersectionDescription
        {
            Id = $"j{i}", District = "d0", X = 300 * i, Y = 0,
            Groups =
            [
                new() { Id = "W" }, new() { Id = "N" },
                new() { Id = "P", Kind = GroupKind.Pedestrian, WalkS = 4, ClearanceS = 6 },
            ],
            Movements =
            [
                Way("W", "w", "e", Turn.Straight), Way("W", "w", "s", Turn.Right),
                Way("N", "n", "s", Turn.Straight), Way("N", "n", "e", Turn.Left),
                new() { Id = "cross", Group = "P", From = $"z{i}", To = $"z{i}", Turn = Turn.Crossing },
            ],
            Conflicts = [new() { A = "W", B = "N" }, new() { A = "W", B = "P" }],
            Stages = [new() { Id = "A", Aspects = "Grr" }, new() { Id = "B", Aspects = "rGG" }],
            Programme = new ProgrammeDescription
            {
                Id = "0",
                Intervals =
                [
                    new("Grr", 27, "A"), new("yrr", 3, null), new("rGG", 20, "B"), new("rGr", 7, null),
                    new("ryr", 3, null),
                ],
            },
        };
    }

    private static void AddDetectors(List<DetectorDescription> detectors, int i, bool loops, bool cameras)
    {
        foreach (string lane in (string[])["w", "n", "e", "s", "w-e", "w-s", "n-s", "n-e"])
        {
            double length = lane.Length > 1 ? 14 : 200;
            if (cameras)
                detectors.Add(new()
                {
                    Id = $"c-{lane}{i}", Kind = DetectorKind.Camera, Intersection = $"j{i}", Lane = $"{lane}{i}",
                    ReachM = length,
                });
            if (loops && lane.Length == 1)
                detectors.Add(new()
                {
                    Id = $"l-{lane}{i}", Kind = DetectorKind.Loop, Intersection = $"j{i}", Lane = $"{lane}{i}",
                    AtM = 2,
                });
        }
        detectors.Add(new() { Id = $"b{i}", Kind = DetectorKind.Button, Intersection = $"j{i}", Group = "P" });
    }
}
