using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Engine.Tests;

public class CallTests
{
    private static EngineDriver Quiet()
    {
        var d = new EngineDriver();
        d.Signals(0.1, "Grr");
        foreach (string lane in (string[])["w", "n"]) d.Camera(0.5, $"c-{lane}0");
        return d.Tick(1);
    }

    [Fact]
    public void Nobody_there_nobody_calls()
    {
        var d = Quiet();
        Assert.All(d.State.Groups, g => Assert.Equal(-1, g.CallSinceMs));
    }

    [Fact]
    public void A_vehicle_at_a_red_stop_line_calls_since_it_was_seen()
    {
        var d = Quiet().Camera(1.5, "c-n0", (10, 8)).Camera(2, "c-n0", (6, 8)).Tick(2).Camera(3, "c-n0", (1, 0)).Tick(3);
        Assert.Equal(2000, d.Group("N").CallSinceMs);
        Assert.Equal(-1, d.Group("W").CallSinceMs);
    }

    [Fact]
    public void A_vehicle_at_a_green_stop_line_does_not_call() =>
        Assert.Equal(-1, Quiet().Camera(1.5, "c-w0", (10, 8)).Camera(2, "c-w0", (6, 8)).Tick(2).Group("W").CallSinceMs);

    [Fact]
    public void A_vehicle_far_off_does_not_call_unless_it_stands()
    {
        Assert.Equal(-1, Quiet().Camera(1.5, "c-n0", (94, 12)).Camera(2, "c-n0", (90, 12)).Tick(2).Group("N").CallSinceMs);
        Assert.Equal(2000, Quiet().Camera(1.5, "c-n0", (94, 4)).Camera(2, "c-n0", (90, 0)).Tick(2).Group("N").CallSinceMs);
    }

    [Fact]
    public void A_covered_stop_line_loop_calls_without_a_camera_and_stops_when_it_is_free()
    {
        EngineDriver d = Quiet();
        for (int t = 2; t <= 12; t++)
        {
            d.Loop(t, "l-n0", t == 3 ? 1 : 0, t >= 3 && t < 10 ? 1 : 0, 5).Loop(t, "l-w0", 0, 0.3f, 5).Tick(t);
            Assert.Equal(t is >= 5 and < 10 ? 5000 : -1, d.Group("N").CallSinceMs);
            Assert.Equal(t is >= 3 and < 10 ? 3000 : 0, d.Lane("n0").CoveredSinceMs);
        }
        Assert.Equal(9000, d.Lane("n0").CoveredMs);
        Assert.Equal(12_000, d.Lane("w0").CoveredMs);
        Assert.Equal(0, d.Lane("w0").CoveredSinceMs);
    }

    [Fact]
    public void Green_clears_a_call_and_it_begins_anew_after_green()
    {
        var d = Quiet().Camera(1.5, "c-n0", (5, 4)).Camera(2, "c-n0", (1, 0)).Tick(2).Signals(4, "rGr").Tick(4);
        Assert.Equal(-1, d.Group("N").CallSinceMs);
        Assert.Equal(4000, d.Group("N").ReportedSinceMs);
        d.Signals(9, "ryr").Tick(9);
        Assert.Equal(9000, d.Group("N").CallSinceMs);
    }

    [Fact]
    public void A_vehicle_that_left_no_longer_calls() =>
        Assert.Equal(-1, Quiet().Camera(1.5, "c-n0", (5, 4)).Camera(2, "c-n0", (1, 0)).Tick(2).Camera(3, "c-n0").Tick(3).Group("N").CallSinceMs);

    [Fact]
    public void A_button_is_remembered_until_green()
    {
        var d = Quiet().Button(2.3, "b0").Tick(3).Button(5, "b0").Tick(20);
        Assert.Equal(2300, d.Group("P").CallSinceMs);
        d.Signals(21, "rGG").Button(22, "b0").Tick(22).Signals(30, "rGr").Tick(30);
        Assert.Equal(-1, d.Group("P").CallSinceMs);
    }

    [Fact]
    public void A_lane_whose_sensors_went_silent_is_on_recall()
    {
        var d = Quiet();
        d.Tick(29);
        Assert.Equal(-1, d.Group("N").CallSinceMs);
        d.Tick(40);
        Assert.Equal(40_000, d.Group("N").CallSinceMs);
    }

    [Fact]
    public void A_vehicle_that_stands_before_a_stop_line_lane_shorter_than_itself_calls()
    {
        CityDescription city = CrossingCity.Describe();
        City cut = CityBuilder.Build(city with
        {
            Lanes =
            [
                .. city.Lanes.Select(l => l.Id == "n0" ? l with { LengthM = 0.9, Upstream = ["up"] } : l),
                new LaneDescription { Id = "up", LengthM = 200, SpeedMps = 13.9 },
            ],
            Detectors =
            [
                .. city.Detectors.Select(d => d.Id == "c-n0" ? d with { ReachM = 0.9 } : d),
                new DetectorDescription
                {
                    Id = "c-up", Kind = DetectorKind.Camera, Intersection = "j0", Lane = "up", ReachM = 199,
                },
            ],
        });
        var d = new EngineDriver(city: cut);
        d.Signals(0.1, "Grr").Camera(0.5, "c-n0").Camera(0.5, "c-w0").Tick(1);
        d.Camera(2, "c-n0").Camera(2, "c-up", (3, 0)).Tick(2);
        Assert.Equal(2000, d.Group("N").CallSinceMs);
    }
}
