using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>A road that forks before the stop line: one way leads to it, the other away, where cameras may look or not.</summary>
public class ApproachDemandTests
{
    private static readonly PlannerSettings Settings = PlannerSettings.Default;

    /// <summary>
    /// Vehicles expected at the stop line for one on the road before the fork, after all went one way there: where the cameras
    /// look, and whether they show the way that leads off used.
    /// </summary>
    private static float Expected(string[] seen, bool awayIsUsed)
    {
        CityDescription one = Junctions.Of(["Gr", "rG"]).Description;
        City city = CityBuilder.Build(one with
        {
            Lanes =
            [
                .. one.Lanes.Select(l => l.Id == "ing0" ? l with { LengthM = 50, Upstream = ["up"] } : l),
                new LaneDescription { Id = "up", LengthM = 100, SpeedMps = 10 },
                new LaneDescription { Id = "away", LengthM = 100, SpeedMps = 10, Upstream = ["up"] },
            ],
            Detectors = [.. seen.Select(l => new DetectorDescription
                { Id = "c" + l, Kind = DetectorKind.Camera, Intersection = "X", Lane = l, ReachM = 50 })],
        });
        PlanUnit[] units = PlanUnit.Divide(city, Settings);
        int[] unitOf = PlanUnit.Of(city, units);
        JunctionModel[] junctions = [.. units.Select(u => new JunctionModel(city, u))];
        ApproachReach[] reaches = [.. junctions.Select(j => new ApproachReach(city, j, unitOf, Settings))];
        JunctionMemory[] memories = [.. junctions.Select(j => new JunctionMemory(j, Settings.HorizonS))];
        var flows = new FlowObserver(city, Settings, junctions, reaches, memories);
        var rig = new GateRig(city);
        rig.Traffic.Put(city, "up", (50, 10));
        if (awayIsUsed) rig.Traffic.Put(city, "away", (50, 10));
        for (int k = 0; k < 300; k++)
        {
            foreach (ref LaneState lane in rig.Traffic.Lanes.AsSpan()) (lane.SeenMs, lane.Confidence) = (rig.NowMs, 1);
            flows.Observe(0, rig.Traffic, rig.Status, rig.NowMs);
            rig.Tick(0);
        }
        var scene = new PlanScene(junctions[0].Width, junctions[0].Stages, Settings.HorizonS);
        scene.Begin(junctions[0].Width, junctions[0].Stages);
        new ApproachDemand(city, Settings, junctions, reaches, memories, flows).Build(0, 0, rig.Traffic, rig.NowMs, scene);
        float sum = 0;
        for (int t = 0; t <= 20; t++) sum += scene.Arrivals[t * scene.Width];
        return sum;
    }

    [Fact]
    public void Who_turns_off_before_the_stop_line_is_not_expected_there()
    {
        Assert.InRange(Expected(["up", "ing0", "away"], true), 0.001f, 0.05f);
        Assert.InRange(Expected(["up", "ing0"], false), 0.001f, 0.05f);
    }

    [Fact]
    public void A_way_that_no_camera_shows_takes_what_the_others_leave()
    {
        Assert.InRange(Expected(["up", "away"], false), 0.95f, 1f);
        Assert.InRange(Expected(["up", "away"], true), 0.001f, 0.1f);
        Assert.Equal(0.5, Expected(["up"], false), 0.01);
    }
}
