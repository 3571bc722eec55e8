using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Predictive;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>
/// j0 and, 60 m behind it, j1: w1 between them, with the boxes before it, is inside; w0, n0 and n1 are
/// entries.
/// </summary>
public class PerimeterControlTests
{
    private readonly City _city;
    private readonly TrafficState _traffic;
    private readonly ISignalPolicy _policy;
    private long _nowMs = 100_000;

    public PerimeterControlTests() : this(CityBuilder.Build(CrossingCity.DescribeLinked(60))) { }

    private PerimeterControlTests(City city)
    {
        _city = city;
        _traffic = new TrafficState(_city);
        _policy = new PredictivePolicy(_city);
        Array.Fill(_traffic.Groups, new GroupState { CallSinceMs = -1 });
    }

    private void Queue(string lane, int vehicles) => _traffic.Put(_city, lane, Sighted.Queue(vehicles));

    /// <summary>A tick 3 s after begin of a green, when nobody would have moved off yet.</summary>
    private DecisionReason Ask(int intersection, int stage, string? silent = null)
    {
        _nowMs += 1000;
        foreach (Lane lane in _city.Lanes)
        {
            if (lane.Id == silent) continue;
            ref LaneState seen = ref _traffic.Lanes[lane.Index];
            (seen.Confidence, seen.SeenMs) = (1, _nowMs);
        }
        var reason = default(DecisionReason);
        _policy.Choose(new IntersectionView
        {
            City = _city, Intersection = _city.Intersections[intersection],
            Traffic = _traffic, NowMs = _nowMs,
            Signal = new SignalStatus
            {
                Stage = stage, StageSinceMs = _nowMs - 3_000, PreviousStage = 1 - stage, Changing = false,
                MayChange = true, MustChange = false,
            },
        }, ref reason);
        return reason;
    }

    private DecisionReason AskFor(int seconds, int intersection, int stage, string? silent = null)
    {
        for (int t = 1; t < seconds; t++) Ask(intersection, stage, silent);
        return Ask(intersection, stage, silent);
    }

    [Fact]
    public void A_queue_inside_goes_before_a_longer_one_at_the_entry_once_the_area_is_full()
    {
        Queue("w1", 6);
        Queue("n1", 9);
        Assert.Equal(1, Ask(1, 1).Asked);
        DecisionReason full = AskFor(120, 1, 1);
        Assert.Equal(0, full.Asked);
        Assert.InRange(full.AreaFill, 0.4f, 0.6f);
        Assert.Equal(PerimeterRegulator.Most, full.EntryHeld);

        var alone = new PerimeterControlTests(CrossingCity.Build(2));
        alone.Queue("w1", 6);
        alone.Queue("n1", 9);
        DecisionReason same = alone.AskFor(121, 1, 1);
        Assert.Equal((1, 0f, 0f), ((int)same.Asked, same.AreaFill, same.EntryHeld));
    }

    [Fact]
    public void It_lets_go_when_the_area_has_emptied()
    {
        Queue("w1", 6);
        Assert.True(AskFor(120, 1, 1).EntryHeld > 0);
        Queue("w1", 0);
        Assert.Equal(0, AskFor(60, 1, 1).EntryHeld);
    }

    [Fact]
    public void Queues_at_entries_alone_fill_nothing()
    {
        foreach (string entry in (string[])["w0", "n0", "n1"]) Queue(entry, 20);
        DecisionReason reason = AskFor(120, 0, 0);
        Assert.Equal((0f, 0f), (reason.AreaFill, reason.EntryHeld));
    }

    [Fact]
    public void An_area_that_is_not_seen_is_not_gated()
    {
        Queue("w1", 7);
        Assert.True(AskFor(60, 0, 0).EntryHeld > 0);
        Assert.Equal(0, AskFor(10, 0, 0, silent: "w1").EntryHeld);
    }

    [Fact]
    public void Intersections_that_no_road_joins_are_no_area()
    {
        City apart = CrossingCity.Build(2);
        PlannerSettings settings = PlannerSettings.Default;
        PlanUnit[] units = PlanUnit.Divide(apart, settings);
        int[] unitOf = PlanUnit.Of(apart, units);
        JunctionModel[] junctions = [.. units.Select(u => new JunctionModel(apart, u))];
        ApproachReach[] reaches = [.. junctions.Select(j => new ApproachReach(apart, j, unitOf, settings))];
        Assert.Empty(
            ControlArea.Divide(apart, settings, junctions, reaches, unitOf, -1, out int[] areaOf, out _));
        Assert.Equal([-1, -1], areaOf);
    }

    [Fact]
    public void A_district_gates_its_own_and_does_not_take_its_neighbours_for_entries()
    {
        City two = CityBuilder.Build(CrossingCity.DescribeTwoDistricts());
        PlannerSettings settings = PlannerSettings.Default;
        PlanUnit[] units = PlanUnit.Divide(two, settings);
        int[] unitOf = PlanUnit.Of(two, units);
        JunctionModel[] junctions = [.. units.Select(u => new JunctionModel(two, u))];
        ApproachReach[] reaches = [.. junctions.Select(j => new ApproachReach(two, j, unitOf, settings))];
        Assert.Single(
            ControlArea.Divide(two, settings, junctions, reaches, unitOf, -1, out _, out bool[][] isEntry));
        Assert.Empty(ControlArea.Divide(two, settings, junctions, reaches, unitOf, 1, out _, out _));
        Assert.Equal([false, true], isEntry[1]);
    }
}
