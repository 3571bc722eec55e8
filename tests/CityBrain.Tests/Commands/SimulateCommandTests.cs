using System.Text.Json;
using CityBrain.Testing;

namespace CityBrain.Tests.Commands;

/// <summary>The whole line in one process: streets, sensors, brain, gate, controllers.</summary>
public class SimulateCommandTests
{
    private static async Task<JsonElement> SimulateAsync(params string[] arguments)
    {
        using RunningProgram program = RunningProgram.Product(["simulate", "--json", "--hours", "0.1", .. arguments]);
        Assert.True(await program.EndAsync() == 0, program.ToString());
        return JsonDocument.Parse(program.Output.Single()).RootElement;
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_digest_and_another_seed_another()
    {
        JsonElement first = await SimulateAsync("--policy", "actuated", "--seed", "3");
        JsonElement again = await SimulateAsync("--policy", "actuated", "--seed", "3");
        JsonElement other = await SimulateAsync("--policy", "actuated", "--seed", "4");
        Assert.Equal(first.GetProperty("digest").GetString(), again.GetProperty("digest").GetString());
        Assert.NotEqual(first.GetProperty("digest").GetString(), other.GetProperty("digest").GetString());
        Assert.True(first.GetProperty("commands").GetInt64() > 1000);
        Assert.Equal(0, first.GetProperty("refused").GetInt64());
        Assert.Equal(first.GetProperty("entered").GetInt64(),
            first.GetProperty("arrived").GetInt64() + first.GetProperty("inside").GetInt64());
    }

    [Theory]
    [InlineData("--hours", "-1")]
    [InlineData("--policy", "wishful")]
    [InlineData("--start", "25")]
    public async Task What_makes_no_sense_is_said_with_the_usage_code(string option, string value)
    {
        using RunningProgram program = RunningProgram.Product("simulate", option, value);
        Assert.Equal(2, await program.EndAsync());
        Assert.NotEmpty(program.Errors);
    }

    [Fact]
    public async Task A_missing_city_file_has_a_code_of_its_own()
    {
        using RunningProgram program = RunningProgram.Product("simulate", "--city", "no-such-city.json");
        Assert.Equal(66, await program.EndAsync());
    }
}
