using CityBrain.Model;

namespace CityBrain.Engine.Tests;

/// <summary>A small street in which vehicles queue, leave at a known headway and turn in known shares.</summary>
public class EstimateTests
{
    private const double Cycle = 60, Green = 40, Reaction = 2.0, Headway = 2.2, SpacingM = 7.5;

    /// <summary>
    /// A queue at red that leaves with the given headway; the k-th vehicle crosses the line at green + reaction + k
    /// headways, driving 8 m/s when it does. Every fourth turns right. The reaction varies from cycle to cycle by up to
    /// a second, so that pictures once a second do not always catch the same vehicles.
    /// </summary>
    private static EngineDriver Street(int cycles, int queue, string greenAspects = "Grr", double headway = Headway)
    {
        var d = new EngineDriver(city: CityBuilder.Build(CityBrain.Testing.CrossingCity.Describe(loops: false)));
        for (int t = 1; t < cycles * Cycle; t++)
        {
            double into = t % Cycle, sinceGreen = into - (Cycle - Green);
            d.Signals(t, sinceGreen >= 0 ? greenAspects : "rGr");
            var lane = new List<(double, double)>();
            List<(double, double)> straight = [], right = [];
            for (int k = 0; k < queue; k++)
            {
                double rest = SpacingM * k + 1, crossing = ReactionIn(t / (int)Cycle) + headway * (k + 1);
                // A vehicle starts so that it reaches 8 m/s and the line at its time.
                double toGo = Math.Min(rest, Math.Max(0, (crossing - sinceGreen) * 8));
                if (toGo > 0) lane.Add((toGo, toGo < rest ? 8 : 0));
                else if (sinceGreen - crossing is var past && past * 8 < 14)
                    (k % 4 == 3 ? right : straight).Add((14 - past * 8, 8));
            }
            d.Camera(t, "c-w0", [.. lane]).Camera(t, "c-w-e0", [.. straight]).Camera(t, "c-w-s0", [.. right]).Tick(t);
        }
        return d;
    }

    private static double ReactionIn(int cycle) => Reaction + cycle * 0.37 % 1 - 0.5;

    [Fact]
    public void Saturation_headway_is_learned_from_queues()
    {
        LaneState lane = Street(60, 14).Lane("w0");
        Assert.Equal(Headway, lane.SaturationHeadwayS, 0.1);
        Assert.True(lane.SaturationConfidence > 0.9);
        Assert.Equal(Reaction, lane.StartUpLossS, 0.5);
    }

    [Fact]
    public void Short_queues_teach_nothing()
    {
        LaneState lane = Street(20, 4).Lane("w0");
        Assert.Equal((1.8f, 0f), (lane.SaturationHeadwayS, lane.SaturationConfidence));
    }

    [Fact]
    public void Turning_shares_come_from_the_box()
    {
        var d = Street(30, 12);
        MovementState[] m = [.. d.City.Lanes[d.LaneIndex("w0")].Movements.Select(i => d.State.Movements[i])];
        Assert.Equal(0.75, m[0].TurnShare, 0.04);
        Assert.Equal(0.25, m[1].TurnShare, 0.04);
        Assert.True(m[0].ShareConfidence > 0.85);
        Assert.Equal(0.5f, d.State.Movements[d.City.Lanes[d.LaneIndex("n0")].Movements[0]].TurnShare);
    }

    [Fact]
    public void Permissive_headway_is_seconds_of_waiting_green_a_vehicle()
    {
        var d = new EngineDriver();
        for (int t = 1; t < 400; t++)
        {
            d.Signals(t, "grr");
            // one goes every five seconds, the others move up
            if (t % 5 < 3) d.Camera(t, "c-w0", (1, 0), (8.5, 0), (16, 0));
            else if (t % 5 == 3) d.Camera(t, "c-w0", (1, 5), (8.5, 2), (16, 1));
            else d.Camera(t, "c-w0", (4.5, 4), (12.5, 4), (20, 4));
            d.Tick(t);
        }
        foreach (int m in d.City.Lanes[d.LaneIndex("w0")].Movements)
            Assert.Equal(5, d.State.Movements[m].PermissiveHeadwayS, 0.2);
        Assert.Equal(0, d.Lane("w0").SaturationConfidence);
    }

    [Fact]
    public void Outflow_and_flow_follow_the_departures()
    {
        var d = Street(30, 12);
        Assert.Equal(12 * 3600 / Cycle, d.Lane("w0").FlowVph, 180.0);
        Assert.InRange(d.Lane("w0").OutflowPerS, 0.0f, 0.5f);
    }

    [Fact]
    public void Free_speed_is_that_of_vehicles_with_a_clear_road()
    {
        var d = new EngineDriver();
        for (int t = 1; t < 1500; t++) d.Camera(t, "c-e0", (150 - t % 8 * 11, 11), (158 - t % 8 * 11, 9)).Tick(t);
        Assert.Equal(11, d.Lane("e0").FreeSpeedMps, 0.2);
    }
}
