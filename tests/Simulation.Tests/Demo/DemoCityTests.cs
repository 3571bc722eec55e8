using CityBrain.Model;
using CityBrain.Simulation.Tests.Field;

namespace CityBrain.Simulation.Tests.Demo;

public class DemoCityTests
{
    private static readonly City City = DemoCity.Build();

    [Fact]
    public void It_has_the_size_it_promises()
    {
        Assert.True(City.Intersections.Length >= 64);
        Assert.All(City.Districts, d => Assert.Contains(City.Intersections, i => i.District == d.Index));
        Assert.Contains(City.Movements, m => m.Turn == Turn.Left);
        Assert.All(City.Intersections, i => Assert.Contains(i.Groups, g => g.Kind == GroupKind.Pedestrian));
    }

    [Fact]
    public void Three_to_five_bridges_cross_the_river()
    {
        IEnumerable<string?> bridges = City.Lanes
            .Where(l => l.Kind == LaneKind.Road && Side(l.Shape[0]) != Side(l.Shape[^1]))
            .Select(l => l.Street).Distinct();
        // The ring road crosses twice.
        Assert.InRange(bridges.Count() + 1, 3, 5);

        static bool Side(Point p) => p.Y > DemoCityRiver(p.X);
    }

    /// <summary>Middle of the river's outline at x.</summary>
    private static double DemoCityRiver(double x)
    {
        Point[] outline = DemoCity.Scenery().Shapes.First(s => s.Kind == SceneryKind.Water).Outline;
        var near = outline.OrderBy(p => Math.Abs(p.X - x)).Take(4).Select(p => p.Y).ToArray();
        return (near.Max() + near.Min()) / 2;
    }

    [Fact]
    public void The_same_seed_gives_the_same_file_and_other_seeds_are_cities_too()
    {
        Assert.Equal(CityJson.Write(DemoCity.Describe(3)), CityJson.Write(DemoCity.Describe(3)));
        Assert.NotEqual(CityJson.Write(DemoCity.Describe(3)), CityJson.Write(DemoCity.Describe(4)));
        for (ulong seed = 1; seed <= 4; seed++) Assert.True(DemoCity.Build(seed).Intersections.Length >= 64);
    }

    [Fact]
    public void Written_and_read_it_is_the_same_city()
    {
        byte[] file = CityJson.Write(City.Description);
        Assert.True(CityJson.TryRead(file, out CityDescription? read, out var errors), string.Join("; ", errors));
        Assert.Equal(file, CityJson.Write(read!));
    }

    [Fact]
    public void From_every_entry_every_exit_can_be_reached()
    {
        int[] roads = [.. City.Lanes.Where(l => l.Kind == LaneKind.Road).Select(l => l.Index)];
        int[] entries = [.. roads.Where(l => City.Lanes[l].Upstream.Length == 0)];
        int[] exits = [.. roads.Where(l => City.Lanes[l].Downstream.Length == 0)];
        Assert.True(entries.Length >= 20 && exits.Length >= 20);
        foreach (int entry in entries)
        {
            var seen = new HashSet<int> { entry };
            var open = new Queue<int>([entry]);
            while (open.TryDequeue(out int lane))
                foreach (int next in City.Lanes[lane].Downstream)
                    if (seen.Add(next)) open.Enqueue(next);
            // Nobody may turn round, so the exit beside the entry can lie out of reach.
            Assert.True(exits.Count(seen.Contains) >= exits.Length - 2);
        }
    }

    [Fact]
    public void Every_programme_is_safe_and_serves_every_group()
    {
        foreach (Intersection x in City.Intersections)
        {
            var controller = new FieldController(City, x.Index, new FieldOptions());
            var history = new History(City, x.Index);
            int cycle = (int)(x.Programme!.Cycle.Value / 1000);
            for (int s = 0; s < 2 * cycle; s++) history.Add(controller.Step(s * 1000L));
            Assert.Empty(history.Faults());
            foreach (SignalGroup g in x.Groups)
                Assert.Contains(Enumerable.Range(0, cycle), s => history[s][g.Index].IsGreen());
        }
    }

    [Fact]
    public void Every_lane_is_as_long_as_it_is_drawn_and_lanes_join()
    {
        foreach (Lane lane in City.Lanes)
        {
            double drawn = 0;
            for (int i = 1; i < lane.Shape.Length; i++) drawn += lane.Shape[i - 1].DistanceTo(lane.Shape[i]);
            Assert.InRange(lane.Length.Value, drawn - 0.5, Math.Max(4, drawn) + 0.5);
            if (lane.Kind != LaneKind.Box) continue;
            Assert.True(City.Lanes[lane.Upstream[0]].Shape[^1].DistanceTo(lane.Shape[0]) < 0.1);
            Assert.True(City.Lanes[lane.Downstream[0]].Shape[0].DistanceTo(lane.Shape[^1]) < 0.1);
        }
    }

    [Fact]
    public void Every_stop_line_has_a_camera_and_a_loop_and_every_crossing_a_button()
    {
        foreach (Intersection x in City.Intersections)
        {
            Detector[] here = [.. City.Detectors.Where(d => d.Intersection == x.Index)];
            foreach (int lane in x.StopLineLanes)
            {
                Assert.Contains(here, d => d.Kind == DetectorKind.Camera && d.Lane == lane && d.Reach.Value <= 200);
                Assert.Contains(here, d => d.Kind == DetectorKind.Loop && d.Lane == lane);
            }
            Assert.All(x.Groups.Where(g => g.Kind == GroupKind.Pedestrian),
                g => Assert.Contains(here, d => d.Kind == DetectorKind.Button && d.Group == g.Index));
        }
    }
}
