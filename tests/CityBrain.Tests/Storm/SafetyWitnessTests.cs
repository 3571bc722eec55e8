using CityBrain.Model;
using CityBrain.Storm;
using CityBrain.Testing;

namespace CityBrain.Tests.Storm;

/// <summary>The witness is the storm's only judge of what is unsafe: here it is seen to complain of each thing.</summary>
public sealed class SafetyWitnessTests
{
    private readonly Intersection _at = CrossingCity.Build().Intersections[0];

    [Theory]
    [InlineData("rrr 10 Grr 20 rrr", "without yellow")]
    [InlineData("rrr 10 Grr 2 yrr", "at least 5000")]
    [InlineData("rrr 10 Grr 20 yrr 1 rrr", "yellow for 1000 ms")]
    [InlineData("rrr 10 Grr 20 yrr 3 Grr", "yellow to green")]
    [InlineData("rrr 10 Grr 20 GGr", "green together")]
    public void It_sees_what_is_wrong(string shown, string complaint) => Assert.Contains(complaint, Look(shown));

    [Fact]
    public void It_sees_a_green_before_the_intergreen_is_over()
    {
        int needMs = _at.Intergreens.Ms(0, 1);
        Assert.True(needMs >= 3000);
        Assert.Contains("at least", Look($"rrr 10 Grr 20 yrr 3 rrr 0 rGr", endEarlyMs: 1));
    }

    [Fact]
    public void It_is_content_with_a_proper_change()
    {
        int allRedS = Math.Max(0, (_at.Intergreens.Ms(0, 1) + 999) / 1000 - 3);
        Assert.Equal("", Look($"rrr 10 Grr 20 yrr 3 rrr {allRedS} rGr 20 ryr 3 rrr"));
    }

    /// <summary>Shows aspects one after the other with so many seconds between; the first complaint, or "".</summary>
    private string Look(string shown, int endEarlyMs = 0)
    {
        var witness = new SafetyWitness(_at);
        string[] words = shown.Split(' ');
        long nowMs = 1_000_000;
        for (int i = 0; i < words.Length; i += 2)
        {
            long atMs = i == words.Length - 1 ? nowMs - endEarlyMs : nowMs;
            if (witness.Look(Aspects.Parse(words[i])!, atMs, commanded: true) is { } wrong) return wrong;
            if (i + 1 < words.Length) nowMs += 1000 * int.Parse(words[i + 1], System.Globalization.CultureInfo.InvariantCulture);
        }
        return "";
    }
}
