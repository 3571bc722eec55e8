using CityBrain.Brain;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.Testing;

namespace CityBrain.Brain.Tests;

public sealed class DistrictBrainTests
{
    private static DistrictBrain Make(string policy = "max-pressure") =>
        new(TinyCity.Build(), new BrainOptions { Policy = policy });

    public static TheoryData<string> Policies_ => [.. Policies.Names];

    [Theory]
    [MemberData(nameof(Policies_))]
    public void The_same_events_give_the_same_digest_and_another_event_another_one(string policy)
    {
        DistrictBrain a = Make(policy), b = Make(policy), c = Make(policy);
        new EventScript(a.City, 7).Play(300, 0, (e, extra) => a.Accept(e, extra));
        new EventScript(b.City, 7).Play(300, 0, (e, extra) => b.Accept(e, extra));
        new EventScript(c.City, 8).Play(300, 0, (e, extra) => c.Accept(e, extra));
        Assert.Equal(a.Digest(), b.Digest());
        Assert.NotEqual(a.Digest(), c.Digest());
    }

    [Fact]
    public void Runs_of_loops_are_the_same_as_one_event_after_the_other()
    {
        City city = CrossingCity.Build(3, cameras: false);
        var options = new BrainOptions { Policy = "actuated" };
        DistrictBrain one = new(city, options), runs = new(city, options);
        new EventScript(one.City, 7).Play(300, 0, (e, extra) => one.Accept(e, extra));
        var loops = new List<CityEvent>();
        int longest = 0;
        new EventScript(runs.City, 7).Play(300, 0, (e, extra) =>
        {
            if (e.Kind == EventKind.Loop)
            {
                loops.Add(e);
                return;
            }
            longest = Math.Max(longest, loops.Count);
            runs.AcceptLoops(loops.ToArray());
            loops.Clear();
            runs.Accept(e, extra);
        });
        Assert.True(longest > 1);
        Assert.Equal(one.Digest(), runs.Digest());
    }

    [Theory]
    [MemberData(nameof(Policies_))]
    public void A_decision_allocates_nothing(string policy)
    {
        DistrictBrain brain = Make(policy);
        var events = new List<(CityEvent, byte[])>();
        new EventScript(brain.City, 3).Play(200, 0, (e, extra) => events.Add((e, extra)));
        int half = events.Count / 2, part = half / Allocated.Rounds;
        Accept(0, half);
        Assert.Equal(0, Allocated.Least(round => Accept(half + part * round, half + part * (round + 1))));

        void Accept(int from, int to)
        {
            for (int i = from; i < to; i++) brain.Accept(events[i].Item1, events[i].Item2);
        }
    }

    [Fact]
    public void Time_does_not_run_backwards()
    {
        DistrictBrain brain = Make();
        brain.Accept(CityEvent.Tick(5_000), []);
        brain.Accept(CityEvent.Tick(5_000), []);
        brain.Accept(CityEvent.Tick(4_000), []);
        Assert.Equal(2UL, brain.RefusedTicks);
        Assert.Equal(5_000, brain.NowMs);
    }

    [Theory]
    [InlineData(7, 1, 0f, 60f)]
    [InlineData(0, 200, 0f, 60f)]
    [InlineData(0, 2, 9f, 60f)]
    [InlineData(0, 1, float.NaN, 60f)]
    [InlineData(0, 1, 0f, float.PositiveInfinity)]
    public void An_override_that_makes_no_sense_is_refused_and_counted(int index, byte code, float stage, float seconds)
    {
        DistrictBrain brain = Make();
        brain.Accept(CityEvent.Tick(1_000), []);
        brain.Accept(new CityEvent(1_500, index, EventKind.Override, code, 0, stage, seconds, 0, 0), []);
        Assert.Equal(1UL, brain.RefusedOverrides);
    }

    [Fact]
    public void A_brain_serves_its_own_district_only()
    {
        Assert.Throws<ArgumentException>(() => new DistrictBrain(TinyCity.Build(), new BrainOptions { District = "d9" }));
        var brain = new DistrictBrain(TinyCity.Build(), new BrainOptions { District = "d1", Policy = "fixed" });
        Assert.Equal([0], brain.Intersections.ToArray());
    }

    [Fact]
    public void Unknown_policy_and_rules_are_refused_by_name()
    {
        Assert.Contains("no-such", Assert.Throws<ArgumentException>(() => Make("no-such")).Message);
        Assert.Contains("odd", Assert.Throws<ArgumentException>(
            () => new DistrictBrain(TinyCity.Build(), new BrainOptions { Rules = "odd", Policy = "fixed" })).Message);
    }
}
