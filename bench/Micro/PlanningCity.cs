using CityBrain.Model;

namespace CityBrain.Micro;

/// <summary>
/// Junctions of four arms with a right, a through and a left lane each, and eight stages: both throughs or both lefts of
/// an axis, or all of one arm. Right turns give way. Where they are busy, left turns also go with the throughs and give
/// way to those from opposite, and wait in the box; and queues stand in the exits.
/// </summary>
internal static class PlanningCity
{
    private static readonly string[] Arms = ["n", "e", "s", "w"];

    public static City Build(int junctions, bool busy = false)
    {
        var lanes = new List<LaneDescription>();
        var intersections = new List<IntersectionDescription>();
        for (int j = 0; j < junctions; j++)
        {
            foreach (string arm in Arms)
                for (int k = 0; k < 3; k++)
                {
                    lanes.Add(new LaneDescription { Id = $"{arm}{k}.{j}", LengthM = 250, SpeedMps = 13.9, Road = $"{arm}.{j}" });
                    lanes.Add(new LaneDescription
                    {
                        Id = $"b{arm}{k}.{j}", LengthM = 18, SpeedMps = 9, Kind = LaneKind.Box, Upstream = [$"{arm}{k}.{j}"],
                    });
                }
            for (int a = 0; a < 4; a++)
                lanes.Add(new LaneDescription
                {
                    Id = $"x{Arms[a]}.{j}", LengthM = 250, SpeedMps = 13.9,
                    Upstream = [.. Enumerable.Range(0, 3).Select(k => $"b{Arms[From(a, k)]}{k}.{j}")],
                });
            intersections.Add(Junction(j, busy));
        }
        return CityBuilder.Build(new CityDescription
        {
            Name = "Planning", Districts = [new DistrictDescription("d", "d")], Lanes = lanes, Intersections = intersections,
        });
    }

    /// <summary>The arm from which turn k (right, through, left) leads to exit arm a.</summary>
    private static int From(int a, int k) => (a + (k == 0 ? 1 : k == 1 ? 2 : 3)) % 4;

    private static IntersectionDescription Junction(int j, bool busy)
    {
        string[] groups = [.. from arm in Arms from k in Enumerable.Range(0, 3) select $"{arm}{k}"];
        var movements = new List<MovementDescription>();
        for (int a = 0; a < 4; a++)
            for (int k = 0; k < 3; k++)
            {
                string arm = Arms[From(a, k)];
                movements.Add(new MovementDescription
                {
                    Id = $"{arm}{k}", Group = $"{arm}{k}", From = $"{arm}{k}.{j}", To = $"x{Arms[a]}.{j}",
                    Via = [$"b{arm}{k}.{j}"], Turn = k == 0 ? Turn.Right : k == 1 ? Turn.Straight : Turn.Left,
                });
            }
        string Stage(Func<string, int, bool> green, bool yields = false) => string.Concat(
            from arm in Arms
            from k in Enumerable.Range(0, 3)
            select green(arm, k) ? (yields && k == 2 ? 'g' : 'G') : k == 0 ? 's' : 'r');
        string[] stages =
        [
            Stage((a, k) => a is "n" or "s" && (busy || k < 2), busy), Stage((a, k) => a is "n" or "s" && k == 2),
            Stage((a, k) => a is "e" or "w" && (busy || k < 2), busy), Stage((a, k) => a is "e" or "w" && k == 2),
            .. Arms.Select(arm => Stage((a, _) => a == arm)),
        ];
        IEnumerable<ConflictDescription> leftsYield =
            from a in Enumerable.Range(0, busy ? 4 : 0)
            from k in Enumerable.Range(0, 2)
            let left = $"{Arms[a]}2"
            select new ConflictDescription { A = left, B = $"{Arms[(a + 2) % 4]}{k}", Yields = left };
        return new IntersectionDescription
        {
            Id = $"j{j}", District = "d", X = j * 600, Y = 0, Movements = movements,
            Groups = [.. groups.Select(g => new SignalGroupDescription { Id = g })],
            Conflicts = [.. leftsYield],
            Stages = [.. stages.Select((s, n) => new StageDescription { Id = $"{n}", Aspects = s })],
        };
    }

    /// <summary>Queues and moving vehicles, some seven a lane; where it is busy exits are nearly full.</summary>
    public static void Drive(City city, TrafficState traffic, ulong seed, bool busy = false)
    {
        var random = new SeededRandom(seed);
        for (int l = 0; l < city.Lanes.Length; l++)
        {
            traffic.Lanes[l].Confidence = 1;
            bool approach = city.Lanes[l].Intersection >= 0;
            int queue = approach ? random.Next(7) : 0, moving = approach ? random.Next(8) : random.Next(2);
            if (busy && city.Lanes[l].BoxOf >= 0) queue = random.Next(3);
            else if (busy && !approach)
            {
                queue = 20 + random.Next(12);
                traffic.Lanes[l].OutflowPerS = 0.05f * random.Next(6);
            }
            traffic.Lanes[l].SightingCount = queue + moving;
            for (int k = 0; k < queue + moving; k++)
                traffic.Sightings[l * TrafficState.SightingsPerLane + k] = VehicleSighting.Of(
                    k < queue ? 1 + 7.5 * k : Math.Min(240, 60 + 18 * (k - queue)), k < queue ? 0 : 12, 5, VehicleClass.Car);
        }
    }
}
