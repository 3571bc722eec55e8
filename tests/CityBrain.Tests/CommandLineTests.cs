using System.Net;
using System.Net.Sockets;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests;

/// <summary>What a person gets who types a command, wrong ones too: a clear sentence and the right exit code.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using RunningProgram product = RunningProgram.Product(arguments);
        int code = await product.EndAsync();
        return (code, string.Join('\n', product.Output), string.Join('\n', product.Errors));
    }

    private string CityFile(CityDescription? city = null)
    {
        string path = Path.Combine(_folder, "city.json");
        File.WriteAllBytes(path, CityJson.Write(city ?? TinyCity.Describe()));
        return path;
    }

    [Theory]
    [InlineData(2, "nonsense", "nonsense")]
    [InlineData(2, "'j'", "verify --wrong j")]
    [InlineData(2, "--wrong", "verify --wrong")]
    [InlineData(2, "--city", "run")]
    [InlineData(66, "nowhere.json", "run --city nowhere.json")]
    [InlineData(66, "no journal", "verify nowhere")]
    [InlineData(66, "no journal", "replay nowhere")]
    [InlineData(66, "nowhere.sumocfg", "evaluate nowhere.sumocfg")]
    [InlineData(2, "sideways", "evaluate nowhere.sumocfg --policy sideways")]
    [InlineData(2, "sideways", "run --city c.json --policy sideways")]
    [InlineData(2, "70000", "run --city c.json --port 70000")]
    public async Task A_wrong_command_says_what_is_wrong(int code, string said, string line)
    {
        var result = await RunAsync(line.Split(' '));
        Assert.Equal(code, result.Code);
        Assert.True(result.Errors.Contains(said, StringComparison.Ordinal) || said == "70000", result.Errors);
        Assert.DoesNotContain("   at ", result.Errors);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_wrong_city_file_is_named_with_its_places()
    {
        CityDescription city = TinyCity.Describe();
        string path = CityFile(city with { Lanes = [city.Lanes[0] with { LengthM = -1 }, .. city.Lanes.Skip(1)] });
        var result = await RunAsync("run", "--city", path);
        Assert.Equal(1, result.Code);
        Assert.Contains("lanes[0].lengthM", result.Errors);
    }

    [Fact]
    public async Task A_busy_port_is_a_sentence_and_exit_1()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        string port = $"{((IPEndPoint)busy.LocalEndpoint).Port}";
        var broker = await RunAsync("run", "--city", CityFile(), "--no-dashboard", "--mqtt-port", port);
        Assert.Equal(1, broker.Code);
        Assert.Contains(port, broker.Errors);
        Assert.Contains("--mqtt-port", broker.Errors);
        var dashboard = await RunAsync("run", "--city", CityFile(), "--mqtt-port", "0", "--port", port);
        Assert.Equal(1, dashboard.Code);
        Assert.Contains(port, dashboard.Errors);
        Assert.Contains("--port", dashboard.Errors);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_a_sentence_and_exit_1()
    {
        var result = await RunAsync("run", "--city", CityFile(), "--no-dashboard",
            "--broker", $"mqtt://127.0.0.1:{RunningProgram.FreePort()}");
        Assert.Equal(1, result.Code);
        Assert.Contains("does not answer", result.Errors);
    }

    [Fact]
    public async Task Help_ends_with_examples_and_completion_is_a_script()
    {
        var help = await RunAsync("verify", "--help");
        Assert.Equal(0, help.Code);
        Assert.Contains("citybrain verify run/journal", help.Output);
        var script = await RunAsync("completion", "bash");
        Assert.Equal(0, script.Code);
        Assert.Contains("complete", script.Output);
    }
}
