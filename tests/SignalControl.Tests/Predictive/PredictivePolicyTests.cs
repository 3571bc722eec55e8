using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

public class PredictivePolicyTests
{
    private readonly City _city = CrossingCity.Build(2);
    private readonly TrafficState _traffic;
    private readonly ISignalPolicy _policy;
    private long _nowMs = 100_000;

    public PredictivePolicyTests()
    {
        _traffic = new TrafficState(_city);
        _policy = Policies.Create("predictive", _city, PolicyOptions.Default);
        Array.Fill(_traffic.Groups, new GroupState { CallSinceMs = -1 });
        for (int l = 0; l < _city.Lanes.Length; l++) _traffic.Lanes[l].Confidence = 1;
    }

    private void Put(string lane, params (double M, double Mps)[] vehicles) => _traffic.Put(_city, lane, vehicles);

    private static (double, double)[] Queue(int n, double from = 1) => Sighted.Queue(n, fromM: from);

    private int Ask(int stage, long ageMs, out DecisionReason reason, string? silent = null)
    {
        _nowMs += 1000;
        _traffic.NowMs = _nowMs;
        for (int l = 0; l < _city.Lanes.Length; l++)
            if (_city.Lanes[l].Id != silent) _traffic.Lanes[l].SeenMs = _nowMs;
        reason = default;
        var view = new IntersectionView
        {
            City = _city, Intersection = _city.Intersections[0], Traffic = _traffic, NowMs = _nowMs,
            Signal = new SignalStatus
            {
                Stage = stage, StageSinceMs = _nowMs - ageMs, PreviousStage = 1 - stage, Changing = false,
                MayChange = true, MustChange = false,
            },
        };
        return _policy.Choose(view, ref reason);
    }

    [Fact]
    public void It_goes_where_the_queue_is_and_says_why()
    {
        Put("w0", Queue(8));
        int asked = Ask(1, 20_000, out DecisionReason reason);
        Assert.Equal(0, asked);
        Assert.Equal((Rule.Plan, (short)0), (reason.Rule, reason.Asked));
        Assert.Equal(8, reason.QueueVehicles, 1);
        Assert.Equal(1, reason.AlternativeCount);
        Assert.Equal(1, reason.Alternatives[0].Stage);
        Assert.True(reason.Alternatives[0].Score > reason.Score, "staying is worse");
    }

    [Fact]
    public void A_platoon_that_is_about_to_arrive_keeps_its_green()
    {
        Put("w0", [.. Enumerable.Range(0, 8).Select(k => (20.0 + 15 * k, 13.9))]);
        Put("n0", (1, 0));
        Assert.Equal(0, Ask(0, 20_000, out DecisionReason reason));
        Assert.True(reason.ArrivalsVehicles >= 8);
    }

    [Fact]
    public void It_does_not_give_green_into_blocked_exits()
    {
        Put("w0", Queue(8));
        Put("e0", Queue(26));
        Put("s0", Queue(26));
        for (int k = 0; k < 60; k++) Assert.Equal(1, Ask(1, 20_000 + 1000 * k, out _));
        Put("e0");
        Put("s0");
        Assert.Equal(0, Ask(1, 90_000, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]    // waits to change lane
    public void A_green_that_nobody_uses_though_cars_stand_there_is_given_up(double firstM)
    {
        Put("w0", Queue(8, firstM));
        Put("n0", Queue(8));
        int seconds = 0;
        while (seconds < 60 && Ask(0, 5_000 + 1000 * seconds, out _) == 0) seconds++;
        Assert.InRange(seconds, 1, 45);
    }

    [Fact]
    public void A_lane_whose_camera_is_silent_still_gets_its_turn()
    {
        // A minute in which vehicles cross the box from the west, so that the lane's usual flow is known.
        for (int k = 0; k < 60; k++)
        {
            Put("w-e0", k % 4 == 0 ? [(3.0, 8.0)] : []);
            Ask(0, 5_000 + 1000 * k, out _);
        }
        Put("w-e0");
        bool served = false;
        for (int k = 0; k < 90 && !served; k++) served = Ask(1, 5_000 + 1000 * k, out _, silent: "w0") == 0;
        Assert.True(served);
    }

    [Fact]
    public void Who_stands_on_the_stop_line_loop_unseen_by_the_camera_is_served()
    {
        for (int k = 0; k < 30; k++) Assert.Equal(1, Ask(1, 20_000 + 1000 * k, out _));
        _city.TryLane("w0", out int lane);
        _traffic.Lanes[lane].CoveredSinceMs = _nowMs;
        bool served = false;
        for (int k = 0; k < 20 && !served; k++) served = Ask(1, 50_000 + 1000 * k, out _) == 0;
        Assert.True(served);
    }

    [Fact]
    public void While_a_change_may_not_begin_it_asks_for_nothing_new()
    {
        Put("w0", Queue(8));
        var reason = new DecisionReason();
        var view = new IntersectionView
        {
            City = _city, Intersection = _city.Intersections[0], Traffic = _traffic, NowMs = _nowMs,
            Signal = new SignalStatus
            {
                Stage = 1, StageSinceMs = _nowMs - 2000, PreviousStage = 0, Changing = false,
                MayChange = false, MustChange = false,
            },
        };
        Assert.Equal(1, _policy.Choose(view, ref reason));
    }

    [Fact]
    public void The_same_sightings_give_the_same_choices_and_digest()
    {
        Assert.Equal(Drive(7), Drive(7));
        Assert.NotEqual(Drive(7).Digest, Drive(8).Digest);
    }

    [Fact]
    public void A_decision_allocates_nothing()
    {
        Drive(1);
        ISignalPolicy policy = Policies.Create("predictive", _city, PolicyOptions.Default);
        Put("w0", Queue(8));
        Put("n0", (30, 13), (60, 13), (90, 13));
        for (int k = 0; k < 50; k++) Ask(k & 1, 20_000, out _);
        Assert.Equal(0, Allocated.Least(_ =>
        {
            for (int k = 0; k < 50; k++) Ask(k & 1, 20_000, out DecisionReason _);
        }));
        GC.KeepAlive(policy);
    }

    /// <summary>Random sightings for a minute; the choices as a number, and the digest.</summary>
    private (ulong Choices, ulong Digest) Drive(ulong seed)
    {
        var random = new SeededRandom(seed);
        ISignalPolicy policy = new CityBrain.SignalControl.Predictive.PredictivePolicy(_city);
        var traffic = new TrafficState(_city);
        Array.Fill(traffic.Groups, new GroupState { CallSinceMs = -1 });
        ulong choices = 0;
        for (int t = 0; t < 60; t++)
        {
            for (int l = 0; l < _city.Lanes.Length; l++)
            {
                traffic.Lanes[l].SeenMs = 1000 * t;
                traffic.Lanes[l].Confidence = 1;
                traffic.Lanes[l].SightingCount = random.Next(5);
                for (int k = 0; k < traffic.Lanes[l].SightingCount; k++)
                    traffic.Sightings[l * TrafficState.SightingsPerLane + k] =
                        VehicleSighting.Of(k * 12 + random.Next(6), random.Next(14), 5, VehicleClass.Car);
            }
            var reason = new DecisionReason();
            var signal = new SignalStatus
            {
                Stage = t / 10 % 2, StageSinceMs = t / 10 * 10_000, PreviousStage = 0, Changing = false,
                MayChange = true, MustChange = false,
            };
            var view = new IntersectionView
            {
                City = _city, Intersection = _city.Intersections[0], Traffic = traffic, NowMs = 1000 * t, Signal = signal,
            };
            choices = choices * 2 + (ulong)policy.Choose(view, ref reason);
        }
        var digest = new Digest();
        policy.AddTo(ref digest);
        return (choices, digest.Value);
    }
}
