using CityBrain.Model;
using CityBrain.SignalControl.Safety;

namespace CityBrain.SignalControl.Tests.Safety;

/// <summary>One planted violation of each kind, next to the step that is right.</summary>
public class AspectCheckTests
{
    private readonly AspectCheck _check;

    public AspectCheckTests()
    {
        _check = new AspectCheck(Junctions.Crossroads().Intersections[0]);
        _check.Adopt(Aspects.Parse("GGrrgr"), new long[6]);
    }

    private Violation At(int seconds, string aspects) => _check.Check(Aspects.Parse(aspects), seconds * 1_000);

    private void Shown(int seconds, string aspects)
    {
        Assert.Equal(Violation.None, At(seconds, aspects));
        _check.Accept(Aspects.Parse(aspects), seconds * 1_000);
    }

    [Fact]
    public void Conflicting_greens()
    {
        Assert.Equal(Violation.Conflict, At(20, "GGGrgr"));
        Assert.Equal(Violation.Conflict, At(20, "GGrrGr"));     // the left turn protected beside its opponent
        Assert.Equal(Violation.None, At(20, "GGrrgr"));
    }

    [Fact]
    public void Too_few_or_unknown_aspects()
    {
        Assert.Equal(Violation.Malformed, At(20, "GGrrg"));
        Assert.Equal(Violation.Malformed, _check.Check([(Aspect)8, 0, 0, 0, 0, 0], 20_000));
    }

    [Fact]
    public void Green_too_short()
    {
        Assert.Equal(Violation.ShortGreen, At(4, "yGrrgr"));
        Assert.Equal(0, _check.Offender);
        Assert.Equal(Violation.ShortGreen, At(5, "GGrryr"));    // its own minimum is 6 s
        Assert.Equal(Violation.None, At(5, "yGrrgr"));
    }

    [Fact]
    public void Walk_and_clearance_too_short()
    {
        _check.Adopt(Aspects.Parse("rrrGrG"), new long[6]);
        Assert.Equal(Violation.ShortGreen, At(11, "rrrGrr"));
        Assert.Equal(Violation.None, At(12, "rrrGrr"));         // and no yellow, for the group has none
    }

    [Fact]
    public void Green_straight_to_red() => Assert.Equal(Violation.NoYellow, At(20, "rGrrgr"));

    [Fact]
    public void Yellow_too_short_or_back_to_green()
    {
        Shown(20, "yyrryr");
        Assert.Equal(Violation.ShortYellow, At(22, "rrrrrr"));
        Assert.Equal(Violation.YellowToGreen, At(23, "Gyrryr"));
        Assert.Equal(Violation.None, At(23, "rrrrrr"));
    }

    [Fact]
    public void Yellow_out_of_red() => Assert.Equal(Violation.YellowFromRed, At(20, "GGyrgr"));

    [Fact]
    public void Green_before_its_intergreen()
    {
        Shown(20, "yyrryr");
        Shown(23, "rrrrrr");
        Assert.Equal(Violation.ShortIntergreen, At(24, "rrGGrr"));      // N to W: 5 s
        Assert.Equal(2, _check.Offender);
        Assert.Equal(Violation.None, At(24, "rrrGrr"));                 // S to E: 3.5 s
        Assert.Equal(Violation.None, At(25, "rrGGrr"));
    }

    [Fact]
    public void Green_in_the_step_in_which_a_conflicting_green_ends()
    {
        Assert.Equal(Violation.ShortIntergreen, At(20, "yyGryr"));
        Assert.Equal(Violation.ShortIntergreen, At(20, "GyrrGr"));      // a permissive green becomes protected
    }
}
