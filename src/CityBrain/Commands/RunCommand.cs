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

    private static async Task<int> RunAsync(RunOptions options, CancellationToken cancel)
    {
        var log = Log.FromEnvironment();
        await using BrainHost host = await BrainHost.StartAsync(options, log, RunCommandOptions.ShowPassword, cancel);
        RunCommandOptions.SayWhere(host, options);
        await RunCommandOptions.UntilEnd(host.Completion, cancel);
        return ExitCode.Ok;
    }
}
