using System.CommandLine;
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

    private static readonly Argument<string> ScenarioArgument = new("scenario")
    { Description = "SUMO configuration, .sumocfg" };
    private static readonly Option<string> PolicyOption = new("--policy", "-p")
    {
        Description = $"{string.Join(", ", Policies.Names)}, or {All} for a table of all",
        DefaultValueFactory = _ => All,
    };
    private static readonly Option<int> SeedOption = new("--seed")
    { Description = "SUMO's seed", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> SeedsOption = new("--seeds")
    { Description = "several seeds instead, such as 1-5 or 1,4,9" };
    private static readonly Option<string> RulesOption = new("--rules")
    {
        Description = "timing: network (the network's own intergreens) or resco (the benchmark's)",
        DefaultValueFactory = _ => TimingRules.Network.Name,
    };
    private static readonly Option<string?> OutOption = new("--out", "-o")
    { Description = "folder for report.html, drawings, SUMO's outputs and waits.csv; default: a temporary one" };
    private static readonly Option<bool> JsonOption = new("--json") { Description = "one JSON object per run on stdout" };
    private static readonly Option<double> ScaleOption = new("--demand-scale")
    { Description = "factor on the demand", DefaultValueFactory = _ => 1 };
    private static readonly Option<string[]> FaultOption = new("--fault")
    { Description = "spoil the sensors: lost=SHARE, false=SHARE, noise=METRES, late=MS, blind=SECONDS" };
    private static readonly Option<double> HeadwayOption = new("--assume-headway-factor")
    { Description = "factor on the assumed saturation headway", DefaultValueFactory = _ => 1 };
    private static readonly Option<string?> CorridorOption = new("--corridor")
    { Description = "signals of the time-space diagram in driving order, A,B,C; default: the longest straight chain" };
    private static readonly Option<string?> WindowOption = new("--window")
    { Description = "seconds since the beginning shown in it, FROM-TO; default: ten minutes in the middle" };
    private static readonly Option<bool> BoundOption = new("--check-bound")
    { Description = "exit 1 also when a movement waited longer at one red than its bound" };
    private static readonly Option<bool> JournalOption = new("--journal")
    { Description = "keep a journal in each run's folder, for explain, verify, export and what-if" };
    private static readonly Option<int> DistrictsOption = new("--districts")
    {
        Description = "so many districts, each with a brain of its own that tells its neighbours its plans",
        DefaultValueFactory = _ => 1,
    };
    private static readonly Option<bool> MuteOption = new("--mute-neighbours")
    { Description = "the brains of several districts tell each other nothing" };
    private static readonly Option<string?> HiresOption = new("--hires")
    { Description = "file for the controllers' high-resolution events, .csv or .csv.gz; of one policy and seed" };

    public static Command Build()
    {
        PolicyOption.AcceptOnlyFromAmong([.. Policies.Names, All]);
        RulesOption.AcceptOnlyFromAmong(TimingRules.Network.Name, TimingRules.Resco.Name);
        var command = new Command("evaluate",
            "Run signal control on a SUMO scenario: SUMO is the street, everything else is the product. "
            + "Prints the figures of each policy side by side and writes a report with drawings; exit 1 when a run is "
            + "not valid or not safe.")
        {
            ScenarioArgument, PolicyOption, SeedOption, SeedsOption, RulesOption, OutOption, JsonOption, ScaleOption,
            FaultOption, HeadwayOption, CorridorOption, WindowOption, BoundOption, JournalOption,
            HiresOption, DistrictsOption, MuteOption,
        };
        command.WithExamples(
            "citybrain evaluate examples/corridor/corridor.sumocfg --policy max-pressure --seed 1",
            "citybrain evaluate examples/corridor/corridor.sumocfg --policy all --seeds 1-5 --out run/corridor",
            "citybrain evaluate city.sumocfg --policy predictive --corridor J4,J7,J9 --window 600-1200 --out run/city",
            "citybrain evaluate city.sumocfg --policy actuated --fault lost=0.1 --fault late=1000 --json");
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        SumoScenario scenario = ScenarioFile.Read(parsed.GetRequiredValue(ScenarioArgument));
        int districts = parsed.GetValue(DistrictsOption);
        City city = ScenarioFile.City(scenario, districts);
        if (districts != city.Districts.Length)
            throw CliFailure.Usage($"--districts is a number from 1 to {city.Intersections.Length}, the signals");
        var common = new EvaluationOptions
        {
            Scenario = scenario,
            Policy = parsed.GetRequiredValue(PolicyOption),
            Output = parsed.GetValue(OutOption) ?? Directory.CreateTempSubdirectory("citybrain-evaluate").FullName,
            Rules = TimingRules.Find(parsed.GetRequiredValue(RulesOption))!,
            DemandScale = Positive(parsed.GetValue(ScaleOption), "--demand-scale"),
            HeadwayFactor = Positive(parsed.GetValue(HeadwayOption), "--assume-headway-factor"),
            Faults = Faults(parsed.GetValue(FaultOption) ?? []),
            Corridors = EvaluationChoices.Corridors(city, parsed.GetValue(CorridorOption)),
            Window = EvaluationChoices.Window(scenario, parsed.GetValue(WindowOption)),
            BrainPerDistrict = districts > 1,
            MuteNeighbours = parsed.GetValue(MuteOption),
            Journal = parsed.GetValue(JournalOption),
            HiRes = parsed.GetValue(HiresOption),
        };
        string[] policies = common.Policy == All ? [.. Policies.Names] : [common.Policy];
        int[] seeds = parsed.GetValue(SeedsOption) is { } several
            ? EvaluationChoices.Seeds(several) : [parsed.GetValue(SeedOption)];
        if (common.HiRes is not null && policies.Length * seeds.Length > 1)
            throw CliFailure.Usage("--hires is of one run: choose one --policy and one --seed");
        if (common.HiRes is not null && districts > 1)
            throw CliFailure.Usage("--hires is of one brain: it does not go with --districts");
        bool json = parsed.GetValue(JsonOption);
        var results = new List<EvaluationResult>();
        foreach (string policy in policies)
            foreach (int seed in seeds)
            {
                string folder = policies.Length > 1 ? Path.Combine(common.Output, policy) : common.Output;
                if (seeds.Length > 1) folder = Path.Combine(folder, $"{seed}");
                EvaluationResult result = RunOne(
                    common with { Policy = policy, Seed = seed, Output = folder }, city, cancel);
                results.Add(result);
                if (json) Json.WriteLine(Console.Out, w => EvaluationReport.Write(w, result));
            }
        string page = EvaluationFiles.Write(common.Output, results);
        if (!json)
        {
            EvaluationTable.Print(Console.Out, results);
            Console.Out.WriteLine($"report: {page}");
        }
        bool good = results.TrueForAll(r => r.Good)
            && (!parsed.GetValue(BoundOption) || results.TrueForAll(r => r.WithinBound));
        return good ? ExitCode.Ok : ExitCode.Failed;
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
