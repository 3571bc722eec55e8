using CityBrain.Model;

namespace CityBrain.Dashboard.Tests;

/// <summary>A chequerboard of crossroads with left-turn lanes and crossings, to look at.</summary>
internal static class MadeUpCity
{
    private const double Spacing = 240, Box = 16, LaneWidth = 3.3;
    private static readonly string[] Arms = ["n", "e", "s", "w"];
    // Travel direction of vehicles that come from each arm.
    private static readonly (int X, int Y)[] Travel = [(0, -1), (-1, 0), (0, 1), (1, 0)];
    private static readonly string[] Across = ["Elm Street", "Market Street", "Station Road", "Mill Lane", "Bridge Street"];
    private static readonly string[] Along = ["First Avenue", "Second Avenue", "Third Avenue", "Fourth Avenue", "Fifth Avenue"];

    public static readonly IReadOnlyDictionary<string, string> ChineseNames = new Dictionary<string, string>
    {
        ["Elm Street"] = "榆树街", ["First Avenue"] = "第一大道", ["Second Avenue"] = "第二大道", ["Made-up Town"] = "虚构镇",
    };

    public static City Build(int columns, int rows, GeoOrigin? origin = null)
    {
        var lanes = new List<LaneDescription>();
        var places = new List<IntersectionDescription>();
        for (int x = 0; x < columns; x++)
            for (int y = 0; y < rows; y++) places.Add(Crossroads(x, y, columns, rows, lanes));
        return CityBuilder.Build(new CityDescription
        {
            Name = "Made-up Town", Origin = origin,
            Districts = [new DistrictDescription("centre", "Centre")],
            Lanes = lanes,
            Intersections = places,
            Detectors = [.. Cameras(places, lanes)],
        });
    }

    private static IntersectionDescription Crossroads(int x, int y, int columns, int rows, List<LaneDescription> lanes)
    {
        string id = $"{(char)('A' + x)}{y + 1}";
        for (int arm = 0; arm < 4; arm++) AddRoads(id, x, y, arm, columns, rows, lanes);
        var movements = new List<MovementDescription>();
        for (int arm = 0; arm < 4; arm++) AddMovements(id, x, y, arm, columns, rows, lanes, movements);
        return new IntersectionDescription
        {
            Id = id, Name = $"{Across[y % 5]} / {Along[x % 5]}", District = "centre", X = x * Spacing, Y = y * Spacing,
            Groups =
            [
                .. Arms.Select(a => new SignalGroupDescription { Id = $"{a}-through" }),
                .. Arms.Select(a => new SignalGroupDescription { Id = $"{a}-left" }),
                .. Arms.Select(a => new SignalGroupDescription { Id = $"{a}-foot", Kind = GroupKind.Pedestrian, WalkS = 5, ClearanceS = 9 }),
            ],
            Movements = movements,
            Conflicts = [.. Conflicts()],
            Stages =
            [
                new StageDescription { Id = "1", Aspects = "GrGrrrrrrGrG" }, new StageDescription { Id = "2", Aspects = "rrrrGrGrrrrr" },
                new StageDescription { Id = "3", Aspects = "rGrGrrrrGrGr" }, new StageDescription { Id = "4", Aspects = "rrrrrGrGrrrr" },
            ],
            Programme = new ProgrammeDescription
            {
                Id = "day",
                Intervals =
                [
                    new("GrGrrrrrrGrG", 26, "1"), new("yryrrrrrrrrr", 4, null), new("rrrrGrGrrrrr", 10, "2"), new("rrrryryrrrrr", 4, null),
                    new("rGrGrrrrGrGr", 26, "3"), new("ryryrrrrrrrr", 4, null), new("rrrrrGrGrrrr", 10, "4"), new("rrrrryryrrrr", 4, null),
                ],
            },
        };
    }

    private static IEnumerable<ConflictDescription> Conflicts()
    {
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 4; b++)
            {
                if (a < b && (a + b) % 2 == 1)
                {
                    yield return new ConflictDescription { A = $"{Arms[a]}-through", B = $"{Arms[b]}-through" };
                    yield return new ConflictDescription { A = $"{Arms[a]}-left", B = $"{Arms[b]}-left" };
                }
                if (a != b) yield return new ConflictDescription { A = $"{Arms[a]}-through", B = $"{Arms[b]}-left" };
                if ((a + b) % 2 == 0) yield return new ConflictDescription { A = $"{Arms[a]}-through", B = $"{Arms[b]}-foot" };
            }
    }

    /// <summary>The lanes that come from an arm, and those that leave by it.</summary>
    private static void AddRoads(string id, int x, int y, int arm, int columns, int rows, List<LaneDescription> lanes)
    {
        (int dx, int dy) = Travel[arm];
        double cx = x * Spacing, cy = y * Spacing, length = Spacing - 2 * Box;
        for (int k = 0; k < 2; k++)
        {
            double side = LaneWidth * (k + 0.5), ox = dy * side, oy = -dx * side;
            lanes.Add(Lane($"{id}.{Arms[arm]}{k}", arm % 2 == 0 ? Along[x % 5] : Across[y % 5],
                cx - dx * (Box + length) + ox, cy - dy * (Box + length) + oy, cx - dx * Box + ox, cy - dy * Box + oy)
                with { Upstream = [] });
            if (Neighbour(x, y, arm, columns, rows) is not null) continue;
            lanes.Add(Lane($"{id}.out-{Arms[arm]}{k}", arm % 2 == 0 ? Along[x % 5] : Across[y % 5],
                cx - dx * Box - ox, cy - dy * Box - oy, cx - dx * (Box + length) - ox, cy - dy * (Box + length) - oy));
        }
    }

    private static LaneDescription Lane(string id, string street, double x0, double y0, double x1, double y1) => new()
    {
        Id = id, Kind = LaneKind.Road, LengthM = Math.Sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)), SpeedMps = 13.89,
        WidthM = LaneWidth, Street = street, Road = id[..^1], Shape = [[x0, y0], [x1, y1]],
    };

    private static (string Id, int Arm)? Neighbour(int x, int y, int arm, int columns, int rows)
    {
        (int nx, int ny) = (x - Travel[arm].X, y - Travel[arm].Y);
        return nx < 0 || ny < 0 || nx >= columns || ny >= rows ? null : ($"{(char)('A' + nx)}{ny + 1}", (arm + 2) % 4);
    }

    private static void AddMovements(string id, int x, int y, int arm, int columns, int rows,
        List<LaneDescription> lanes, List<MovementDescription> movements)
    {
        foreach ((Turn turn, int exit, int lane, int toLane, string group) in new[]
        {
            (Turn.Straight, (arm + 2) % 4, 1, 1, "through"), (Turn.Right, (arm + 3) % 4, 1, 1, "through"),
            (Turn.Straight, (arm + 2) % 4, 0, 0, "through"), (Turn.Left, (arm + 1) % 4, 0, 0, "left"),
        })
        {
            if (turn == Turn.Straight && lane == 0) continue;
            string from = $"{id}.{Arms[arm]}{lane}";
            string to = Neighbour(x, y, exit, columns, rows) is { } n ? $"{n.Id}.{Arms[n.Arm]}{toLane}" : $"{id}.out-{Arms[exit]}{toLane}";
            string via = $"{id}:{Arms[arm]}-{turn}";
            lanes.Add(BoxLane(via, from, x, y, arm, exit, lane, toLane));
            movements.Add(new MovementDescription
            {
                Id = $"{Arms[arm]}-{turn}", Group = $"{Arms[arm]}-{group}", From = from, To = to, Via = [via], Turn = turn,
            });
        }
        AddCrossing(id, x, y, arm, lanes, movements);
    }

    private static LaneDescription BoxLane(string id, string from, int x, int y, int arm, int exit, int lane, int toLane)
    {
        double cx = x * Spacing, cy = y * Spacing, side = LaneWidth * (lane + 0.5), outSide = LaneWidth * (toLane + 0.5);
        (int dx, int dy) = Travel[arm];
        (int ex, int ey) = (-Travel[exit].X, -Travel[exit].Y);
        (double x0, double y0) = (cx - dx * Box + dy * side, cy - dy * Box - dx * side);
        (double x2, double y2) = (cx + ex * Box + ey * outSide, cy + ey * Box - ex * outSide);
        bool straight = ex == dx && ey == dy;
        (double x1, double y1) = straight ? ((x0 + x2) / 2, (y0 + y2) / 2) : (dx == 0 ? x0 : x2, dx == 0 ? y2 : y0);
        var shape = new List<double[]>();
        for (int i = 0; i <= 8; i++)
        {
            double t = i / 8.0, u = 1 - t;
            shape.Add([u * u * x0 + 2 * u * t * x1 + t * t * x2, u * u * y0 + 2 * u * t * y1 + t * t * y2]);
        }
        return new LaneDescription
        {
            Id = id, Kind = LaneKind.Box, LengthM = 2 * Box, SpeedMps = 10, Shape = shape, Upstream = [from],
        };
    }

    private static void AddCrossing(string id, int x, int y, int arm, List<LaneDescription> lanes, List<MovementDescription> movements)
    {
        (int dx, int dy) = Travel[arm];
        double cx = x * Spacing - dx * (Box - 4), cy = y * Spacing - dy * (Box - 4), half = 2 * LaneWidth + 1;
        string crossing = $"{id}:{Arms[arm]}-foot", a = $"{id}.{Arms[arm]}-kerb-a", b = $"{id}.{Arms[arm]}-kerb-b";
        (double px, double py) = (dy * half, -dx * half);
        lanes.Add(new LaneDescription { Id = crossing, Kind = LaneKind.Crossing, LengthM = 2 * half, SpeedMps = 1.2, WidthM = 4, Shape = [[cx - px, cy - py], [cx + px, cy + py]], Upstream = [a] });
        lanes.Add(new LaneDescription { Id = a, Kind = LaneKind.Walkway, LengthM = 2, SpeedMps = 1.2, Shape = [[cx - px * 1.2, cy - py * 1.2], [cx - px, cy - py]] });
        lanes.Add(new LaneDescription { Id = b, Kind = LaneKind.Walkway, LengthM = 2, SpeedMps = 1.2, Shape = [[cx + px, cy + py], [cx + px * 1.2, cy + py * 1.2]], Upstream = [crossing] });
        movements.Add(new MovementDescription { Id = $"{Arms[arm]}-foot", Group = $"{Arms[arm]}-foot", From = a, To = b, Via = [crossing], Turn = Turn.Crossing });
    }

    private static IEnumerable<DetectorDescription> Cameras(List<IntersectionDescription> places, List<LaneDescription> lanes)
    {
        foreach (IntersectionDescription place in places)
        {
            foreach (string lane in place.Movements.Where(m => m.Turn != Turn.Crossing).Select(m => m.From).Distinct())
            {
                yield return new DetectorDescription { Id = $"cam.{lane}", Kind = DetectorKind.Camera, Intersection = place.Id, Lane = lane, ReachM = 150 };
                yield return new DetectorDescription { Id = $"loop.{lane}", Kind = DetectorKind.Loop, Intersection = place.Id, Lane = lane, AtM = 40 };
            }
        }
    }
}
