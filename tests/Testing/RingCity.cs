using CityBrain.Model;

namespace CityBrain.Testing;

/// <summary>
/// A roundabout with signals: four junctions in a ring, one way, each with an entry x, a lane of the ring r that comes
/// from the junction before it, and an exit o. Two stages each: entry; ring.
/// <code>
///        x3 > [3] r3 &lt; [2] &lt; x2        from [k] the ring goes on to r of the next
///              v         ^
///        x0 > [0] > r1  [1] &lt; x1
/// </code>
/// </summary>
public static class RingCity
{
    public const int Junctions = 4;

    public static City Build(double linkM = 8) => CityBuilder.Build(new CityDescription
    {
        Name = "Ring", Districts = [new DistrictDescription("d0", "Centre")],
        Lanes = [.. Enumerable.Range(0, Junctions).SelectMany(k => Lanes(k, linkM))],
        Intersections = [.. Enumerable.Range(0, Junctions).Select(Junction)],
        Detectors = [],
    });

    private static IEnumerable<LaneDescription> Lanes(int k, double linkM)
    {
        int before = (k + Junctions - 1) % Junctions;
        LaneDescription Road(string id, double lengthM, params string[] upstream) =>
            new() { Id = id, LengthM = lengthM, SpeedMps = 13.9, Upstream = upstream, Road = id };
        LaneDescription Box(string from, string to) =>
            new() { Id = $"{from}-{to}{k}", LengthM = 12, SpeedMps = 8, Kind = LaneKind.Box, Upstream = [$"{from}{k}"] };
        return
        [
            Road($"x{k}", 200), Road($"r{k}", linkM, $"x-r{before}", $"r-r{before}"),
            Box("x", "r"), Box("x", "o"), Box("r", "r"), Box("r", "o"), Road($"o{k}", 200, $"x-o{k}", $"r-o{k}"),
        ];
    }

    private static IntersectionDescription Junction(int k)
    {
        MovementDescription Way(string from, string to, Turn turn) => new()
        {
            Id = from + to, Group = from, From = $"{from}{k}", Via = [$"{from}-{to}{k}"], Turn = turn,
            To = to == "r" ? $"r{(k + 1) % Junctions}" : $"o{k}",
        };
        return new IntersectionDescription
        {
            Id = $"j{k}", District = "d0", X = 20 * k, Y = 0,
            Groups = [new() { Id = "x" }, new() { Id = "r" }],
            Movements =
            [
                Way("x", "r", Turn.Straight), Way("x", "o", Turn.Right), Way("r", "r", Turn.Left),
                Way("r", "o", Turn.Straight),
            ],
            Conflicts = [new() { A = "x", B = "r" }],
            Stages = [new() { Id = "X", Aspects = "Gr" }, new() { Id = "R", Aspects = "rG" }],
        };
    }
}
