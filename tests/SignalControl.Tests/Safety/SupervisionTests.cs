using CityBrain.Model;
using CityBrain.SignalControl.Safety;

namespace CityBrain.SignalControl.Tests.Safety;

/// <summary>Taking over, keeping, giving up and taking back.</summary>
public class SupervisionTests
{
    private readonly GateRig _rig = new(Junctions.Crossroads());

    [Fact]
    public void Nothing_is_commanded_before_the_controller_has_spoken()
    {
        _rig.Traffic.Controllers[0].Mode = ControllerMode.Unknown;
        for (int i = 0; i < 30; i++)
        {
            _rig.Tick(0);
            Assert.Null(_rig.Last);
        }
        Assert.Equal(IntersectionMode.TakingOver, _rig.Mode);
    }

    [Fact]
    public void A_yellow_on_the_street_is_waited_for()
    {
        _rig.ShowOnStreet("yGrryr");
        _rig.Run(0, 3);
        Assert.Equal(IntersectionMode.TakingOver, _rig.Mode);
        _rig.ShowOnStreet("rGrrrr");
        _rig.Run(2, 3);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
        _rig.GoTo(2);
        Assert.Empty(_rig.Audit.Faults);
    }

    [Fact]
    public void Greens_are_adopted_with_their_age()
    {
        _rig.Run(0, 1);
        _rig.Run(2, 3);
        Assert.Equal("GGrrgr", _rig.Shown);       // 5 s and 6 s of shortest green are not over
        _rig.Run(2, 4);
        Assert.Equal("yyrryr", _rig.Shown);
        Assert.Empty(_rig.Audit.Faults);
    }

    [Fact]
    public void Aspects_that_are_no_stage_are_left_by_way_of_yellow()
    {
        _rig.ShowOnStreet("rGrrrr");
        _rig.Run(2, 5);
        Assert.Equal(IntersectionMode.TakingOver, _rig.Mode);       // its green is too young to be ended
        _rig.Tick(2);
        Assert.Equal("ryrrrr", _rig.Shown);
        _rig.GoTo(2);
        Assert.Empty(_rig.Audit.Faults);
    }

    [Fact]
    public void A_quiet_stage_is_commanded_again_every_two_seconds_with_rising_numbers()
    {
        uint last = 0;
        int commands = 0;
        for (int i = 0; i < 21; i++)
        {
            _rig.Tick(0);
            if (_rig.Last is not { } command) continue;
            commands++;
            Assert.False(command.Changed);
            Assert.True(last == 0 || command.Sequence == last + 1);
            Assert.Equal(command.TimeMs + 10_000, command.ValidUntilMs);
            last = command.Sequence;
        }
        Assert.Equal(11, commands);
    }

    [Fact]
    public void A_restarted_brain_counts_on_from_above_what_the_last_one_sent()
    {
        _rig.Run(0, 100);
        _rig.Run(2, 100);
        uint before = _rig.Last is { } c ? c.Sequence : 0;
        for (int i = 0; before == 0; i++)
        {
            _rig.Tick(2);
            before = _rig.Last?.Sequence ?? 0;
        }
        _rig.Gate.Start(_rig.NowMs);
        _rig.Tick(2);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
        Assert.True(_rig.Last!.Value.Sequence > before);
        Assert.Equal("rrGGrr", _rig.Shown);
    }

    [Fact]
    public void Stale_data_gives_the_intersection_up_and_fresh_data_take_it_back_after_a_while()
    {
        _rig.Run(0, 20);
        _rig.SensorsAlive = false;
        _rig.Run(0, 10);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
        _rig.Tick(0);
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
        Assert.Equal(Rule.Stale, _rig.Gate.ReleasedFor(0));
        Assert.Equal(CommandKind.Release, _rig.Last!.Value.Kind);
        Assert.Equal(Rule.Stale, _rig.Last!.Value.Reason.Gate);
        _rig.SensorsAlive = true;
        _rig.Run(0, 10);
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
        _rig.Tick(0);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
        Assert.Equal(Rule.None, _rig.Gate.ReleasedFor(0));
    }

    [Fact]
    public void Data_that_come_and_go_do_not_make_it_take_back()
    {
        _rig.SensorsAlive = false;
        _rig.Run(0, 2_000);                     // longer than the time since the clock began
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
        for (int i = 0; i < 10; i++)
        {
            _rig.SensorsAlive = true;
            _rig.Tick(0);
            _rig.SensorsAlive = false;
            _rig.Run(0, 12);
        }
        Assert.Equal(1, _rig.Gate.Counters(0).Releases);
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
    }

    [Fact]
    public void An_intersection_without_sensors_is_never_stale()
    {
        var rig = new GateRig(Junctions.Crossroads(sensors: false));
        rig.Run(0, 100);
        Assert.Equal(IntersectionMode.Commanding, rig.Mode);
    }

    [Theory]
    [InlineData(ControllerMode.Fault)]
    [InlineData(ControllerMode.Flash)]
    [InlineData(ControllerMode.Off)]
    public void A_controller_in_trouble_is_given_up(ControllerMode mode)
    {
        _rig.Run(0, 20);
        _rig.Obeys = false;
        _rig.Traffic.Controllers[0].Mode = mode;
        _rig.Tick(0);
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
        Assert.Equal(Rule.ControllerFault, _rig.Gate.ReleasedFor(0));
    }

    [Fact]
    public void A_controller_that_can_only_flash_by_itself_is_taken_over_from_flashing()
    {
        var rig = new GateRig(Junctions.Crossroads(programme: false));
        rig.ShowOnStreet("oooooo");
        rig.Traffic.Controllers[0].Mode = ControllerMode.Flash;
        rig.GoTo(2);
        Assert.Equal("rrGGrr", rig.Shown);
    }

    [Fact]
    public void A_silent_controller_is_given_up()
    {
        _rig.Run(0, 20);
        _rig.ControllerAlive = false;
        _rig.Run(0, 15);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
        _rig.Tick(0);
        Assert.Equal(Rule.ControllerFault, _rig.Gate.ReleasedFor(0));
    }

    [Fact]
    public void A_controller_that_went_its_own_way_is_taken_over_from_where_it_is()
    {
        _rig.Run(0, 20);
        _rig.Traffic.Controllers[0].Mode = ControllerMode.Fallback;
        _rig.ShowOnStreet("rrGGrr");
        _rig.Run(2, 8);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
        Assert.True(_rig.Refused > 0);          // what it was told did not fit what it shows
        Assert.Equal(2, _rig.Gate.Counters(0).TakeOvers);
        Assert.Equal(2, _rig.Status.Stage);
    }

    [Fact]
    public void A_controller_that_refuses_is_not_commanded_blindly()
    {
        _rig.Run(0, 20);
        _rig.Obeys = false;                                  // its monitor refuses; it goes on with stage A
        _rig.Run(2, 3);
        Assert.True(_rig.Status.Changing);
        _rig.Run(2, 8);
        Assert.True(_rig.Gate.Counters(0).TakeOvers >= 2);
        _rig.Obeys = true;
        _rig.GoTo(2);
        Assert.Empty(_rig.Audit.Faults);
    }

    /// <summary>The stage table is spoilt in memory: the last check must see it and nothing must go out.</summary>
    [Fact]
    public void A_broken_invariant_sends_nothing_and_gives_the_intersection_up()
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city);
        rig.Run(0, 20);
        city.Intersections[0].Stages[2].Aspects[0] = Aspect.Green;      // N beside W
        rig.Run(2, 10);
        Assert.Equal(IntersectionMode.Released, rig.Mode);
        Assert.Equal(Rule.Invariant, rig.Gate.ReleasedFor(0));
        Assert.Equal(1, rig.Gate.Counters(0).Violations);
        Assert.Empty(rig.Audit.Faults);
        rig.Run(2, 40);
        Assert.Equal(IntersectionMode.Released, rig.Mode);              // for a minute, not only ten seconds
    }

    [Fact]
    public void A_release_in_the_tick_of_a_command_follows_with_the_next_tick()
    {
        _rig.Tick(0);
        Assert.NotNull(_rig.Last);
        _rig.NowMs -= 1_000;
        _rig.Gate.Release(0, Rule.Operator, _rig.NowMs, _rig.Output);
        Assert.Equal(1, _rig.Output.Count);
        _rig.NowMs += 1_000;
        _rig.Tick(0);
        Assert.Equal(CommandKind.Release, _rig.Last!.Value.Kind);
    }
}
