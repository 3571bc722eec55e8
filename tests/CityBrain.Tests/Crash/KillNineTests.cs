using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests.Crash;

/// <summary>
/// Sensors in one process, controllers in another, the brain in a third, real mosquitto between them. The brain is
/// killed without a warning: the controllers fall back, it comes back from its journal and takes over again.
/// </summary>
[Collection(nameof(Alone))]
public sealed partial class KillNineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-kill-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RealPartFact("mosquitto")]
    public async Task Controllers_fall_back_and_the_brain_takes_over_again_from_its_journal()
    {
        string city = Path.Combine(_folder, "city.json"), journal = Path.Combine(_folder, "journal");
        await File.WriteAllBytesAsync(city, CityJson.Write(TinyCity.Describe()));
        using RunningMosquitto mosquitto = await RunningMosquitto.StartAsync();
        string broker = $"mqtt://127.0.0.1:{mosquitto.Port}";
        using RunningProgram controllers = RunningProgram.Product("street", "--city", city, "--broker", broker, "--part", "controllers");
        using RunningProgram sensors = RunningProgram.Product("street", "--city", city, "--broker", broker, "--part", "sensors");
        using var watch = new StateWatch(mosquitto.Port);

        using (RunningProgram first = Brain(city, broker, journal))
        {
            await watch.SeesAsync("remote", first);
            await Task.Delay(TimeSpan.FromSeconds(5));
            first.Kill();
        }
        watch.Forget();
        await watch.SeesAsync("fallback", controllers);
        using RunningProgram second = Brain(city, broker, journal);
        string recovered = await second.LineWithAsync("journal lived through");
        Assert.True(long.Parse(Events().Match(recovered).Groups[1].Value, CultureInfo.InvariantCulture) > 20, recovered);
        watch.Forget();
        await watch.SeesAsync("remote", second);
        second.Interrupt();
        Assert.Equal(130, await second.EndAsync());

        using RunningProgram verify = RunningProgram.Product("verify", journal, "--json");
        Assert.True(await verify.EndAsync() == 0, verify.ToString());
        Assert.Contains("\"equal\":true", verify.Output.Single());
        Assert.Contains("\"end\":\"Clean\"", verify.Output.Single());
    }

    private static RunningProgram Brain(string city, string broker, string journal) => RunningProgram.Product(
        "run", "--city", city, "--broker", broker, "--journal", journal, "--no-dashboard", "--policy", "max-pressure");

    [GeneratedRegex(@"events=(\d+)")]
    private static partial Regex Events();

    /// <summary>What the controller says of itself, heard by mosquitto's own client.</summary>
    private sealed class StateWatch(int port) : IDisposable
    {
        private readonly RunningProgram _program = RunningProgram.Start("mosquitto_sub", "-p",
            port.ToString(CultureInfo.InvariantCulture), "-t", "citybrain/1/d1/controller/x/state");
        private int _from;

        public void Forget() => _from = _program.Output.Length;

        public async Task SeesAsync(string mode, RunningProgram blame)
        {
            string wanted = $"\"mode\":\"{mode}\"";
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < RunningProgram.Patience; await Task.Delay(100))
                if (_program.Output.Skip(_from).Any(l => l.Contains(wanted, StringComparison.Ordinal))) return;
            Assert.Fail($"the controller was never '{mode}': {_program.Output.LastOrDefault()}\n{blame}");
        }

        public void Dispose() => _program.Dispose();
    }
}
