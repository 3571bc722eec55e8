using System.Text.Json;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests.Lockstep;

/// <summary>
/// A simulator of somebody else's in another language, over two brokers: the same readings and ticks give the same
/// commands and the same digest, and the journal replayed in process gives it again.
/// </summary>
[Collection(nameof(Alone))]
public sealed class LockstepTests : IDisposable
{
    private const int Seconds = 240;
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-lockstep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RealPartFact("node", "npm", "mosquitto")]
    public async Task Embedded_broker_mosquitto_and_replay_give_the_same_digest()
    {
        string city = Path.Combine(_folder, "city.json");
        await File.WriteAllBytesAsync(city, CityJson.Write(TinyCity.Describe()));
        await NodePeer.InstallAsync();

        string embeddedJournal = Path.Combine(_folder, "embedded"), mosquittoJournal = Path.Combine(_folder, "mosquitto");
        JsonElement embedded = await RunAsync(city, embeddedJournal, null);
        using RunningMosquitto mosquitto = await RunningMosquitto.StartAsync();
        JsonElement foreign = await RunAsync(city, mosquittoJournal, mosquitto.Port);

        Assert.Equal(Seconds, embedded.GetProperty("ticks").GetInt32());
        Assert.True(embedded.GetProperty("commands").GetInt32() > Seconds / 4, embedded.ToString());
        Assert.Equal(embedded.ToString(), foreign.ToString());
        JsonElement first = await VerifyAsync(embeddedJournal), second = await VerifyAsync(mosquittoJournal);
        Assert.Equal(first.GetProperty("digest").GetString(), second.GetProperty("digest").GetString());
        Assert.True(first.GetProperty("digestsEqual").GetInt32() >= Seconds / 60);
    }

    private static async Task<JsonElement> RunAsync(string city, string journal, int? brokerPort)
    {
        string[] where = brokerPort is { } port
            ? ["--broker", $"mqtt://127.0.0.1:{port}"]
            : ["--mqtt-port", RunningProgram.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture)];
        using RunningProgram brain = RunningProgram.Product(
            ["run", "--city", city, "--clock", "feed", "--policy", "max-pressure", "--no-dashboard", "--journal", journal, .. where]);
        await brain.LineWithAsync("Ctrl-C");
        using RunningProgram street = RunningProgram.Start("node",
            Path.Combine(NodePeer.Folder, "lockstep.mjs"), where[1].Split(':')[^1], city, $"{Seconds}");
        Assert.True(await street.EndAsync() == 0, $"{street}\n{brain}");
        brain.Interrupt();
        Assert.Equal(130, await brain.EndAsync());
        return JsonDocument.Parse(street.Output.Single()).RootElement;
    }

    private static async Task<JsonElement> VerifyAsync(string journal)
    {
        using RunningProgram verify = RunningProgram.Product("verify", journal, "--json");
        Assert.True(await verify.EndAsync() == 0, verify.ToString());
        return JsonDocument.Parse(verify.Output.Single()).RootElement;
    }
}

/// <summary>The packages of tests/node, installed once when a test first needs them.</summary>
internal static class NodePeer
{
    public static string Folder => Path.Combine(RealPart.Root, "tests", "node");

    public static async Task InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "mqtt"))) return;
        using RunningProgram npm = RunningProgram.StartIn(Folder, "npm", "ci", "--no-audit", "--no-fund");
        Assert.True(await npm.EndAsync() == 0, npm.ToString());
    }
}
