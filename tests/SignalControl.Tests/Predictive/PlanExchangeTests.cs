using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Predictive;
using CityBrain.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>
/// Two junctions in two districts, j1 behind j0: what crosses the border, and what does not.
/// </summary>
public class PlanExchangeTests
{
    private const long PlanMs = 100_000;

    private readonly City _city = CityBuilder.Build(CrossingCity.DescribeTwoDistricts());
    private readonly PlanExchange _west, _east;

    public PlanExchangeTests()
    {
        _west = new PredictivePolicy(_city, null, 0).Exchange!;
        _east = new PredictivePolicy(_city, null, 1).Exchange!;
    }

    private int Lane(string id) => _city.TryLane(id, out int lane) ? lane : throw new ArgumentException(id);

    private static byte[] Record(int lane, PlannedPlace place, params float[] flow)
    {
        var bytes = new byte[PlannedFlow.Size];
        PlannedFlow.Write(bytes, lane, place, flow);
        return bytes;
    }

    /// <summary>What j0 would say to j1: its outflow into w1.</summary>
    private byte[] FromWest() => Record(Lane("w1"), PlannedPlace.Exit, 0.5f, 0.5f);

    private OutflowCounters Hear(byte[] extra, int intersection = 0, long planMs = PlanMs, long nowMs = PlanMs)
    {
        var e = new CityEvent(planMs, intersection, EventKind.Outflow, 0, (ushort)extra.Length, 0, 0, 0, 0);
        _east.Hear(e, extra, nowMs);
        return _east.Counters;
    }

    [Fact]
    public void Each_side_hears_the_other_and_tells_it_one_flow()
    {
        Assert.Equal([1], _west.Neighbours);
        Assert.Equal([0], _east.Neighbours);
        Assert.Equal((1, PlannedFlow.Size), (_west.MostEvents, _west.MostBytes));
        Assert.Equal((1, PlannedFlow.Size), (_east.MostEvents, _east.MostBytes));
    }

    [Fact]
    public void A_district_needs_the_sensors_on_its_exits_whosever_they_are()
    {
        IEnumerable<string> Needed(int district) => PlanBorder.Detectors(_city, district)
            .Select(d => _city.Detectors[d].Id).Order(StringComparer.Ordinal);
        Assert.Equal(["c-w1", "l-w1"], Needed(0));
        Assert.Empty(Needed(1));
    }

    /// <summary>On a short link the box of the neighbour is in reach, and one piece of it leads to the next.</summary>
    [Fact]
    public void A_piece_of_the_neighbour_s_box_is_no_exit_of_it()
    {
        CityDescription two = CrossingCity.DescribeTwoDistricts();
        var second = new LaneDescription
        {
            Id = "w-e0b", LengthM = 14, SpeedMps = 8, Kind = LaneKind.Box, Upstream = ["w-e0"],
        };
        City city = CityBuilder.Build(two with
        {
            Lanes = [second, .. two.Lanes.Select(l => l.Id != "w1" ? l
                : l with { LengthM = 100, Upstream = ["w-e0b", "n-e0"] })],
            Intersections = [.. two.Intersections.Select(i => i with
            {
                Movements = [.. i.Movements.Select(m => m.Via is ["w-e0"] ? m with { Via = ["w-e0", "w-e0b"] } : m)],
            })],
            Detectors = [.. two.Detectors.Select(d => d.Lane != "w1" ? d : d with { ReachM = Math.Min(d.ReachM, 100) })],
        });
        PlanExchange west = new PredictivePolicy(city, null, 0).Exchange!;
        Assert.Equal((1, PlannedFlow.Size), (west.MostEvents, west.MostBytes));
        Assert.Equal([0], new PredictivePolicy(city, null, 1).Exchange!.Neighbours);
    }

    [Fact]
    public void Nothing_is_exchanged_where_one_district_is_the_whole_city()
    {
        Assert.Null(new PredictivePolicy(_city).Exchange);
        Assert.Null(new PredictivePolicy(CrossingCity.Build(2), null, 0).Exchange);
    }

    [Fact]
    public void A_plan_is_taken_once_and_a_newer_one_after_it()
    {
        Assert.Equal(1, Hear(FromWest()).Accepted);
        Assert.Equal(1, Hear(FromWest()).TooOld);
        Assert.Equal(1, Hear(FromWest(), planMs: PlanMs - 1000).Accepted);
        Assert.Equal(2, Hear(FromWest(), planMs: PlanMs + 1000).Accepted);
        Assert.Equal((4L, 2L), (_east.Counters.Received, _east.Counters.TooOld));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_plan_of_nobody_or_of_its_own_is_refused(int intersection) =>
        Assert.Equal(1, Hear(FromWest(), intersection).Unknown);

    [Fact]
    public void A_lane_that_is_not_the_intersection_s_is_refused_with_the_whole_plan()
    {
        Assert.Equal(1, Hear([.. FromWest(), .. Record(Lane("w1"), PlannedPlace.StopLine, 1)]).Unknown);
        Assert.Equal(2, Hear([.. FromWest(), .. Record(int.MaxValue, PlannedPlace.Exit, 1)]).Unknown);
        Assert.Equal(3, Hear([.. FromWest(), .. Record(-1, PlannedPlace.StopLine, 1)]).Unknown);
        Assert.Equal(0, _east.Counters.Accepted);
    }

    [Fact]
    public void A_plan_without_the_flow_that_is_read_is_refused() =>
        Assert.Equal(1, Hear(Record(Lane("s0"), PlannedPlace.Exit, 1)).Malformed);

    [Fact]
    public void Cut_or_strange_records_are_refused()
    {
        Hear([]);
        Hear(FromWest()[..^1]);
        byte[] strange = FromWest();
        strange[4] = 2;
        Hear(strange);
        strange[4] = 1;
        strange[6] = 1;
        Assert.Equal((4L, 4L), (Hear(strange).Received, _east.Counters.Malformed));
    }

    [Fact]
    public void Whatever_comes_is_taken_or_refused_and_counted_once() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = SeededRandom.For((ulong)seed, 1);
            byte[] extra = [.. FromWest(), .. Record(Lane("s0"), PlannedPlace.Exit, 1)];
            for (int n = random.Next(3); n > 0; n--) extra[random.Next(extra.Length)] = (byte)random.Next(256);
            extra = extra[..(random.Next(4) == 0 ? random.Next(extra.Length) : extra.Length)];
            long anyMs = unchecked((long)random.NextBits());
            long planMs = random.Next(3) == 0 ? anyMs : PlanMs + random.Next(9_000) - 4_000;
            OutflowCounters c = Hear(extra, random.Next(4) - 1, planMs, PlanMs + random.Next(90_000));
            return c.Received == c.Accepted + c.Unknown + c.Malformed + c.TooOld + c.TooEarly;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_plan_that_is_over_or_from_the_future_is_refused()
    {
        Assert.Equal(1, Hear(FromWest(), planMs: PlanMs + 5_001).TooEarly);
        Assert.Equal(1, Hear(FromWest(), nowMs: PlanMs + 80_001).TooOld);
        Assert.Equal(2, Hear(FromWest(), planMs: long.MinValue + 1).TooOld);
        Assert.Equal(2, Hear(FromWest(), planMs: long.MaxValue).TooEarly);
        Assert.Equal(1, Hear(FromWest(), planMs: PlanMs + 5_000).Accepted);
    }

    /// <summary>
    /// Vehicles that j1 expects to come from j0, which sent some before, when it is told this, or nothing, and
    /// decides so much later. One stands at its stop line then, so that this green is the one asked for.
    /// </summary>
    private float Expected(byte[]? told, int laterS)
    {
        var policy = new PredictivePolicy(_city, null, 1);
        var traffic = new TrafficState(_city);
        Array.Fill(traffic.Groups, new GroupState { CallSinceMs = -1 });
        var reason = default(DecisionReason);
        for (int s = -60; s <= laterS; s++)
        {
            long nowMs = traffic.NowMs = PlanMs + 1000 * s;
            foreach (ref LaneState lane in traffic.Lanes.AsSpan()) (lane.Confidence, lane.SeenMs) = (1, nowMs);
            See(traffic, "w-e1", s < 0, 5);
            See(traffic, "w1", s == laterS, 0);
            if (s == 0 && told is not null)
                policy.Exchange!.Hear(
                    new CityEvent(nowMs, 0, EventKind.Outflow, 0, (ushort)told.Length, 0, 0, 0, 0), told, nowMs);
            policy.Exchange!.Forget(nowMs);
            reason = default;
            policy.Choose(new IntersectionView
            {
                City = _city, Intersection = _city.Intersections[1], Traffic = traffic, NowMs = nowMs,
                Signal = new SignalStatus
                {
                    Stage = 0, StageSinceMs = nowMs - 20_000, PreviousStage = 1, Changing = false, MayChange = true,
                    MustChange = false,
                },
            }, ref reason);
        }
        return reason.ArrivalsVehicles;
    }

    private void See(TrafficState traffic, string lane, bool one, double speedMps)
    {
        traffic.Lanes[Lane(lane)].SightingCount = one ? 1 : 0;
        traffic.Sightings[Lane(lane) * TrafficState.SightingsPerLane] =
            VehicleSighting.Of(3, speedMps, 4.5, VehicleClass.Car);
    }

    [Fact]
    public void A_silent_neighbour_sends_what_it_usually_does_until_it_speaks_and_when_its_plan_is_over()
    {
        byte[] nothing = Record(Lane("w1"), PlannedPlace.Exit);
        byte[] three = Record(Lane("w1"), PlannedPlace.Exit, 0, 0, 0, 0, 1, 1, 1);
        float usual = Expected(null, 3);
        Assert.True(usual > 4, $"{usual}");
        Assert.Equal((0f, 3f), (Expected(nothing, 3), Expected(three, 3)));
        Assert.Equal(0, Expected(nothing, 80));
        Assert.True(Expected(nothing, 81) > 2);
    }
}
