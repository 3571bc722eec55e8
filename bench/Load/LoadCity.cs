using CityBrain.Model;

namespace CityBrain.Load;

/// <summary>
/// A made-up city as large as one likes: a grid of junctions 300 m apart, of four arms with a right, a through and a left
/// lane each, four stages, and twenty detectors: a loop on every lane and a camera on every through and left lane.
/// Two districts, west and east.
/// </summary>
internal static class LoadCity
{
    public const int DetectorsPerJunction = 20;
    private const int SpacingM = 300, BoxM = 20;
    private static readonly string[] Arms = ["n", "e", "s", "w"];

    public static CityDescription Describe(int junctions)
    {
        int side = (int)Math.Ceiling(Math.Sqrt(junctions));
        var lanes = new List<LaneDescription>(junctions * 24);
        var intersections = new List<IntersectionDescription>(junctions);
        var detectors = new List<DetectorDescription>(junctions * DetectorsPerJunction);
        for (int j = 0; j < junctions; j++)
        {
            AddLanes(j, side, junctions, lanes);
            intersections.Add(Junction(j, side, junctions));
            foreach (string arm in Arms)
                for (int k = 0; k < 3; k++)
                {
                    detectors.Add(Sensor(j, arm, k, DetectorKind.Loop));
                    if (k > 0) detectors.Add(Sensor(j, arm, k, DetectorKind.Camera));
                }
        }
        return new CityDescription
        {
            Name = $"Grid of {junctions}", Lanes = lanes, Intersections = intersections, Detectors = detectors,
            Districts = [.. intersections.Select(i => i.District).Distinct().Select(d => new DistrictDescription(d, d))],
        };
    }

    private static string District(int j, int side) => j % side < (side + 1) / 2 ? "west" : "east";

    /// <summary>Lanes towards the junction, their boxes, and exits where the grid ends.</summary>
    private static void AddLanes(int j, int side, int junctions, List<LaneDescription> lanes)
    {
        for (int a = 0; a < 4; a++)
            for (int k = 0; k < 3; k++)
            {
                int from = Neighbour(j, a, side, junctions);
                lanes.Add(new LaneDescription
                {
                    Id = $"{Arms[a]}{k}.{j}", LengthM = SpacingM - BoxM, SpeedMps = 13.9,
                    // What leaves the neighbour towards here: its three movements whose exit is this arm.
                    Upstream = from < 0 ? [] : [$"b{Arms[Arm(Facing(a), k)]}{k}.{from}"],
                });
                lanes.Add(new LaneDescription
                {
                    Id = $"b{Arms[a]}{k}.{j}", LengthM = BoxM, SpeedMps = 9, Kind = LaneKind.Box,
                    Upstream = [$"{Arms[a]}{k}.{j}"],
                });
            }
        for (int a = 0; a < 4; a++)
            if (Neighbour(j, a, side, junctions) < 0)
                lanes.Add(new LaneDescription
                {
                    Id = $"x{Arms[a]}.{j}", LengthM = SpacingM, SpeedMps = 13.9,
                    Upstream = [.. Enumerable.Range(0, 3).Select(k => $"b{Arms[Arm(a, k)]}{k}.{j}")],
                });
    }

    private static IntersectionDescription Junction(int j, int side, int junctions)
    {
        var movements = new List<MovementDescription>();
        for (int a = 0; a < 4; a++)
            for (int k = 0; k < 3; k++)
            {
                string from = Arms[Arm(a, k)];
                movements.Add(new MovementDescription
                {
                    Id = $"{from}{k}", Group = $"{from}{k}", From = $"{from}{k}.{j}", Via = [$"b{from}{k}.{j}"],
                    To = Exit(j, a, k, side, junctions), Turn = k == 0 ? Turn.Right : k == 1 ? Turn.Straight : Turn.Left,
                });
            }
        string Stage(string axis, bool lefts) => string.Concat(from arm in Arms
            from k in Enumerable.Range(0, 3)
            select axis.Contains(arm) && (k == 2) == lefts ? 'G' : k == 0 ? 's' : 'r');
        return new IntersectionDescription
        {
            Id = $"j{j}", District = District(j, side), X = j % side * SpacingM, Y = -(j / side) * SpacingM,
            Movements = movements,
            Groups = [.. from arm in Arms from k in Enumerable.Range(0, 3) select new SignalGroupDescription { Id = $"{arm}{k}" }],
            Stages =
            [
                .. new[] { Stage("ns", false), Stage("ns", true), Stage("ew", false), Stage("ew", true) }
                    .Select((s, n) => new StageDescription { Id = $"{n}", Aspects = s }),
            ],
        };
    }

    private static DetectorDescription Sensor(int j, string arm, int k, DetectorKind kind) => new()
    {
        Id = $"{(kind == DetectorKind.Loop ? 'l' : 'c')}{arm}{k}.{j}", Kind = kind, Intersection = $"j{j}",
        Lane = $"{arm}{k}.{j}",
    };

    private static string Exit(int j, int arm, int k, int side, int junctions)
    {
        int to = Neighbour(j, arm, side, junctions);
        return to < 0 ? $"x{Arms[arm]}.{j}" : $"{Arms[Facing(arm)]}{k}.{to}";
    }

    /// <summary>The arm from which turn k (right, through, left) leads to exit arm a.</summary>
    private static int Arm(int a, int k) => (a + (k == 0 ? 1 : k == 1 ? 2 : 3)) % 4;

    private static int Facing(int a) => (a + 2) % 4;

    /// <summary>The junction next to j on an arm, or -1 where the grid ends.</summary>
    private static int Neighbour(int j, int arm, int side, int junctions)
    {
        int x = j % side + (arm == 1 ? 1 : arm == 3 ? -1 : 0), y = j / side + (arm == 0 ? -1 : arm == 2 ? 1 : 0);
        int n = y * side + x;
        return x < 0 || x >= side || y < 0 || n >= junctions ? -1 : n;
    }
}
