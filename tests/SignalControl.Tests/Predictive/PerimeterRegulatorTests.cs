using CityBrain.SignalControl.Planning;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

public class PerimeterRegulatorTests
{
    private const float Critical = PerimeterRegulator.CriticalFill;
    private PerimeterRegulator _regulator;

    private float After(int seconds, float fill)
    {
        for (int t = 0; t < seconds; t++) _regulator.Step(fill, 1);
        return _regulator.Held;
    }

    [Fact]
    public void Below_the_critical_fill_nothing_is_held_back_however_fast_it_fills()
    {
        Assert.Equal(0, After(1, 0));
        Assert.Equal(0, After(1, Critical - 0.001f));
        Assert.Equal(0, After(3600, Critical - 0.001f));
    }

    [Fact]
    public void Above_it_more_is_held_back_the_fuller_and_the_longer()
    {
        float little = After(1, Critical + 0.02f), longer = After(60, Critical + 0.02f);
        Assert.InRange(little, 0.05f, 0.2f);
        Assert.True(longer > little + 0.03f);
        _regulator.Release();
        Assert.True(After(1, Critical + 0.1f) > 2 * little);
        Assert.Equal(PerimeterRegulator.Most, After(3600, Critical + 0.02f));
    }

    [Fact]
    public void An_hour_of_far_too_much_does_not_wind_it_up()
    {
        Assert.Equal(PerimeterRegulator.Most, After(3600, 0.6f), 5);
        Assert.Equal(0, After(1, Critical - 0.01f));
    }

    [Fact]
    public void It_lets_go_by_and_by_while_the_area_empties_to_the_critical_fill()
    {
        After(3600, Critical + 0.05f);
        float before = _regulator.Held;
        for (float fill = Critical + 0.05f; fill > Critical - 0.02f; fill -= 0.01f)
        {
            float held = After(1, fill);
            Assert.True(held <= before, $"{held} after {before}");
            before = held;
        }
        Assert.True(before < 0.9f);
        Assert.Equal(0, After(1200, Critical - 0.02f));
    }
}
