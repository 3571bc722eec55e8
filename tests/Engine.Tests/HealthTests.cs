using CityBrain.Model;

namespace CityBrain.Engine.Tests;

public class HealthTests
{
    private static EngineDriver Run(int seconds, Action<EngineDriver, int> each)
    {
        var d = new EngineDriver();
        for (int t = 1; t <= seconds; t++)
        {
            d.Camera(t, "c-w0");
            each(d, t);
            d.Tick(t);
        }
        return d;
    }

    private static DetectorState Loop(EngineDriver d) => d.State.Detectors[d.Detector("l-w0")];

    [Fact]
    public void A_healthy_loop_is_trusted()
    {
        var d = Run(400, (d, t) => d.Loop(t, "l-w0", t % 3 == 0 ? 1 : 0, 0.2f, 10));
        Assert.Equal((DetectorFault.None, 1f), (Loop(d).Fault, Loop(d).Confidence));
    }

    [Fact]
    public void Always_occupied_and_never_counting_is_stuck_on()
    {
        var d = Run(260, (d, t) => d.Loop(t, "l-w0", 0, 1, float.NaN));
        Assert.Equal((DetectorFault.StuckOn, 0f), (Loop(d).Fault, Loop(d).Confidence));
    }

    [Theory]
    [InlineData(1, 0, DetectorFault.None)] // stands over the loop, 2 m before the line
    [InlineData(30, 0, DetectorFault.StuckOn)] // stands further back
    [InlineData(1, 8, DetectorFault.StuckOn)] // does not stand
    public void A_loop_under_a_vehicle_that_a_camera_sees_stand_is_not_stuck(double atM, double speedMps, DetectorFault fault)
    {
        var d = new EngineDriver();
        for (int t = 1; t <= 400; t++)
            d.Camera(t, "c-w0", (atM, speedMps)).Loop(t, "l-w0", 0, 1, float.NaN).Tick(t);
        Assert.Equal(fault, Loop(d).Fault);
    }

    [Fact]
    public void A_loop_before_a_long_red_is_not_stuck_and_one_that_stays_occupied_through_greens_is()
    {
        EngineDriver Signalled(Func<int, bool> green) => Run(400, (d, t) =>
        {
            int groups = d.City.Intersections[0].Groups.Length;
            d.Signals(t, new string(green(t) ? 'G' : 'r', groups));
            d.Loop(t, "l-w0", 0, 1, float.NaN);
        });
        Assert.Equal(DetectorFault.None, Loop(Signalled(_ => false)).Fault);
        Assert.Equal(DetectorFault.StuckOn, Loop(Signalled(t => t % 60 < 20)).Fault);
    }

    [Fact]
    public void A_busy_loop_that_never_counts_again_is_stuck_off()
    {
        var d = Run(2000, (d, t) => d.Loop(t, "l-w0", t < 100 ? 1 : 0, t < 100 ? 0.1f : 0, 10));
        Assert.Equal(DetectorFault.StuckOff, Loop(d).Fault);
        Assert.Equal(0.25f, Loop(d).Confidence);
    }

    [Fact]
    public void More_vehicles_than_can_pass_is_chatter()
    {
        var d = Run(140, (d, t) => d.Loop(t, "l-w0", 3, 0.5f, 10));
        Assert.Equal(DetectorFault.Chatter, Loop(d).Fault);
    }

    [Fact]
    public void No_word_for_half_a_minute_is_silence_and_a_word_ends_it()
    {
        var d = Run(60, (d, t) => { if (t < 20) d.Loop(t, "l-w0", 1, 0.1f, 10); });
        Assert.Equal((DetectorFault.Silent, 0f), (Loop(d).Fault, Loop(d).Confidence));
        d.Loop(61, "l-w0", 1, 0.1f, 10).Tick(61);
        Assert.Equal(DetectorFault.None, Loop(d).Fault);
    }

    [Fact]
    public void Silence_is_seen_when_readings_come_in_batches()
    {
        var d = Run(60, (d, t) =>
        {
            if (t < 20) d.Engine.Accept([new LoopReading(t * 1000, d.Detector("l-w0"), 1, 0.1f, 10)]);
        });
        Assert.Equal(DetectorFault.Silent, Loop(d).Fault);
        Assert.InRange(Loop(d).SeenMs, 18_700, 19_000);
    }

    [Fact]
    public void Impossible_readings_show_and_are_forgotten()
    {
        var d = Run(10, (d, t) => d.Loop(t, "l-w0", -1, 0, 0));
        Assert.Equal(DetectorFault.Impossible, Loop(d).Fault);
        for (int t = 11; t < 900; t++) d.Loop(t, "l-w0", 1, 0.1f, 10).Tick(t);
        Assert.Equal(DetectorFault.None, Loop(d).Fault);
    }

    [Fact]
    public void A_lane_is_as_sure_as_its_best_sensor()
    {
        var d = Run(60, (_, _) => { });
        Assert.Equal(1, d.Lane("w0").Confidence); // its camera works, its loop is silent
        Assert.Equal(0, d.Lane("n0").Confidence); // both are silent
    }
}
