using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>j0 and, 60 m behind it, j1. Of those who wait at j0, half want to go on to j1, as far as is known.</summary>
public class HeldUpTests
{
    private const long NowMs = 100_000;
    private static readonly PlannerSettings Settings = PlannerSettings.Default;

    private readonly City _city = CityBuilder.Build(CrossingCity.DescribeLinked(60));
    private readonly TrafficState _traffic;

    public HeldUpTests()
    {
        _traffic = new TrafficState(_city);
        Array.Fill(_traffic.Groups, new GroupState { CallSinceMs = -1 });
    }

    private void Queue(string lane, int vehicles) => _traffic.Put(_city, lane, Sighted.Queue(vehicles));

    private void See(long nowMs)
    {
        foreach (ref LaneState lane in _traffic.Lanes.AsSpan()) (lane.Confidence, lane.SeenMs) = (1, nowMs);
    }

    /// <summary>What a vehicle before j1 weighs beyond 1, so long after j0 planned.</summary>
    private float Extra(int secondsLater)
    {
        PlanUnit[] units = PlanUnit.Divide(_city, Settings);
        int[] unitOf = PlanUnit.Of(_city, units);
        JunctionModel[] junctions = [.. units.Select(u => new JunctionModel(_city, u))];
        JunctionMemory[] memories = [.. junctions.Select(j => new JunctionMemory(j, Settings.HorizonS))];
        ApproachReach[] reaches = [.. junctions.Select(j => new ApproachReach(_city, j, unitOf, Settings))];
        var flows = new FlowObserver(_city, Settings, junctions, reaches, memories);
        var builder = new SceneBuilder(_city, Settings, junctions, reaches, memories, flows, unitOf);
        var scene = new PlanScene(junctions.Max(j => j.Width), junctions.Max(j => j.Stages), Settings.HorizonS);
        long later = NowMs + 1000 * secondsLater;
        See(NowMs);
        builder.Build(0, _traffic, NowMs, scene);
        memories[0].PlanMs = NowMs;
        See(later);
        builder.Build(1, _traffic, later, scene);
        return scene.OldExtra[0];
    }

    [Theory]
    [InlineData(16, 0.5)]
    [InlineData(8, 0.25)]
    [InlineData(0, 0)]
    public void A_queue_that_fills_the_link_counts_for_those_whom_it_holds_up(int waiting, float extra)
    {
        Queue("w1", 8);
        Queue("w0", waiting);
        Assert.Equal(extra, Extra(0), 4);
    }

    [Fact]
    public void A_short_queue_that_holds_up_many_weighs_no_more_than_the_bound()
    {
        Queue("w1", 2);
        _city.TryLane("w1", out int link);
        _traffic.Sightings[link * TrafficState.SightingsPerLane + 1] = VehicleSighting.Of(52, 0, 5, VehicleClass.Car);
        Queue("w0", 26);
        Queue("n0", 26);
        Assert.Equal(Settings.MostHeldUpWeight, Extra(0));
    }

    [Fact]
    public void Nobody_is_held_up_while_there_is_room_nor_by_a_plan_that_is_over()
    {
        Queue("w0", 16);
        Queue("w1", 5);
        Assert.Equal(0, Extra(0));
        Queue("w1", 8);
        Assert.Equal((0.5f, 0f), (Extra(80), Extra(81)));
    }
}
