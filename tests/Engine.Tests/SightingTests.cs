using Xunit;

namespace CityBrain.Engine.Tests;

/// <summary>Which vehicles of a picture are believed.</summary>
public class SightingTests
{
    [Fact]
    public void A_vehicle_that_only_one_picture_shows_is_not_believed()
    {
        var d = new EngineDriver().Camera(1, "c-w0", (3, 0)).Camera(2, "c-w0", (3, 0), (80, 0)).Tick(2);
        Assert.Equal(1, d.Lane("w0").SightingCount);
        Assert.Equal(1, d.Lane("w0").Vehicles);
        Assert.Equal(1, d.Lane("w0").Stopped);
    }

    [Fact]
    public void A_second_picture_confirms_it()
    {
        var d = new EngineDriver().Camera(1, "c-w0", (3, 0)).Camera(2, "c-w0", (3, 0), (80, 12)).Camera(3, "c-w0", (3, 0), (69, 12));
        Assert.Equal(2, d.Lane("w0").SightingCount);
    }

    [Fact]
    public void Who_has_just_driven_in_is_believed_at_once()
    {
        var d = new EngineDriver().Camera(1, "c-w0").Camera(2, "c-w0", (195, 12));
        Assert.Equal(1, d.Lane("w0").SightingCount);
    }

    [Fact]
    public void After_a_pause_everybody_is_believed()
    {
        var d = new EngineDriver().Camera(1, "c-w0").Camera(6, "c-w0", (80, 0));
        Assert.Equal(1, d.Lane("w0").SightingCount);
    }

    [Fact]
    public void Noise_of_five_metres_hides_nobody()
    {
        var d = new EngineDriver().Camera(1, "c-w0", (80, 0)).Camera(2, "c-w0", (88, 0)).Camera(3, "c-w0", (80, 1));
        Assert.Equal(1, d.Lane("w0").SightingCount);
    }
}
