using CityBrain.Model;
using CityBrain.SignalControl.Safety;

namespace CityBrain.SignalControl.Tests.Safety;

/// <summary>Operators step in, within the same rules.</summary>
public class OverrideTests
{
    private readonly GateRig _rig = new(Junctions.Crossroads());

    public OverrideTests() => _rig.Run(0, 20);

    private bool Order(OverrideKind kind, int stage, int seconds) =>
        _rig.Gate.Override(0, kind, stage, _rig.NowMs, _rig.NowMs + seconds * 1_000);

    [Fact]
    public void Hold_keeps_the_stage_until_it_expires()
    {
        Assert.True(Order(OverrideKind.Hold, 0, 30));
        _rig.Run(2, 30);
        Assert.Equal(0, _rig.Status.Stage);
        Assert.Equal(Rule.Operator, _rig.Reason.Gate);
        _rig.Tick(2);
        Assert.Equal(2, _rig.Status.Stage);
    }

    [Fact]
    public void Force_goes_there_safely_and_stays()
    {
        Assert.True(Order(OverrideKind.Force, 2, 60));
        _rig.Run(0, 40);
        Assert.Equal("rrGGrr", _rig.Shown);
        Assert.Empty(_rig.Audit.Faults);
        _rig.Run(0, 30);
        Assert.Equal("GGrrgr", _rig.Shown);
    }

    [Fact]
    public void Skip_leaves_a_stage_out_even_when_somebody_waits()
    {
        Assert.True(Order(OverrideKind.Skip, 3, 400));
        _rig.Call(5, _rig.NowMs);                               // P is green in stage 3 only
        for (int i = 0; i < 300; i++)
        {
            _rig.Tick(3);
            Assert.NotEqual(3, _rig.Status.Stage);
        }
    }

    [Fact]
    public void Skip_of_the_stage_shown_leaves_it()
    {
        Assert.True(Order(OverrideKind.Skip, 0, 100));
        _rig.Run(0, 20);
        Assert.Equal(1, _rig.Status.Stage);
    }

    [Fact]
    public void Programme_gives_the_intersection_to_its_controller_and_takes_it_back()
    {
        Assert.True(Order(OverrideKind.Programme, 0, 60));
        _rig.Tick(0);
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
        Assert.Equal(Rule.Operator, _rig.Gate.ReleasedFor(0));
        _rig.Run(0, 59);
        Assert.Equal(IntersectionMode.Released, _rig.Mode);
        _rig.Run(0, 12);
        Assert.Equal(IntersectionMode.Commanding, _rig.Mode);
    }

    [Fact]
    public void Release_ends_an_order()
    {
        Assert.True(Order(OverrideKind.Hold, 0, 600));
        Assert.True(Order(OverrideKind.Release, 0, 600));
        _rig.GoTo(2);
    }

    [Fact]
    public void The_longest_wait_holds_for_operators_too()
    {
        Assert.True(Order(OverrideKind.Hold, 0, 600));
        _rig.Call(2, _rig.NowMs);
        _rig.Run(0, 121);
        Assert.Equal(2, _rig.Status.Stage);
    }

    [Theory]
    [InlineData(1, OverrideKind.Hold, 0)]
    [InlineData(-1, OverrideKind.Hold, 0)]
    [InlineData(0, OverrideKind.Force, 4)]
    [InlineData(0, OverrideKind.Skip, -1)]
    [InlineData(0, (OverrideKind)9, 0)]
    public void An_order_that_makes_no_sense_is_refused(int intersection, OverrideKind kind, int stage)
    {
        Assert.False(_rig.Gate.Override(intersection, kind, stage, _rig.NowMs, _rig.NowMs + 60_000));
        _rig.GoTo(2);
    }
}
