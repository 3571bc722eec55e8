using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Predictive;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>
/// The policy and the SafetyGate at j1, before which a queue that never ends stands on the link from j0, w1,
/// and another on an entry, n1. On their greens both move.
/// </summary>
public class FullAreaTests
{
    private const int Seconds = 1_800;

    private sealed record Outcome(int EntryGreenS, long LongestRedMs, int Faults, float Held, ulong Digest);

    private static Outcome Run(City city)
    {
        var rig = new GateRig(city, intersection: 1);
        var policy = new PredictivePolicy(city);
        long redSinceMs = rig.NowMs, longestMs = 0;
        int greenS = 0;
        var reason = default(DecisionReason);
        for (int t = 0; t < Seconds; t++)
        {
            foreach (ref LaneState lane in rig.Traffic.Lanes.AsSpan())
                (lane.Confidence, lane.SeenMs) = (1, rig.NowMs);
            rig.Traffic.Put(city, "w1", Sighted.Queue(6, rig.Heads[0].IsGreen() ? 5 : 0));
            rig.Traffic.Put(city, "n1", Sighted.Queue(9, rig.Heads[1].IsGreen() ? 5 : 0));
            Call(rig, 0);
            Call(rig, 1);
            if (rig.Heads[1].IsGreen()) (greenS, redSinceMs) = (greenS + 1, rig.NowMs + rig.TickMs);
            longestMs = Math.Max(longestMs, rig.NowMs - redSinceMs);
            reason = default;
            rig.Tick(policy.Choose(new IntersectionView
            {
                City = city, Intersection = rig.At,
                Traffic = rig.Traffic, Signal = rig.Status, NowMs = rig.NowMs,
            }, ref reason));
        }
        Digest digest = default;
        policy.AddTo(ref digest);
        return new Outcome(greenS, longestMs, rig.Audit.Faults.Count, reason.EntryHeld, digest.Value);
    }

    private static void Call(GateRig rig, int group)
    {
        long since = rig.Traffic.Group(rig.At.Index, group).CallSinceMs;
        rig.Call(group, rig.Heads[group].IsGreen() ? -1 : since >= 0 ? since : rig.NowMs);
    }

    [Fact]
    public void The_entry_of_a_full_area_gets_less_green_but_never_waits_beyond_its_bound()
    {
        City linked = CityBuilder.Build(CrossingCity.DescribeLinked(60));
        Outcome gated = Run(linked), free = Run(CrossingCity.Build(2));
        Assert.Equal((PerimeterRegulator.Most, 0f), (gated.Held, free.Held));
        Assert.True(
            gated.EntryGreenS < 0.7 * free.EntryGreenS, $"{gated.EntryGreenS} s for {free.EntryGreenS} s");
        Assert.InRange(gated.LongestRedMs, 1, linked.Intersections[1].Limits.MaxWait.Value);
        Assert.Equal((0, 0), (gated.Faults, free.Faults));
        Assert.Equal(gated.Digest, Run(linked).Digest);
    }
}
