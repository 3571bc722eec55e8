using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Commands;

/// <summary>`citybrain simulate`: the demo city, or any other, with one policy after the other and without a clock.</summary>
internal static class SimulateCommand
{
    /// <summary>The name for controllers that are left alone.</summary>
    private const string NoBrain = "none";

    private sealed record Request(ulong Seed, double Hours, string[] Policies, string? City, double Demand, double DayS, bool Json);

    public static Command Build()
    {
        var seed = new Option<ulong>("--seed") { Description = "seed of the demand", DefaultValueFactory = _ => 1 };
        var hours = new Option<double>("--hours") { Description = "hours to simulate", DefaultValueFactory = _ => 1 };
        var policy = new Option<string[]>("--policy")
        {
            Description = $"policies to compare: {NoBrain} (controllers left alone), {string.Join(", ", Policies.Names)}",
            AllowMultipleArgumentsPerToken = true,
        };
        policy.AcceptOnlyFromAmong([NoBrain, .. Policies.Names]);
        var city = new Option<string?>("--city") { Description = "city file; without it the demo city" };
        var demand = new Option<double>("--demand")
        { Description = "demand as a share of the usual one", DefaultValueFactory = _ => 1 };
        var start = new Option<double>("--start")
        { Description = "hour of the day at the beginning", DefaultValueFactory = _ => 7.5 };
        var json = new Option<bool>("--json") { Description = "one JSON object a policy on stdout" };
        var command = new Command("simulate", "Run a city in this process, without a clock, and compare policies.")
        { seed, hours, policy, city, demand, start, json };
        command.WithExamples(
            "citybrain simulate", "citybrain simulate --policy fixed max-pressure --seed 7 --hours 2",
            "citybrain simulate --city city.json --json");
        command.SetAction((parsed, cancel) => Task.FromResult(Run(new Request(
            parsed.GetValue(seed), parsed.GetValue(hours), parsed.GetValue(policy) ?? [], parsed.GetValue(city),
            parsed.GetValue(demand), parsed.GetValue(start) * 3600, parsed.GetValue(json)), cancel)));
        return command;
    }

    private static int Run(Request request, CancellationToken cancel)
    {
        if (request.Hours is not (> 0 and <= 1000)) throw CliFailure.Usage("--hours is more than 0 and at most 1000");
        if (request.Demand is not (>= 0 and <= 100)) throw CliFailure.Usage("--demand is from 0 to 100");
        if (request.DayS is not (>= 0 and <= 86_400)) throw CliFailure.Usage("--start is an hour from 0 to 24");
        City city = request.City is null ? DemoCity.Build() : CityFile.Read(request.City);
        if (!request.Json) Console.Out.WriteLine(Heading);
        string[] policies = request.Policies.Length > 0 ? request.Policies : [NoBrain, .. Policies.Names];
        foreach (string policy in policies)
        {
            var run = new SimulatedRun(city, OptionsOf(city, request),
                policy == NoBrain ? null : new BrainOptions { Policy = policy });
            double realTime = RunOne(run, (int)(request.Hours * 3600), policy, cancel);
            if (request.Json) WriteJson(run, policy, request.Seed, realTime);
            else Console.Out.WriteLine(Row(run, policy, realTime));
        }
        return ExitCode.Ok;
    }

    /// <summary>The morning of the demo city; another city gets an even demand and turns alike.</summary>
    private static SimulationOptions OptionsOf(City city, Request request)
    {
        long startMs = (long)(request.DayS * 1000);
        SimulationOptions options = request.City is null
            ? SimulationOptions.Morning(city, request.Seed, request.DayS, startMs)
            : new SimulationOptions { Seed = request.Seed, DayS = request.DayS, StartMs = startMs };
        return options with { DemandShare = request.Demand };
    }

    /// <summary>Returns how many times faster than real time it ran.</summary>
    private static double RunOne(SimulatedRun run, int seconds, string policy, CancellationToken cancel)
    {
        bool progress = !Console.IsErrorRedirected;
        var clock = Stopwatch.StartNew();
        for (int s = 0; s < seconds; s++)
        {
            if (s % 60 == 0)
            {
                cancel.ThrowIfCancellationRequested();
                if (progress) Console.Error.Write($"\r{policy} {s / 60} of {seconds / 60} min ");
            }
            run.Step();
        }
        if (progress) Console.Error.Write("\r" + new string(' ', 40) + "\r");
        return seconds / Math.Max(1e-9, clock.Elapsed.TotalSeconds);
    }

    private const string Heading =
        "policy           delay s  stops  arrived  inside  waiting  standing  on foot s  refused  fallbacks   x real  digest";

    private static string Row(SimulatedRun run, string policy, double realTime)
    {
        TrafficFigures f = run.City.Figures;
        return string.Create(CultureInfo.InvariantCulture,
            $"{policy,-15} {f.MeanDelayS,8:0.0} {f.StopsPerTrip,6:0.00} {f.Arrived,8} {f.Inside,7} {f.WaitingToEnter,8} "
            + $"{f.StandingMost,9} {MeanWaitOnFootS(run),10:0.0} {run.Refused,8} {Fallbacks(run),10} {realTime,8:0} "
            + $" {run.Digest():x16}");
    }

    private static void WriteJson(SimulatedRun run, string policy, ulong seed, double realTime)
    {
        TrafficFigures f = run.City.Figures;
        Json.WriteLine(Console.Out, w =>
        {
            w.WriteString("policy", policy);
            w.WriteNumber("seed", seed);
            w.WriteNumber("seconds", run.City.ElapsedS);
            w.WriteNumber("scheduled", f.Scheduled);
            w.WriteNumber("entered", f.Entered);
            w.WriteNumber("arrived", f.Arrived);
            w.WriteNumber("inside", f.Inside);
            w.WriteNumber("waitingToEnter", f.WaitingToEnter);
            w.WriteNumber("turnedAway", f.TurnedAway);
            w.WriteNumber("meanDelayS", Math.Round(f.MeanDelayS, 2));
            w.WriteNumber("stopsPerTrip", Math.Round(f.StopsPerTrip, 3));
            w.WriteNumber("standingMost", f.StandingMost);
            w.WriteNumber("meanWaitOnFootS", Math.Round(MeanWaitOnFootS(run), 2));
            w.WriteNumber("commands", run.Commands);
            w.WriteNumber("refused", run.Refused);
            w.WriteNumber("fallbacks", Fallbacks(run));
            w.WriteNumber("timesRealTime", Math.Round(realTime));
            w.WriteString("digest", run.Digest().ToString("x16", CultureInfo.InvariantCulture));
        });
    }

    private static double MeanWaitOnFootS(SimulatedRun run) =>
        (double)run.City.OnFoot.WaitedS / Math.Max(1, run.City.OnFoot.Crossed);

    private static long Fallbacks(SimulatedRun run) => run.City.Controllers.Sum(c => c.Fallbacks);
}
