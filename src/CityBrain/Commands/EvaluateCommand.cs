using System.CommandLine;
using System.Text.Json;
using CityBrain.Cli;
using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Commands;

/// <summary>`citybrain evaluate SCENARIO.sumocfg`: runs a policy on a SUMO scenario and scores it.</summary>
internal static class EvaluateCommand
{
    private const string All = "all";

    public static Command Build()
    {
        var scenario = new Argument<string>("scenario") { Description = "SUMO configuration, .sumocfg" };
        var policy = new Option<string>("--policy", "-p")
        {
            Description = $"{string.Join(", ", Policies.Names)}, or {All} for a table of all",
            DefaultValueFactory = _ => All,
        };
        policy.AcceptOnlyFromAmong([.. Policies.Names, All]);
        var seed = new Option<int>("--seed") { Description = "SUMO's seed", DefaultValueFactory = _ => 1 };
        var rules = new Option<string>("--rules")
        {
            Description = "timing: network (the network's own intergreens) or resco (the benchmark's)",
            DefaultValueFactory = _ => TimingRules.Network.Name,
        };
        rules.AcceptOnlyFromAmong(TimingRules.Network.Name, TimingRules.Resco.Name);
        var output = new Option<string?>("--out", "-o")
        {
            Description = "folder for tripinfo.xml, summary.xml, tls_states.xml; default: a temporary one",
        };
        var json = new Option<bool>("--json") { Description = "one JSON object per run on stdout" };
        var scale = new Option<double>("--demand-scale")
        {
            Description = "factor on the demand", DefaultValueFactory = _ => 1,
        };
        var fault = new Option<string[]>("--fault")
        {
            Description = "spoil the sensors: lost=SHARE, false=SHARE, noise=METRES, late=MS, blind=SECONDS",
        };
        var headway = new Option<double>("--assume-headway-factor")
        {
            Description = "factor on the assumed saturation headway", DefaultValueFactory = _ => 1,
        };
        var command = new Command("evaluate",
            "Run signal control on a SUMO scenario: SUMO is the street, everything else is the product. "
            + "Prints the mean delay; exit 1 when the run is not valid or not safe.")
        { scenario, policy, seed, rules, output, json, scale, fault, headway };
        command.WithExamples(
            "citybrain evaluate examples/corridor/corridor.sumocfg --policy max-pressure --seed 1",
            "citybrain evaluate examples/corridor/corridor.sumocfg --policy all --rules resco --out run/corridor",
            "citybrain evaluate city.sumocfg --policy actuated --fault lost=0.1 --fault late=1000 --json");
        command.SetAction((parsed, cancel) => Task.Run(() =>
        {
            var options = new EvaluationOptions
            {
                Scenario = Scenario(parsed.GetRequiredValue(scenario)),
                Policy = parsed.GetRequiredValue(policy),
                Output = parsed.GetValue(output) ?? Directory.CreateTempSubdirectory("citybrain-evaluate").FullName,
                Rules = TimingRules.Find(parsed.GetRequiredValue(rules))!,
                Seed = parsed.GetValue(seed),
                DemandScale = Positive(parsed.GetValue(scale), "--demand-scale"),
                HeadwayFactor = Positive(parsed.GetValue(headway), "--assume-headway-factor"),
                Faults = Faults(parsed.GetValue(fault) ?? []),
            };
            return Run(options, parsed.GetValue(json), cancel);
        }, CancellationToken.None));
        return command;
    }

    private static int Run(EvaluationOptions options, bool json, CancellationToken cancel)
    {
        City city = Import(options.Scenario);
        bool all = options.Policy == All;
        string[] policies = all ? [.. Policies.Names] : [options.Policy];
        var results = new List<EvaluationResult>();
        foreach (string policy in policies)
        {
            string folder = all ? Path.Combine(options.Output, policy) : options.Output;
            EvaluationResult result = RunOne(options with { Policy = policy, Output = folder }, city, cancel);
            results.Add(result);
            if (json) Json.WriteLine(Console.Out, w => EvaluationReport.Write(w, result));
        }
        if (!json) EvaluationReport.Print(Console.Out, results);
        return results.TrueForAll(r => r.Good) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static EvaluationResult RunOne(EvaluationOptions options, City city, CancellationToken cancel)
    {
        try
        {
            using var progress = EvaluationProgress.OnTerminal(options);
            return new EvaluationRun(options, city).Run(progress is null ? null : progress.Report, cancel);
        }
        catch (SumoMissingException e)
        {
            throw CliFailure.Missing(e.Message);
        }
        catch (Exception e) when (e is SumoRunException or SumoFileException)
        {
            throw CliFailure.Failed(e.Message);
        }
    }

    private static City Import(SumoScenario scenario)
    {
        try
        {
            CityDescription description = SumoNetwork.Import(scenario.Network);
            if (!CityBuilder.TryBuild(description, out City? city, out IReadOnlyList<CityError> errors))
                throw CliFailure.Failed($"{scenario.Network} cannot be used: {string.Join("; ", errors.Take(5))}");
            if (city.Intersections.Length == 0) throw CliFailure.Failed($"{scenario.Network} has no signals");
            return city;
        }
        catch (SumoFileException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }

    private static SumoScenario Scenario(string path)
    {
        if (!File.Exists(path)) throw CliFailure.Missing($"no such file: {path}");
        try
        {
            return SumoScenario.Read(path);
        }
        catch (SumoFileException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }

    private static double Positive(double value, string option) =>
        value > 0 && double.IsFinite(value) ? value : throw CliFailure.Usage($"{option} is more than 0");

    private static SensorFaults Faults(string[] texts)
    {
        SensorFaults faults = SensorFaults.None;
        foreach (string text in texts)
            if (!faults.TryWith(text, out faults))
                throw CliFailure.Usage($"--fault {text}: lost=SHARE, false=SHARE, noise=METRES, late=MS or blind=SECONDS");
        return faults;
    }
}
