using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>Two lanes side by side, a footway beside them, and where those who are seen on them leave.</summary>
public class LaneChangesTests
{
    private readonly City _city;
    private readonly TrafficState _traffic;
    private readonly LaneChanges _changes;
    private readonly int _a, _b, _foot;

    public LaneChangesTests()
    {
        City one = Junctions.Of(["Gr", "rG"]);
        _city = CityBuilder.Build(one.Description with
        {
            Lanes =
            [
                .. one.Description.Lanes.Select(l => l.Id.StartsWith("in", StringComparison.Ordinal) ? l with { Road = "in" } : l),
                new LaneDescription { Id = "foot", LengthM = 200, SpeedMps = 1.4, Road = "in", Allows = ["pedestrian"] },
            ],
        });
        _traffic = new TrafficState(_city);
        _changes = new LaneChanges(_city);
        Assert.True(_city.TryLane("ing0", out _a) && _city.TryLane("ing1", out _b) && _city.TryLane("foot", out _foot));
    }

    private void Watch(params int[] lanes)
    {
        for (int n = 0; n < 500; n++)
            foreach (int lane in lanes) _changes.Observe(lane, _traffic, true, 0.01f);
    }

    [Fact]
    public void Nothing_known_is_nobody_changes()
    {
        Assert.Equal((1f, 0f), (_changes.LeavesBy(_a, _a, 110), _changes.LeavesBy(_a, _b, 110)));
    }

    [Fact]
    public void What_one_lane_loses_on_the_way_the_other_wins()
    {
        _traffic.Put(_a, (110, 10));
        _traffic.Put(_b, (10, 10));
        Watch(_a, _b);
        Assert.InRange(_changes.LeavesBy(_a, _a, 110), 0, 0.03);
        Assert.InRange(_changes.LeavesBy(_a, _b, 110), 0.97, 1);
        Assert.Equal((1f, 0f), (_changes.LeavesBy(_a, _a, 10), _changes.LeavesBy(_a, _b, 10)));
        Assert.Equal((1f, 0f), (_changes.LeavesBy(_b, _b, 110), _changes.LeavesBy(_b, _a, 110)));
    }

    /// <summary>Half of the flow is lost, or all of it, of which the other lane wins a quarter.</summary>
    [Theory]
    [InlineData(5, 5, 0.5), InlineData(0, 2.5, 0.25)]
    public void As_many_change_as_one_lane_loses_and_the_other_wins(double left, double won, double change)
    {
        _traffic.Put(_a, (10, left), (110, 10));
        _traffic.Put(_b, (10, won));
        Watch(_a, _b);
        Assert.Equal(1 - change, _changes.LeavesBy(_a, _a, 110), 0.02);
        Assert.Equal(change, _changes.LeavesBy(_a, _b, 110), 0.02);
    }

    [Fact]
    public void A_few_vehicles_say_little()
    {
        _traffic.Put(_a, (110, 10));
        _traffic.Put(_b, (10, 10));
        foreach (int lane in new[] { _a, _b }) _changes.Observe(lane, _traffic, true, 1f / 300);
        Assert.InRange(_changes.LeavesBy(_a, _b, 110), 0, 0.15);
    }

    [Fact]
    public void What_a_silent_camera_showed_last_is_forgotten()
    {
        _traffic.Put(_a, (110, 10));
        _traffic.Put(_b, (10, 10));
        Watch(_a, _b);
        for (int n = 0; n < 1000; n++)
            foreach (int lane in new[] { _a, _b }) _changes.Observe(lane, _traffic, false, 0.01f);
        Assert.InRange(_changes.LeavesBy(_a, _a, 110), 0.99, 1);
    }

    [Fact]
    public void Nobody_changes_to_where_people_walk()
    {
        _traffic.Put(_a, (110, 10));
        _traffic.Put(_foot, (10, 1.4));
        Watch(_a, _foot);
        Assert.Equal((1f, 0f), (_changes.LeavesBy(_a, _a, 110), _changes.LeavesBy(_a, _foot, 110)));
    }

    [Fact]
    public void What_was_learned_is_in_the_digest()
    {
        Digest before = default, after = default;
        _changes.AddTo(ref before);
        _traffic.Put(_a, (110, 10));
        Watch(_a);
        _changes.AddTo(ref after);
        Assert.NotEqual(before.Value, after.Value);
    }

    /// <summary>Both lanes have a stage of their own; a platoon is on the one that is green, in so many seconds it is left.</summary>
    private int LeavesAfterS(bool theyChange)
    {
        var rig = new GateRig(_city);
        ISignalPolicy policy = Policies.Create("predictive", _city, PolicyOptions.Default);
        for (int k = -300; k < 40; k++)
        {
            foreach (ref LaneState lane in rig.Traffic.Lanes.AsSpan()) (lane.SeenMs, lane.Confidence) = (rig.NowMs, 1);
            (double, double)[] platoon = [(70, 12), (90, 12), (110, 12), (130, 12)];
            rig.Traffic.Put(_a, k < 0 ? [(110, 10)] : platoon);
            rig.Traffic.Put(theyChange ? _b : _foot, k < 0 ? [(10, 10)] : []);
            var reason = default(DecisionReason);
            int wanted = policy.Choose(new IntersectionView
            {
                City = _city, Intersection = rig.At, Traffic = rig.Traffic, Signal = rig.Status, NowMs = rig.NowMs,
            }, ref reason);
            if (k >= 0 && wanted != 0) return k;
            rig.Tick(0);
        }
        return 40;
    }

    [Fact]
    public void A_platoon_gets_the_green_of_the_lane_that_it_will_change_to()
    {
        Assert.Equal(40, LeavesAfterS(false));
        Assert.InRange(LeavesAfterS(true), 0, 10);
    }
}
