using System.CommandLine;
using System.Globalization;
using CityBrain.Access;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Commands;

/// <summary>`citybrain street`: plays the sensors and controllers of a simulated city over MQTT.</summary>
internal static class StreetCommand
{
    private sealed record Request(
        MqttClientOptions Broker, string? City, ulong Seed, string Part, string Clock, string Speed, double Start, double Demand,
        int Seconds, bool Binary, string? CommandKeys);

    public static Command Build()
    {
        var broker = new BrokerClientOptions("mqtt://host:port or mqtts://host:port", "mqtt://127.0.0.1:1883");
        var city = new Option<string?>("--city") { Description = "city file; without it the demo city" };
        var seed = new Option<ulong>("--seed") { Description = "seed of the demand", DefaultValueFactory = _ => 1 };
        var part = new Option<string>("--part")
        { Description = "all, sensors (with the traffic) or controllers", DefaultValueFactory = _ => "all" };
        part.AcceptOnlyFromAmong("all", "sensors", "controllers");
        var clock = new Option<string>("--clock")
        { Description = "wall, or feed: the street is the brain's clock", DefaultValueFactory = _ => "wall" };
        clock.AcceptOnlyFromAmong("wall", "feed");
        var speed = new Option<string>("--speed")
        { Description = "with --clock feed: times real time, or max", DefaultValueFactory = _ => "1" };
        var start = new Option<double>("--start")
        { Description = "hour of the day at the beginning", DefaultValueFactory = _ => 7.5 };
        var demand = new Option<double>("--demand")
        { Description = "demand as a share of the usual one", DefaultValueFactory = _ => 1 };
        var seconds = new Option<int>("--seconds") { Description = "end after so many seconds; 0 for never" };
        var binary = new Option<bool>("--binary") { Description = "binary blocks instead of JSON" };
        var commandKeys = CommandKeyFile.Option();
        var command = new Command("street", "Play a city's sensors and controllers over MQTT, with simulated traffic.")
        { city, seed, part, clock, speed, start, demand, seconds, binary, commandKeys };
        broker.AddTo(command);
        command.WithExamples(
            "citybrain street --broker mqtt://127.0.0.1:1883",
            "citybrain street --part sensors   (and --part controllers in another process)",
            "citybrain street --clock feed --speed max --seconds 3600");
        command.SetAction((parsed, cancel) => RunAsync(new Request(
            broker.Read(parsed)!, parsed.GetValue(city), parsed.GetValue(seed), parsed.GetValue(part)!,
            parsed.GetValue(clock)!, parsed.GetValue(speed)!, parsed.GetValue(start), parsed.GetValue(demand),
            parsed.GetValue(seconds), parsed.GetValue(binary), parsed.GetValue(commandKeys)), cancel));
        return command;
    }

    private static async Task<int> RunAsync(Request request, CancellationToken cancel)
    {
        StreetOptions options = OptionsOf(request);
        City city = request.City is null ? DemoCity.Build() : CityFile.Read(request.City);
        options = options with { CommandKeys = CommandKeyFile.Read(request.CommandKeys, city, all: false) };
        double dayS = request.Start * 3600;
        SimulationOptions simulation = request.City is null
            ? SimulationOptions.Morning(city, request.Seed, dayS, (long)(dayS * 1000))
            : new SimulationOptions { Seed = request.Seed, DayS = dayS, StartMs = (long)(dayS * 1000) };
        simulation = simulation with
        {
            DemandShare = request.Demand, Field = new FieldOptions { SwitchedOnNow = options.Part == StreetPart.Controllers },
        };
        StreetSide street;
        try
        {
            street = await StreetSide.StartAsync(city, simulation, options, TimeProvider.System, cancel);
        }
        catch (MqttConnectException e)
        {
            throw CliFailure.Failed($"the MQTT broker {options.Broker.Host}:{options.Broker.Port} does not answer: {e.Message}");
        }
        await using (street)
        {
            street.Stepped += Report;
            await street.RunAsync(cancel);
        }
        return ExitCode.Ok;
    }

    private static StreetOptions OptionsOf(Request request)
    {
        if (request.Start is not (>= 0 and <= 24)) throw CliFailure.Usage("--start is an hour from 0 to 24");
        if (request.Demand is not (>= 0 and <= 100)) throw CliFailure.Usage("--demand is from 0 to 100");
        if (request.Seconds < 0) throw CliFailure.Usage("--seconds is 0 or more");
        bool lockstep = request.Clock == "feed";
        if (lockstep && request.Part != "all")
            throw CliFailure.Usage("--clock feed needs --part all: one process is the clock");
        double speed = request.Speed == "max" ? double.PositiveInfinity
            : double.TryParse(request.Speed.TrimEnd('x'), NumberStyles.Float, CultureInfo.InvariantCulture, out double x)
            && x > 0 ? x : throw CliFailure.Usage($"--speed is a number above 0 or max, not '{request.Speed}'");
        if (!lockstep && request.Speed != "1") throw CliFailure.Usage("--speed goes with --clock feed");
        return new StreetOptions
        {
            Broker = request.Broker with
            {
                ClientId = $"street-{request.Part}-{Environment.ProcessId}", QueueBytes = 16 << 20,
            },
            Part = Enum.Parse<StreetPart>(request.Part, ignoreCase: true),
            Lockstep = lockstep,
            Speed = speed,
            Seconds = request.Seconds,
            Binary = request.Binary,
        };
    }

    /// <summary>A line a minute on stderr.</summary>
    private static void Report(StreetSide street)
    {
        if (street.Street.ElapsedS % 60 != 0) return;
        TrafficFigures f = street.Street.Figures;
        string modes = string.Join(", ", street.Street.Controllers.CountBy(c => c.Mode).OrderBy(m => m.Key)
            .Select(m => $"{m.Value} {m.Key}"));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{street.Street.ElapsedS,6} s  vehicles {f.Inside}, arrived {f.Arrived}, delay {f.MeanDelayS:0.0} s; "
            + $"published {street.Counters.Published}, commands {street.Counters.Commands}, "
            + $"refused {street.Counters.Refused}; {modes}"));
    }
}
