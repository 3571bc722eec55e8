using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Predictive;
using CityBrain.Testing;
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
    public void A_plan_that_is_over_or_from_the_future_is_refused()
    {
        Assert.Equal(1, Hear(FromWest(), planMs: PlanMs + 5_001).TooEarly);
        Assert.Equal(1, Hear(FromWest(), nowMs: PlanMs + 80_001).TooOld);
        Assert.Equal(1, Hear(FromWest(), planMs: PlanMs + 5_000).Accepted);
    }

    [Fact]
    public void A_plan_that_is_over_is_forgotten()
    {
        Hear(FromWest());
        _east.Forget(PlanMs + 80_000);
        Assert.Equal(1, Hear(FromWest(), nowMs: PlanMs + 80_000).TooOld);
        _east.Forget(PlanMs + 80_001);
        Assert.Equal(2, Hear(FromWest(), planMs: PlanMs + 500, nowMs: PlanMs + 80_001).Accepted);
    }
}
