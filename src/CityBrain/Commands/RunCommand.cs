using System.CommandLine;
using System.Net;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Host;
using CityBrain.Model;
using CityBrain.Telemetry;

namespace CityBrain.Commands;

/// <summary>`citybrain run`: a brain for a city file, with a broker of its own or somebody else's.</summary>
internal static class RunCommand
{
    public static Command Build()
    {
        var options = new RunCommandOptions();
        var city = new Option<FileInfo>("--city") { Description = "city file", Required = true };
        var command = new Command("run", "Run the brain for a city: sensors and controllers come over MQTT.") { city };
        options.AddTo(command);
        command.WithExamples(
            "citybrain run --city city.json",
            "citybrain run --city city.json --broker mqtt://10.0.0.5:1883 --journal run/journal",
            "citybrain run --city city.json --broker mqtt://127.0.0.1:1883 --clock feed");
        command.SetAction((parsed, cancel) =>
        {
            City read = CityFile.Read(parsed.GetValue(city)!.FullName);
            return RunAsync(options.Read(parsed, read), cancel);
        });
        return command;
    }

    /// <summary>
    /// Whether the brain's thread took anything since the last question. A wall clock ticks every second; with a clock
    /// that comes over MQTT silence says nothing of the brain.
    /// </summary>
    private static Func<bool> MovesOn(BrainHost host, RunOptions options)
    {
        long before = -1;
        return () =>
        {
            long now = host.Loop.Events + host.Loop.NotJournaled;
            bool moved = now != before || options.Clock == ClockSource.Feed;
            before = now;
            return moved;
        };
    }

    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancel)
    {
        var log = Log.FromEnvironment();
        await using BrainHost host = await BrainHost.StartAsync(options, log, RunCommandOptions.ShowPassword, cancel);
        RunCommandOptions.SayWhere(host, options);
        using SystemdLink? systemd = SystemdLink.FromEnvironment();
        systemd?.Ready($"{options.City.Intersections.Length} intersections");
        Task watching = systemd?.WatchAsync(MovesOn(host, options), cancel) ?? Task.CompletedTask;
        await RunCommandOptions.UntilEnd(host.Completion, cancel);
        systemd?.Stopping();
        await watching;
        return ExitCode.Ok;
    }
}
