using System.CommandLine;
using System.Globalization;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.Host;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Simulation;
using CityBrain.Street;
using CityBrain.Telemetry;
using SceneryShape = CityBrain.Dashboard.SceneryShape;

namespace CityBrain.Commands;

/// <summary>
/// `citybrain`, without more: a made-up city on a working morning, its sensors and controllers on the embedded broker,
/// and the brain and dashboard that serve it. The street is the clock, so that it can run faster than real time.
/// </summary>
internal sealed class DemoCommand
{
    /// <summary>Seconds of traffic before anyone looks, under the intersections' own programmes.</summary>
    private const int WarmUpS = 600;
    private const double StartHour = 7.5;
    private const string TimeZone = "Asia/Shanghai";
    private static readonly TimeSpan UtcOffset = TimeSpan.FromHours(8);

    private readonly RunCommandOptions _run = new();
    private readonly Option<string> _speed = new("--speed")
    { Description = "times real time, or max", DefaultValueFactory = _ => "1" };
    private readonly Option<ulong> _seed = new("--seed")
    { Description = "seed of the day's traffic", DefaultValueFactory = _ => 1 };

    /// <summary>Adds the demo's options to the root, and a command of its own name.</summary>
    public static void AddTo(RootCommand root)
    {
        var bare = new DemoCommand();
        bare.AddOptionsTo(root);
        var named = new DemoCommand();
        var command = new Command("demo", "Run the demo city; what `citybrain` does without a command.");
        named.AddOptionsTo(command);
        command.WithExamples("citybrain demo --speed 10", "citybrain demo --policy fixed --port 8081 --mqtt-port 0");
        root.Add(command);
    }

    private void AddOptionsTo(Command command)
    {
        _run.AddTo(command, ofDistrict: false);
        command.Add(_speed);
        command.Add(_seed);
        command.SetAction((parsed, cancel) => RunAsync(parsed, cancel));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        double speed = Speed(parsed.GetValue(_speed)!);
        City city = DemoCity.Build();
        RunOptions asked = _run.Read(parsed, city);
        if (asked.Journal is { } folder && JournalRecovery.HasJournal(folder))
            throw CliFailure.Failed($"'{folder}' holds a journal already, and the demo's day begins anew: choose another folder");
        RunOptions options = asked with
        {
            Clock = ClockSource.Feed, ShownClock = ClockMode.Simulated, TimeZone = TimeZone, Scenery = Scenery(),
            ChineseNames = ChineseNames(),
        };
        var log = Log.FromEnvironment();
        await using BrainHost host = await BrainHost.StartAsync(options, log, RunCommandOptions.ShowPassword, cancel);
        await using StreetSide street = await StartStreetAsync(host, options, city, parsed.GetValue(_seed), speed, cancel);
        RunCommandOptions.SayWhere(host, options);
        Task playing = street.RunAsync(cancel);
        await RunCommandOptions.UntilEnd(Task.WhenAny(host.Completion, playing).Unwrap(), cancel);
        return ExitCode.Ok;
    }

    private static async Task<StreetSide> StartStreetAsync(
        BrainHost host, RunOptions options, City city, ulong seed, double speed, CancellationToken cancel)
    {
        MqttClientOptions broker =
            options.Broker ?? new MqttClientOptions { Host = options.Bind.ToString(), Port = host.MqttPort };
        var street = new StreetOptions
        {
            Broker = broker with { ClientId = "street", QueueBytes = 16 << 20 },
            Lockstep = true,
            Speed = speed,
            Binary = true,
            CommandKeys = options.CommandKeys,
        };
        DateTime today = DateTimeOffset.UtcNow.ToOffset(UtcOffset).Date;
        long startMs = new DateTimeOffset(today.AddHours(StartHour), UtcOffset).ToUnixTimeMilliseconds();
        SimulationOptions morning = SimulationOptions.Morning(city, seed, StartHour * 3600 - WarmUpS, startMs - WarmUpS * 1000L);
        StreetSide side = await StreetSide.StartAsync(city, morning, street, TimeProvider.System, cancel);
        for (int s = 0; s < WarmUpS; s++) side.Street.Step();
        return side;
    }

    private static SceneryShape[] Scenery() =>
    [
        .. DemoCity.Scenery().Shapes.Where(s => s.Kind is not SceneryKind.Lane)
            .Select(s => new SceneryShape(s.Kind == SceneryKind.Water ? "water" : "park", s.Outline, 0, s.Name)),
    ];

    private static Dictionary<string, string> ChineseNames()
    {
        Simulation.Scenery scenery = DemoCity.Scenery();
        return scenery.Shapes.Select(s => new PlaceName(s.Name, s.Chinese)).Concat(scenery.Streets).Concat(scenery.Districts)
            .Append(new PlaceName("Lanhe", "蓝河市")).DistinctBy(n => n.Name).ToDictionary(n => n.Name, n => n.Chinese);
    }

    private static double Speed(string text) =>
        text == "max" ? double.PositiveInfinity
        : double.TryParse(text.TrimEnd('x'), NumberStyles.Float, CultureInfo.InvariantCulture, out double speed) && speed > 0
            ? speed
            : throw CliFailure.Usage($"--speed is a number above 0 or max, not '{text}'");
}
