using CityBrain.Model;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>Left turns that wait in the box for a gap, at a crossroads whose stage A lets them give way.</summary>
public class BoxQueueTests
{
    private readonly City _city = Junctions.Crossroads();

    /// <summary>Seconds until stage A is left, with a platoon from the south that needs it and others waiting in the west.</summary>
    private int LeavesAfterS(int inBox)
    {
        var rig = new GateRig(_city);
        ISignalPolicy policy = Policies.Create("predictive", _city, PolicyOptions.Default);
        for (int k = 0; k < 60; k++)
        {
            foreach (ref LaneState lane in rig.Traffic.Lanes.AsSpan()) (lane.SeenMs, lane.Confidence) = (rig.NowMs, 1);
            rig.Traffic.Put(_city, "inS", (10, 13.9), (30, 13.9), (50, 13.9), (70, 13.9), (90, 13.9));
            rig.Traffic.Put(_city, "inW", Sighted.Queue(3));
            rig.Traffic.Put(_city, "boxl", Sighted.Queue(inBox, fromM: 3));
            var reason = default(DecisionReason);
            int wanted = policy.Choose(new IntersectionView
            {
                City = _city, Intersection = rig.At, Traffic = rig.Traffic, Signal = rig.Status, NowMs = rig.NowMs,
            }, ref reason);
            if (wanted != 0) return k;
            rig.Tick(0);
        }
        return 60;
    }

    [Fact]
    public void Those_who_wait_in_the_box_end_a_green_sooner()
    {
        Assert.Equal(60, LeavesAfterS(0));
        Assert.InRange(LeavesAfterS(3), 5, 45);
    }
}
