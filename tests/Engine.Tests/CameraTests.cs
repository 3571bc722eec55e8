using CityBrain.Model;

namespace CityBrain.Engine.Tests;

public class CameraTests
{
    [Fact]
    public void A_picture_becomes_the_lane_nearest_vehicle_first()
    {
        var d = new EngineDriver().Camera(1, "c-w0", (40, 9), (2, 0), (8.5, 0));
        Assert.Equal([2, 8.5, 40], d.State.SightingsOf(d.LaneIndex("w0")).ToArray().Select(s => (double)s.DistanceM),
            (a, b) => Math.Abs(a - b) < 0.01);
        Assert.Equal(3, d.Lane("w0").Vehicles);
        Assert.Equal(2, d.Lane("w0").Stopped);
        Assert.Equal(1000, d.Lane("w0").SeenMs);
        Assert.Equal(13.5, d.Lane("w0").QueueTailM, 0.01);
    }

    [Fact]
    public void The_next_picture_replaces_it()
    {
        var d = new EngineDriver().Camera(1, "c-w0", (2, 0), (8.5, 0)).Camera(2, "c-w0");
        Assert.Equal(0, d.Lane("w0").SightingCount);
        Assert.Equal(0, d.Lane("w0").QueueTailM);
    }

    [Fact]
    public void The_tail_follows_slow_vehicles_and_ends_at_a_gap()
    {
        // stopped at 20, rolling at 27 and 34, then 30 m of free road, then another stopped one
        var d = new EngineDriver().Camera(1, "c-w0", (20, 0), (27, 1), (34, 1.2), (69, 0));
        Assert.Equal(39, d.Lane("w0").QueueTailM, 0.01);
    }

    [Fact]
    public void Moving_vehicles_are_no_queue() =>
        Assert.Equal(0, new EngineDriver().Camera(1, "c-w0", (2, 5), (9, 5)).Lane("w0").QueueTailM);

    [Fact]
    public void A_crowded_lane_keeps_the_nearest_and_counts_the_rest()
    {
        var d = new EngineDriver();
        var many = Enumerable.Range(0, 70).Reverse().Select(i => (i * 2.0, 0.0)).ToArray();
        d.Camera(1, "c-w0", many);
        Assert.Equal(64, d.Lane("w0").SightingCount);
        Assert.Equal(126, d.State.SightingsOf(d.LaneIndex("w0"))[63].DistanceM, 0.01);
        Assert.Equal(6, d.Engine.Counters.SightingsDropped);
    }

    [Fact]
    public void Two_zones_of_one_lane_are_one_row()
    {
        var description = CityBrain.Testing.CrossingCity.Describe(loops: false);
        var far = description.Detectors.First(x => x.Id == "c-w0") with { Id = "far", AtM = 100, ReachM = 100 };
        var near = description.Detectors.First(x => x.Id == "c-w0") with { ReachM = 99.99 };
        var d = new EngineDriver(city: CityBuilder.Build(description with
        {
            Detectors = [near, far, .. description.Detectors.Where(x => x.Id != "c-w0")],
        }));
        d.Camera(1, "far", (150, 0), (120, 10)).Camera(1, "c-w0", (3, 0)).Camera(2, "c-w0", (3, 0), (95, 9));
        Assert.Equal(4, d.Lane("w0").SightingCount);
        Assert.Equal(4, d.Lane("w0").Vehicles);
        Assert.Equal(2, d.Lane("w0").Stopped);
        d.Camera(3, "far");
        Assert.Equal(2, d.Lane("w0").SightingCount);
    }

    [Fact]
    public void Bad_pictures_have_their_fates()
    {
        var d = new EngineDriver().Tick(10).Camera(10, "c-w0", 7, (5, 0));
        d.Camera(10, "c-w0", 7, (5, 0));
        Assert.Equal(1, d.Engine.Counters.Duplicate);
        d.Camera(9, "c-w0", 6, (50, 0));
        Assert.Equal(1, d.Engine.Counters.TooLate);
        Assert.Equal(5, d.State.SightingsOf(d.LaneIndex("w0"))[0].DistanceM, 0.01);
        d.Camera(500, "c-w0", 8, (50, 0));
        Assert.Equal(1, d.Engine.Counters.Impossible);
        d.Engine.Accept(new CityEvent(10_000, 10_000, EventKind.Camera, 0, 0, 0, 0, 0, 0), default);
        Assert.Equal(1, d.Engine.Counters.Unknown);
        EngineCounters c = d.Engine.Counters;
        Assert.Equal(c.Received, c.Accepted + c.TooLate + c.Duplicate + c.Impossible + c.Unknown);
    }
}
