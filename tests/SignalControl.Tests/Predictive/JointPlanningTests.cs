using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Predictive;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>Intersections that are planned as one: j0, and j1 behind it on a link of 12 m; and a ring of four.</summary>
public class JointPlanningTests
{
    private static readonly PlannerSettings Settings = PlannerSettings.Default;

    private readonly City _city = CityBuilder.Build(CrossingCity.DescribeLinked(12));
    private readonly TrafficState _traffic;
    private readonly PredictivePolicy _policy;
    private long _nowMs = 100_000;

    public JointPlanningTests()
    {
        _policy = new PredictivePolicy(_city);
        _traffic = new TrafficState(_city);
        Array.Fill(_traffic.Groups, new GroupState { CallSinceMs = -1 });
    }

    private void Put(string lane, params (double M, double Mps)[] vehicles) => _traffic.Put(_city, lane, vehicles);

    private static (double, double)[] Queue(int n) => Sighted.Queue(n);

    private SignalStatus Shows(int stage, long ageMs = 20_000, bool free = true) => new()
    {
        Stage = stage, StageSinceMs = _nowMs - ageMs, PreviousStage = 1 - stage, Changing = ageMs < 0, MayChange = free,
        MustChange = false,
    };

    /// <summary>What j0 and j1 are asked to show.</summary>
    private (int First, int Second) Ask(Func<SignalStatus> first, Func<SignalStatus> second, out DecisionReason why)
    {
        _nowMs += 1000;
        _traffic.NowMs = _nowMs;
        foreach (ref LaneState lane in _traffic.Lanes.AsSpan()) (lane.Confidence, lane.SeenMs) = (1, _nowMs);
        SignalStatus[] signals = [first(), second()];
        var asked = new int[2];
        why = default;
        for (int i = 0; i < 2; i++)
        {
            why = default;
            asked[i] = _policy.Choose(new IntersectionView
            {
                City = _city, Intersection = _city.Intersections[i], Traffic = _traffic, NowMs = _nowMs,
                Signal = signals[i], Signals = signals,
            }, ref why);
        }
        return (asked[0], asked[1]);
    }

    [Theory]
    [InlineData(12, 1)]
    [InlineData(14.9, 1)]
    [InlineData(15, 2)]
    public void A_link_too_short_for_a_queue_joins_its_intersections(double linkM, int units) =>
        Assert.Equal(units, PlanUnit.Divide(CityBuilder.Build(CrossingCity.DescribeLinked(linkM)), Settings).Length);

    [Fact]
    public void Units_stay_within_a_district_and_small_enough_to_plan()
    {
        CityDescription linked = CrossingCity.DescribeLinked(12);
        CityDescription apart = linked with
        {
            Districts = [.. linked.Districts, new DistrictDescription("d1", "East")],
            Intersections = [.. linked.Intersections.Select(i => i.Id == "j1" ? i with { District = "d1" } : i)],
        };
        Assert.Equal(2, PlanUnit.Divide(CityBuilder.Build(apart), Settings).Length);
        Assert.Equal(2, PlanUnit.Divide(_city, Settings with { MostJointStages = 3 }).Length);
        Assert.Equal(2, PlanUnit.Divide(_city, Settings with { MostJointLanes = 3 }).Length);
        Assert.Equal([4, 1], PlanUnit.Divide(RingCity.Build(), Settings).Select(u => u.Members.Length)
            .Concat(PlanUnit.Divide(_city, Settings).Select(_ => 1)));
    }

    [Fact]
    public void A_joint_stage_is_one_stage_of_each_member()
    {
        PlanUnit ring = PlanUnit.Divide(RingCity.Build(), Settings).Single();
        Assert.Equal(16, ring.Stages);
        for (int joint = 0; joint < ring.Stages; joint++)
        {
            int again = 0;
            for (int m = 0; m < ring.Members.Length; m++) again = ring.With(again, m, ring.StageOf(joint, m));
            Assert.Equal(joint, again);
        }
        StageSequence both = default(StageSequence).With(3, ring.With(0, 1, 1)).With(9, ring.With(ring.With(0, 1, 1), 2, 1));
        Assert.Equal([(3, 1)], Steps(ring.Own(both, 0, 1)));
        Assert.Equal([(9, 1)], Steps(ring.Own(both, 0, 2)));
        Assert.Empty(Steps(ring.Own(both, 0, 3)));
    }

    private static IEnumerable<(int, int)> Steps(StageSequence s) =>
        Enumerable.Range(0, s.Count).Select(k => (s[k].AfterS, s[k].Stage));

    [Fact]
    public void The_queue_before_the_first_opens_the_second()
    {
        Put("w0", Queue(12));
        Assert.Equal((0, 0), Ask(() => Shows(0), () => Shows(1), out DecisionReason why));
        Assert.Equal((Rule.Plan, (short)0), (why.Rule, why.Asked));
    }

    [Fact]
    public void A_queue_that_turns_off_before_the_link_does_not_open_the_second()
    {
        Put("n1", Queue(6));
        Put("w0", Queue(3));
        for (int s = 0; s < 60; s++)
        {
            Put("w-s0", (7, 8));
            Ask(() => Shows(0), () => Shows(1), out _);
        }
        Put("w-s0");
        Assert.Equal((0, 1), Ask(() => Shows(0), () => Shows(1), out _));
    }

    [Fact]
    public void A_member_that_is_not_free_stays_and_the_other_goes_on()
    {
        Put("n0", Queue(9));
        Put("n1", Queue(9));
        Assert.Equal((0, 1), Ask(() => Shows(0, 2_000, free: false), () => Shows(0), out _));
        Assert.Equal((0, 1), Ask(() => Shows(0, -1_000, free: false), () => Shows(0), out _));
        Assert.Equal((0, 0), Ask(() => Shows(0, 2_000, free: false), () => Shows(0, 2_000, free: false), out _));
    }

    [Fact]
    public void A_change_that_takes_longer_than_its_own_intergreens_is_planned_for_too()
    {
        Put("n0", Queue(9));
        Put("n1", Queue(9));
        SignalStatus First() => Shows(0, -9_000, free: false) with { PreviousStage = 0 };
        Assert.Equal((0, 1), Ask(First, () => Shows(0), out _));
    }

    [Fact]
    public void Nobody_waits_for_a_member_that_is_not_under_command()
    {
        Put("n0", Queue(12));
        Put("n1", Queue(3));
        Assert.Equal((0, 1), Ask(() => Shows(0, free: false), () => Shows(0), out _));
    }

    [Fact]
    public void Without_the_others_signals_each_goes_by_pressure()
    {
        Put("n0", Queue(9));
        Ask(() => Shows(0), () => Shows(0), out _);
        var why = default(DecisionReason);
        _policy.Choose(new IntersectionView
        {
            City = _city, Intersection = _city.Intersections[0], Traffic = _traffic, NowMs = _nowMs + 1000,
            Signal = Shows(0),
        }, ref why);
        Assert.NotEqual(Rule.Plan, why.Rule);
    }

    [Fact]
    public void A_joint_decision_allocates_nothing()
    {
        Put("w0", Queue(8));
        Put("n1", (30, 13), (60, 13));
        var signals = new SignalStatus[2];
        void Run()
        {
            for (int k = 0; k < 50; k++)
            {
                _nowMs += 1000;
                foreach (ref LaneState lane in _traffic.Lanes.AsSpan()) (lane.Confidence, lane.SeenMs) = (1, _nowMs);
                signals[0] = Shows(k & 1);
                signals[1] = Shows((k >> 1) & 1);
                for (int i = 0; i < 2; i++)
                {
                    var why = default(DecisionReason);
                    _policy.Choose(new IntersectionView
                    {
                        City = _city, Intersection = _city.Intersections[i], Traffic = _traffic, NowMs = _nowMs,
                        Signal = signals[i], Signals = signals,
                    }, ref why);
                }
            }
        }
        Run();
        Assert.Equal(0, Allocated.Least(_ => Run()));
    }

    [Fact]
    public void Nothing_is_lost_on_the_way_and_no_more_goes_in_than_can_stand_there()
    {
        (JunctionModel junction, ApproachReach reach) = Model(_city);
        InnerLink link = Assert.Single(reach.Inner);
        InnerRow row = Assert.Single(reach.InnerRows);
        Assert.Equal((link.Row, 1f, false), (row.Row, row.Storage, row.InRing));
        var scene = new PlanScene(junction.Width, junction.Stages, 80);
        scene.Begin(junction.Width, junction.Stages);
        scene.Old[0] = 6;
        int firstOpen = junction.Unit.With(0, 1, 1), bothOpen = 0;
        foreach (int s in (int[])[firstOpen, bothOpen]) scene.Rate[s * scene.Width] = 0.5f;
        scene.Rate[(bothOpen * scene.Width) + link.Row] = 0.5f;
        scene.SetInner([row], reach.Slots);
        foreach (int s in (int[])[firstOpen, bothOpen]) scene.AddTransfer(s, new Transfer(0, link.Inner, 1));
        scene.BuildCaps(Settings);
        var queues = new QueueModel(Settings, junction.Width, junction.Stages, junction.ChangeS.Max());
        queues.Attach(scene, junction);
        var state = new float[queues.StateSize];
        queues.Begin(state);
        Leg leg = default;
        queues.Stay(ref leg, firstOpen, bothOpen, 0, 0, 30);
        queues.Follow(state, state, ref leg);
        Assert.Equal((5f, 1f), (state[scene.Width], state[scene.Width + link.Row]));
        queues.Stay(ref leg, bothOpen, firstOpen, 0, 30, 60);
        queues.Follow(state, state, ref leg);
        Assert.Equal(6, Enumerable.Range(30, 30).Sum(t => queues.Served(t)[link.Row]), 3);
        Assert.Equal(0, state[scene.Width] + state[scene.Width + link.Row], 3);
    }

    [Fact]
    public void Nobody_is_let_into_a_ring_before_its_red_stop_line()
    {
        (JunctionModel junction, ApproachReach reach) = Model(RingCity.Build());
        Assert.Equal(4, reach.Inner.Length);
        Assert.Equal(4, reach.InnerRows.Count(r => r.InRing));
        for (int joint = 0; joint < junction.Stages; joint++)
        {
            bool red = Enumerable.Range(0, 4).Any(k =>
                junction.Unit.StageOf(joint, k) == 0 && junction.Unit.StageOf(joint, (k + 1) % 4) == 0);
            Assert.Equal(!red, reach.MaySee[joint]);
        }
        Assert.Equal(7, reach.MaySee.Count(s => s));
        Assert.DoesNotContain(Model(_city).Reach.InnerRows, r => r.InRing);
        Assert.DoesNotContain(false, Model(_city).Reach.MaySee);
    }

    [Fact]
    public void Nobody_is_let_onto_a_link_that_holds_nobody_unless_a_stage_could_not_be_shown_otherwise()
    {
        (JunctionModel junction, ApproachReach reach) = Model(RingCity.Build(4));
        Assert.All(reach.InnerRows, r => Assert.Equal(0, r.Storage));
        IEnumerable<int> entries = Enumerable.Range(0, junction.Stages).Where(s => reach.MaySee[s])
            .Select(s => Enumerable.Range(0, 4).Count(k => junction.Unit.StageOf(s, k) == 0));
        Assert.Equal([0, 1, 1, 1, 1], entries.Order());
    }

    private static (JunctionModel Junction, ApproachReach Reach) Model(City city)
    {
        PlanUnit[] units = PlanUnit.Divide(city, Settings);
        var junction = new JunctionModel(city, Assert.Single(units));
        return (junction, new ApproachReach(city, junction, PlanUnit.Of(city, units), Settings));
    }
}
