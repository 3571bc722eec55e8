using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Simulation.Tests.Field;

public class FieldControllerTests
{
    private static readonly City City = Crossroads.Build(offsetS: 7);
    private static readonly Programme Programme = City.Intersections[0].Programme!;

    private static ReceivedCommand Show(uint sequence, long nowMs) =>
        new(CommandKind.Show, 0, sequence, nowMs, nowMs + 5000, 0);

    private static bool ShowsProgramme(FieldController controller, long nowMs) =>
        controller.Shown.SequenceEqual(Programme.Intervals[Programme.IntervalAt(nowMs, out _)].Aspects);

    [Fact]
    public void Without_commands_it_runs_its_programme_in_step_with_its_offset()
    {
        var controller = new FieldController(City, 0, new FieldOptions());
        for (long now = 0; now < 200_000; now += 1000)
        {
            controller.Step(now);
            Assert.True(ShowsProgramme(controller, now));
            Assert.Equal(ControllerMode.Fallback, controller.Mode);
        }
    }

    /// <summary>The wall clock is set, at every second of the cycle and by many amounts: the heads never notice.</summary>
    [Fact]
    public void A_wall_clock_that_is_set_shortens_nothing()
    {
        for (int at = 100; at < 170; at++)
            foreach (long set in (long[])[-31_000, -5_000, -1_500, 900, 4_000, 17_000, 61_000])
            {
                var controller = new FieldController(City, 0, new FieldOptions());
                var history = new History(City);
                for (int s = 0; s < at + 150; s++)
                    history.Add(controller.Step(s * 1000L + (s < at ? 0 : set), s * 1000L));
                Assert.Empty(history.Faults());
                Assert.True(ShowsProgramme(controller, (at + 149) * 1000L + set), $"set by {set} at {at} it is not in step");
            }
    }

    /// <summary>A busy processor steps late, now by a few milliseconds, now by a second, now by half a minute.</summary>
    [Fact]
    public void A_step_that_comes_late_shortens_no_yellow_and_no_intergreen()
    {
        var random = SeededRandom.For(1, 1);
        City demo = DemoCity.Build();
        foreach (Intersection at in demo.Intersections.Where((_, n) => n % 6 == 0))
        {
            var controller = new FieldController(demo, at.Index, new FieldOptions { SwitchedOnNow = true });
            var monitor = new ConflictMonitor(at);
            long now = 0;
            for (int step = 0; step < 4_000; step++)
            {
                now = (now / 100 + 1) * 100 + random.Next(90);
                if (random.Next(100) == 0) now += random.Next(1500);
                if (random.Next(3000) == 0) now += 30_000;
                ReadOnlySpan<Aspect> shown = controller.Step(now);
                Refusal wrong = monitor.Judge(shown, now);
                Assert.True(wrong is Refusal.None or Refusal.ShortGreen, $"{at.Id} at {now}: {wrong}");
                monitor.Show(shown, now);
            }
            for (long end = now + 3 * at.Programme!.Cycle.Value; now < end; now += 100) controller.Step(now);
            Assert.True(controller.InStepWithProgramme, at.Id);
        }
    }

    /// <summary>
    /// Side's intergreen towards main, 5 s, is its yellow and two all-reds of a second, of which the first is followed by
    /// no change of lamps: it may make up for nothing all the same.
    /// </summary>
    [Fact]
    public void A_late_step_takes_nothing_from_an_all_red_that_the_programme_tells_in_pieces()
    {
        City city = Crossroads.Build(ends: [new("rrrrr", 1, null), new("rrrrr", 1, null)]);
        long cycleMs = city.Intersections[0].Programme!.Cycle.Value;
        for (long lateAtMs = cycleMs; lateAtMs < 2 * cycleMs; lateAtMs += 100)
        {
            var controller = new FieldController(city, 0, new FieldOptions());
            var monitor = new ConflictMonitor(city.Intersections[0]);
            for (long now = 0; now < 3 * cycleMs; now += now == lateAtMs ? 700 : 100)
            {
                ReadOnlySpan<Aspect> shown = controller.Step(now);
                Refusal wrong = monitor.Judge(shown, now);
                Assert.True(wrong is Refusal.None or Refusal.ShortGreen, $"late at {lateAtMs}, at {now}: {wrong}");
                monitor.Show(shown, now);
            }
        }
    }

    /// <summary>What was sent three seconds apart arrives so only on the average.</summary>
    [Fact]
    public void A_command_that_is_a_moment_early_waits_and_one_that_is_much_too_early_is_refused()
    {
        var controller = new FieldController(Crossroads.Build(), 0, new FieldOptions { EarlyMs = 300 });
        Aspect[] yellow = Aspects.Parse("yyrrr")!, red = Aspects.Parse("rrrrr")!;
        controller.Step(120_000);
        Assert.Equal(Refusal.None, controller.Offer(Show(1, 120_000), Aspects.Parse("GgrGr"), 120_000));
        for (long now = 120_000; now < 129_000; now += 100)
        {
            if (now % 1000 == 0) controller.Offer(Show((uint)(now / 1000), now), Aspects.Parse("GgrGr"), now);
            controller.Step(now);
        }
        Assert.Equal(Refusal.None, controller.Offer(Show(130, 129_050), yellow, 129_050));
        controller.Step(129_050);
        Assert.Equal(Refusal.ShortYellow, controller.Offer(Show(131, 131_700), red, 131_700));
        Assert.Equal(Refusal.None, controller.Offer(Show(132, 131_900), red, 131_900));
        Assert.Equal("yyrrr", Aspects.Write(controller.Step(131_900)));
        Assert.Equal("yyrrr", Aspects.Write(controller.Step(132_000)));
        Assert.Equal("rrrrr", Aspects.Write(controller.Step(132_050)));
    }

    [Fact]
    public void A_wall_clock_set_back_does_not_make_a_command_last_longer()
    {
        var controller = new FieldController(City, 0, new FieldOptions());
        for (int s = 0; s < 120; s++) controller.Step(s * 1000L, s * 1000L);
        ReadOnlySpan<Aspect> shown = controller.Shown;
        Assert.Equal(Refusal.None, controller.Offer(Show(1, 120_000), shown.ToArray(), 120_000, 120_000));
        int obeyed = 0;
        for (int s = 120; s < 200; s++)
        {
            controller.Step(s * 1000L - 60_000, s * 1000L);
            if (controller.Mode == ControllerMode.Remote) obeyed++;
        }
        Assert.InRange(obeyed, 4, 6);
    }

    [Fact]
    public void Switched_on_it_begins_from_all_red_and_gets_into_step()
    {
        for (int start = 0; start < 60; start++)
        {
            var controller = new FieldController(City, 0, new FieldOptions { SwitchedOnNow = true });
            var history = new History(City);
            for (int s = 0; s < 120; s++)
            {
                long now = (start + s) * 1000L;
                history.Add(controller.Step(now));
                if (s > 60) Assert.True(ShowsProgramme(controller, now));
            }
            Assert.Empty(history.Faults());
        }
    }

    /// <summary>Killed and back within seconds: cars that had green when the lamps went dark may still be in the junction.</summary>
    [Fact]
    public void Switched_on_it_begins_no_green_before_the_longest_intergreen_towards_it()
    {
        Intersection at = City.Intersections[0];
        for (int start = 0; start < 60; start++)
        {
            var controller = new FieldController(City, 0, new FieldOptions { SwitchedOnNow = true });
            for (long now = 0; now < 10_000; now += 100)
            {
                controller.Offer(Show((uint)(now + 1), start * 1000L + now), at.Stages[start % 3].Aspects, start * 1000L + now);
                ReadOnlySpan<Aspect> shown = controller.Step(start * 1000L + now);
                for (int g = 0; g < shown.Length; g++)
                    for (int other = 0; shown[g].IsGreen() && other < shown.Length; other++)
                        Assert.True(at.Conflicts.Compatible(g, shown[g], other, Aspect.Green)
                            || now >= at.Intergreens.Ms(other, g), $"{g} is green {now} ms after it was switched on");
            }
            Assert.Equal(ControllerMode.Remote, controller.Mode);
        }
    }

    /// <summary>Whatever it shows when the commands stop, it falls back in time, safely, and gets into step.</summary>
    [Fact]
    public void A_silent_brain_is_given_up_within_the_bound()
    {
        for (int silentFrom = 121; silentFrom < 215; silentFrom++)
        {
            var controller = new FieldController(City, 0, new FieldOptions());
            var history = new History(City);
            int fellBackAt = -1;
            for (int s = 100; s < 340; s++)
            {
                long now = s * 1000L;
                if (s is > 120 && s < silentFrom)
                    controller.Offer(Show((uint)s, now), Shifted(now), now);
                history.Add(controller.Step(now));
                if (fellBackAt < 0 && s >= silentFrom && controller.Mode == ControllerMode.Fallback) fellBackAt = s;
                if (s > silentFrom + 8 + 70) Assert.True(controller.InStepWithProgramme && ShowsProgramme(controller, now));
            }
            Assert.Empty(history.Faults());
            Assert.InRange(fellBackAt, silentFrom, silentFrom + 8);
        }
    }

    /// <summary>The programme 23 s later: safe by itself, and taken over only when it fits what is shown.</summary>
    private static Aspect[] Shifted(long nowMs) =>
        Programme.Intervals[Programme.IntervalAt(nowMs - 23_000, out _)].Aspects;

    [Fact]
    public void A_stale_validity_ends_obedience_before_the_bound()
    {
        var controller = new FieldController(Crossroads.Build(), 0, new FieldOptions());
        controller.Step(120_000);
        controller.Offer(new ReceivedCommand(CommandKind.Show, 0, 1, 121_000, 123_000, 0), Aspects.Parse("GgrGr"), 121_000);
        controller.Step(121_000);
        controller.Step(123_000);
        Assert.Equal(ControllerMode.Remote, controller.Mode);
        controller.Step(124_000);
        Assert.Equal(ControllerMode.Fallback, controller.Mode);
    }

    [Fact]
    public void It_takes_commands_again_and_a_restarted_brain_may_count_from_one()
    {
        var controller = new FieldController(Crossroads.Build(), 0, new FieldOptions());
        controller.Step(120_000);
        Aspect[] main = Aspects.Parse("GgrGr")!;
        Assert.Equal(Refusal.None, controller.Offer(Show(9000, 121_000), main, 121_000));
        controller.Step(121_000);
        Assert.Equal(Refusal.Replayed, controller.Offer(Show(1, 122_000), main, 122_000));
        for (int s = 122; s < 181; s++) controller.Step(s * 1000L);
        Assert.Equal(ControllerMode.Fallback, controller.Mode);
        ReceivedCommand old = Show(9000, 126_000);
        Assert.Equal(Refusal.Replayed, controller.Offer(old, main, 126_000));
        Assert.Equal(Refusal.None, controller.Offer(Show(1, 182_000), main, 182_000));
        controller.Step(182_000);
        Assert.Equal(ControllerMode.Remote, controller.Mode);
        Assert.Equal(1u, controller.LastSequence);
        Assert.Equal(1, controller.Fallbacks);
    }

    [Fact]
    public void Released_it_falls_back_at_once()
    {
        var controller = new FieldController(Crossroads.Build(), 0, new FieldOptions());
        controller.Step(120_000);
        controller.Offer(Show(1, 121_000), Aspects.Parse("GgrGr"), 121_000);
        controller.Step(121_000);
        Assert.Equal(Refusal.None,
            controller.Offer(Show(2, 122_000) with { Kind = CommandKind.Release, TargetStage = -1 }, [], 122_000));
        controller.Step(122_000);
        Assert.Equal(ControllerMode.Fallback, controller.Mode);
    }

    [Fact]
    public void Without_a_programme_it_flashes_and_says_so()
    {
        var controller = new FieldController(Crossroads.Build(withProgramme: false), 0, new FieldOptions());
        Assert.Equal("ooooo", Aspects.Write(controller.Step(0)));
        Assert.Equal(ControllerMode.Flash, controller.Mode);
    }

    /// <summary>Whatever is thrown at it, in whatever order and at whatever time, the street stays safe.</summary>
    [Fact]
    public void Random_commands_never_make_an_unsafe_street()
    {
        Aspect[] palette = [Aspect.Red, Aspect.Red, Aspect.Yellow, Aspect.GreenYield, Aspect.Green];
        long accepted = 0, refused = 0;
        for (ulong seed = 0; seed < 60; seed++)
        {
            var random = SeededRandom.For(seed, 1);
            var controller = new FieldController(City, 0, new FieldOptions());
            var history = new History(City);
            var asked = new Aspect[5];
            for (int s = 0; s < 1500; s++)
            {
                long now = s * 1000L;
                bool quiet = s % 200 > 170;
                for (int k = random.Next(4); k > 0 && !quiet; k--)
                {
                    controller.Shown.CopyTo(asked);
                    for (int n = random.Next(3); n > 0; n--) asked[random.Next(5)] = palette[random.Next(palette.Length)];
                    if (random.Next(20) == 0) City.Intersections[0].Stages[random.Next(3)].Aspects.CopyTo(asked, 0);
                    long made = now - random.Next(3000);
                    controller.Offer(Show((uint)(s * 4 + random.Next(4)), made), asked, now);
                }
                history.Add(controller.Step(now));
            }
            Assert.Empty(history.Faults());
            accepted += controller.Accepted;
            refused += controller.RefusedInAll;
        }
        Assert.True(accepted > 1000 && refused > 1000, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public void A_step_and_an_offer_allocate_nothing()
    {
        var controller = new FieldController(City, 0, new FieldOptions());
        Aspect[] main = Aspects.Parse("GgrGr")!, clash = Aspects.Parse("GGGGG")!;
        Run(0, 300);
        Assert.Equal(0, Allocated.Least(round => Run(300 + 400 * round, 700 + 400 * round)));

        void Run(int from, int to)
        {
            for (int s = from; s < to; s++)
            {
                long now = s * 1000L;
                if (s % 100 > 40) controller.Offer(Show((uint)s, now), s % 7 == 0 ? clash : main, now);
                controller.Step(now);
            }
        }
    }
}
