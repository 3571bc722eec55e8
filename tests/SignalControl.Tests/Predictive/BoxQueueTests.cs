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
            Put(rig, "inS", 13.9, [.. Enumerable.Range(0, 5).Select(n => 10.0 + 20 * n)]);
            Put(rig, "inW", 0, 1, 8.5, 16);
            Put(rig, "boxl", 0, [.. Enumerable.Range(0, inBox).Select(n => 3.0 + 7 * n)]);
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

    private void Put(GateRig rig, string id, double speedMps, params double[] atM)
    {
        Assert.True(_city.TryLane(id, out int lane));
        rig.Traffic.Lanes[lane].SightingCount = atM.Length;
        for (int i = 0; i < atM.Length; i++)
            rig.Traffic.Sightings[lane * TrafficState.SightingsPerLane + i] =
                VehicleSighting.Of(atM[i], speedMps, 4.5, VehicleClass.Car);
    }

    [Fact]
    public void Those_who_wait_in_the_box_end_a_green_sooner()
    {
        Assert.Equal(60, LeavesAfterS(0));
        Assert.InRange(LeavesAfterS(3), 5, 45);
    }
}
