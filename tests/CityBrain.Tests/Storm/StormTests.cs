using CityBrain.Storm;

namespace CityBrain.Tests.Storm;

/// <summary>The whole system in simulated storms. `citybrain storm --seeds 1-10000` lives through more of them.</summary>
[Collection(nameof(Alone))]
public sealed class StormTests
{
    [Theory]
    [InlineData(20_001)]
    [InlineData(20_051)]
    [InlineData(20_101)]
    [InlineData(20_151)]
    public void Fifty_storms_break_no_rule(int from)
    {
        var broken = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(from, from + 50, seed =>
        {
            StormResult result = StormWorld.Run(StormScript.Draw((ulong)seed));
            if (result.Rule is not null) broken.Add($"seed {seed}: {result.Text}");
        });
        Assert.Empty(broken);
    }

    [Fact]
    public void A_seed_gives_the_same_run_again_and_another_seed_another_one()
    {
        StormResult once = StormWorld.Run(StormScript.Draw(17)), again = StormWorld.Run(StormScript.Draw(17));
        Assert.Equal(once.Digest, again.Digest);
        Assert.NotEqual(once.Digest, StormWorld.Run(StormScript.Draw(18)).Digest);
    }

    [Fact]
    public void A_script_read_from_its_text_gives_the_same_run()
    {
        StormScript drawn = StormScript.Draw(23);
        StormScript read = StormScript.Parse(drawn.ToString());
        Assert.Equal(drawn.ToString(), read.ToString());
        Assert.Equal(StormWorld.Run(drawn).Digest, StormWorld.Run(read).Digest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("storm seed x junctions 1 policy fixed ms 1000")]
    [InlineData("storm seed 1 junctions 1 policy none ms 1000")]
    [InlineData("storm seed 1 junctions 1 policy fixed ms 99999999999999")]
    [InlineData("storm seed 1 junctions 1 policy fixed ms 1000\n5 Rain brain for 1 amount 0")]
    [InlineData("storm seed 1 junctions 1 policy fixed ms 1000\n5 Kill brain for ever")]
    public void A_script_that_makes_no_sense_is_refused(string text) =>
        Assert.Throws<FormatException>(() => StormScript.Parse(text));

    /// <summary>Storms that once broke a rule, each with what was wrong.</summary>
    [Theory]
    // A sync that failed, a restart that did not know of it, and a power cut: acknowledged events were gone.
    [InlineData("""
        storm seed 536 junctions 1 policy fixed ms 91187
        38656 SyncFails brain for 3370 amount 0
        38928 TornWrite brain for 511 amount 3
        90307 PowerCut brain for 880 amount 0
        """)]
    // Two digests in a row in the journal: verify compared the second with the state after the next event.
    [InlineData("""
        storm seed 34 junctions 1 policy predictive ms 91456
        90188 SyncFails brain for 1268 amount 0
        """)]
    // A button pressed before the brain's first tick was written twice.
    [InlineData("storm seed 10 junctions 1 policy actuated ms 60000")]
    public void What_broke_once_stays_mended(string script)
    {
        StormResult result = StormWorld.Run(StormScript.Parse(script));
        Assert.True(result.Rule is null, result.Text);
    }

    [Fact]
    public void A_storm_has_what_it_says_it_has()
    {
        // A test of the storm itself: faults reach the system, and their traces are there.
        StormResult result = StormWorld.Run(StormScript.Parse("""
            storm seed 3 junctions 2 policy max-pressure ms 100000
            10000 Kill brain for 15000 amount 0
            40000 Forge controller:0 for 10000 amount 0
            55000 Replay controller:1 for 10000 amount 0
            70000 Cut controller:0 for 0 amount 0
            80000 DiskFull brain for 2000 amount 10
            """));
        Assert.True(result.Rule is null, result.Text);
        Assert.Equal(2, result.Figures.BrainStarts);
        Assert.Equal(2, result.Figures.FallbackMs.Count(ms => ms is >= 9_000 and <= 11_000));
        Assert.True(result.Figures.Refused[(int)Model.Refusal.Forged] > 20, "forged");
        Assert.True(result.Figures.Refused[(int)Model.Refusal.Stale] + result.Figures.Refused[(int)Model.Refusal.Replayed] > 20, "replayed");
        Assert.True(result.Figures.Acknowledged > 10, "acknowledged");
        Assert.True(result.Figures.RecoveryMs >= 0, "recovered");
    }
}
