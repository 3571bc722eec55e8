using CityBrain.Model;
using CityBrain.SignalControl.Safety;
using FsCheck;
using FsCheck.Fluent;

namespace CityBrain.SignalControl.Tests.Safety;

/// <summary>Nobody waits longer than the limit, whatever the policy wants; and nobody is served before it is needed.</summary>
public class WaitBoundTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_policy_that_never_leaves_its_stage_starves_nobody(int wanted)
    {
        var rig = new GateRig(Junctions.Crossroads(maxWaitS: 60, maxGreenS: 1_000));
        var callers = new Callers(rig, everybody: true);
        for (int i = 0; i < 1_200; i++)
        {
            callers.Update();
            rig.Tick(wanted);
        }
        Assert.InRange(callers.LongestWaitMs, 40_000, 60_000);
        Assert.Empty(rig.Audit.Faults);
        Assert.True(rig.Gate.Counters(0).WaitBound > 0);
    }

    [Fact]
    public void The_gate_steps_in_as_late_as_it_can()
    {
        var rig = new GateRig(Junctions.Crossroads(maxWaitS: 60, maxGreenS: 1_000));
        rig.Run(0, 20);
        rig.Call(5, rig.NowMs);             // one caller on foot: 3 s and 3 s of yellow and intergreen from A to D
        long calledMs = rig.NowMs;
        while (!rig.Status.Changing && rig.NowMs < calledMs + 120_000) rig.Tick(0);
        Assert.Equal(3, rig.Status.Stage);
        Assert.Equal(Rule.WaitBound, rig.Reason.Gate);
        Assert.Equal(5, rig.Reason.LongestWaitGroup);
        rig.Run(0, 4);
        Assert.Equal(calledMs + 60_000, rig.Status.StageSinceMs);
    }

    [Fact]
    public void Without_callers_the_policy_has_its_way()
    {
        var rig = new GateRig(Junctions.Crossroads(maxWaitS: 60, maxGreenS: 30));
        rig.Run(0, 1_000);
        Assert.Equal("GGrrgr", rig.Shown);
        Assert.False(rig.Status.MustChange);
    }

    [Fact]
    public void A_green_that_lasted_the_longest_time_ends_for_a_waiting_conflict()
    {
        var rig = new GateRig(Junctions.Crossroads(maxWaitS: 1_000, maxGreenS: 30));
        rig.Run(0, 40);
        Assert.Equal(0, rig.Status.Stage);
        rig.Call(2, rig.NowMs);
        rig.Tick(0);
        Assert.Equal(2, rig.Status.Stage);
        Assert.Equal(Rule.MaxOut, rig.Reason.Gate);
        Assert.Equal(1, rig.Gate.Counters(0).MaxOut);
    }

    [Fact]
    public void A_caller_that_no_stage_serves_changes_nothing()
    {
        City city = Junctions.Of(["Gr", "Gr"], maxWaitS: 20, maxGreenS: 20);
        var rig = new GateRig(city);
        rig.Call(1, rig.NowMs);
        rig.Run(0, 200);
        Assert.Equal("Gr", rig.Shown);
    }

    /// <summary>Random junctions, callers and wishes: never unsafe, never overdue.</summary>
    [Fact]
    public void Whatever_is_wished_at_whatever_time_nothing_is_unsafe_or_overdue() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), Holds)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static void Holds(int seed)
    {
        SeededRandom random = SeededRandom.For((ulong)seed, 1);
        string[] stages = RandomStages(ref random);
        // Time for one round of all stages: 5 s of green and 3 s of yellow each, and one round's worth of change.
        var rig = new GateRig(Junctions.Of(stages, maxWaitS: stages.Length * 8 + 8, maxGreenS: 25));
        var callers = new Callers(rig, everybody: false, (ulong)seed);
        int wanted = 0;
        for (int i = 0; i < 600; i++)
        {
            if (random.Next(10) == 0) wanted = random.Next(stages.Length);
            callers.Update();
            rig.Tick(wanted);
        }
        Assert.Equal([], rig.Audit.Faults);
        Assert.Equal(0, rig.Gate.Counters(0).Violations);
        Assert.Equal(0, rig.Refused);
        Assert.True(callers.LongestWaitMs <= rig.At.Limits.MaxWait.Value,
            $"{string.Join(' ', stages)}: {callers.LongestWaitMs} ms");
    }

    private static string[] RandomStages(ref SeededRandom random)
    {
        int groups = 2 + random.Next(5), count = 2 + random.Next(4);
        var stages = new char[count][];
        for (int s = 0; s < count; s++)
        {
            stages[s] = new char[groups];
            for (int g = 0; g < groups; g++) stages[s][g] = random.Next(3) == 0 ? 'G' : 'r';
        }
        for (int g = 0; g < groups; g++) stages[random.Next(count)][g] = 'G';
        return [.. stages.Select(s => new string(s)).Distinct().DefaultIfEmpty("Gr")];
    }

    /// <summary>People who call while their group is red, and how long they wait at most.</summary>
    private sealed class Callers(GateRig rig, bool everybody, ulong seed = 0)
    {
        private readonly long[] _sinceMs = [.. Enumerable.Repeat(-1L, rig.At.Groups.Length)];
        private SeededRandom _random = SeededRandom.For(seed, 2);

        public long LongestWaitMs { get; private set; }

        public void Update()
        {
            for (int g = 0; g < _sinceMs.Length; g++)
            {
                if (rig.Heads[g].IsGreen()) _sinceMs[g] = -1;
                else if (_sinceMs[g] < 0 && (everybody || _random.Next(8) == 0)) _sinceMs[g] = rig.NowMs;
                if (_sinceMs[g] >= 0) LongestWaitMs = Math.Max(LongestWaitMs, rig.NowMs - _sinceMs[g]);
                rig.Call(g, _sinceMs[g]);
            }
        }
    }
}
