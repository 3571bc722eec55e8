using System.CommandLine;
using System.Globalization;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.Simulation.Sumo;
using CityBrain.WhatIf;

namespace CityBrain.Commands;

/// <summary>`citybrain what-if ARCHIVE --policy P`: would another control have done better on that day?</summary>
internal static class WhatIfCommand
{
    private static readonly Argument<string> RecordingArgument = new("recording") { Description = "an archive, or the folder of a journal" };
    private static readonly Option<string?> WhichOption = new("--journal")
    { Description = "of an archive with several journals: which (see archive list)" };
    private static readonly Option<string?> PolicyOption = new("--policy", "-p")
    { Description = "policy to try: " + string.Join(", ", Policies.Names) };
    private static readonly Option<string?> PlanOption = new("--plan")
    { Description = "city file with other programmes, stages or limits to try; with it the policy is fixed unless said" };
    private static readonly Option<double?> FromOption = new("--from")
    { Description = "seconds of the feed's clock; default: the beginning" };
    private static readonly Option<double?> ToOption = new("--to")
    { Description = "seconds of the feed's clock; default: the end" };
    private static readonly Option<string> SeedsOption = new("--seeds")
    { Description = "seeds of the simulations", DefaultValueFactory = _ => "1-5" };
    private static readonly Option<string?> NetOption = new("--net")
    { Description = "the city's SUMO network: simulate with SUMO instead of the built-in traffic model" };
    private static readonly Option<string?> OutOption = new("--out", "-o")
    { Description = "folder for whatif.html and the simulations; default: a temporary one" };
    private static readonly Option<bool> JsonOption = new("--json") { Description = "one JSON object on stdout" };

    public static Command Build()
    {
        PolicyOption.AcceptOnlyFromAmong([.. Policies.Names]);
        var command = new Command("what-if",
            "Estimate the demand of a recording, simulate it with the control that was recorded and with another one, and "
            + "say what would change, how sure that is, and whether the data support an answer (exit 1 when not).")
        {
            RecordingArgument, WhichOption, PolicyOption, PlanOption, FromOption, ToOption, SeedsOption, NetOption, OutOption, JsonOption,
        };
        command.WithExamples(
            "citybrain what-if run/journal --policy max-pressure",
            "citybrain what-if run/journal --policy predictive --net city.net.xml --from 57600 --to 61200 --out run/whatif",
            "citybrain what-if archive --policy actuated --from 1713164400 --to 1713168000",
            "citybrain what-if run/journal --plan retimed.json --seeds 1-10");
        command.SetAction((parsed, cancel) => Task.Run(() => Run(parsed, cancel), CancellationToken.None));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        string? policy = parsed.GetValue(PolicyOption), plan = parsed.GetValue(PlanOption);
        if (policy is null && plan is null) throw CliFailure.Usage("say what to try: --policy, --plan or both");
        int[] seeds = EvaluationChoices.Seeds(parsed.GetRequiredValue(SeedsOption));
        string? net = parsed.GetValue(NetOption);
        if (net is not null && !File.Exists(net)) throw CliFailure.Missing($"no such file: {net}");
        Recording recording = Recording.Read(
            parsed.GetRequiredValue(RecordingArgument), parsed.GetValue(WhichOption),
            parsed.GetValue(FromOption), parsed.GetValue(ToOption), cancel);
        City planned = plan is null ? recording.City : PlanFile.Apply(recording.City, plan);
        var baseline = new WhatIfCase(recording.Options.Policy, recording.City, recording.Options);
        var alternative = new WhatIfCase(Name(policy, plan), planned,
            recording.Options with { Policy = policy ?? "fixed" });
        string folder = parsed.GetValue(OutOption) ?? Directory.CreateTempSubdirectory("citybrain-whatif").FullName;
        Directory.CreateDirectory(folder);

        RoadNetwork roads = recording.Roads;
        if (roads.Entries.Length == 0) throw CliFailure.Failed("no road leads into this city: there is nothing to simulate");
        Demand demand = DemandFit.Fit(recording.City, roads, recording.Counts, recording.Followed);
        if (demand.Vehicles < 1) throw CliFailure.Failed("the recording holds no vehicle in that time");
        IWhatIfStreet street = net is null
            ? new OwnWhatIf(recording.City, roads, demand, recording.Counts, recording.FromS, recording.LengthS)
            : new SumoWhatIf(net, folder, recording.City, roads, demand, recording.FromS, recording.LengthS);
        WhatIfAnswer answer = Simulate(street, recording, baseline, alternative, seeds, cancel);
        var question = new WhatIfPage.Question(recording.City.Name, baseline.Name, alternative.Name,
            recording.FromS, recording.FromS + recording.LengthS, street.Name, street.Drivers);
        string page = Path.Combine(folder, "whatif.html");
        File.WriteAllText(page, WhatIfPage.Write(recording.City, question, answer, demand.Vehicles));
        if (parsed.GetValue(JsonOption)) Json.WriteLine(Console.Out, w => WhatIfJson.Write(w, question, answer, page));
        else Print(question, answer, page);
        return answer.Doubts.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static WhatIfAnswer Simulate(IWhatIfStreet street, Recording recording, WhatIfCase baseline,
        WhatIfCase alternative, int[] seeds, CancellationToken cancel)
    {
        try
        {
            Progress("calibrating");
            street.Calibrate(baseline, recording.Counts, seeds[0], cancel);
            List<WhatIfRun> before = Runs(street, baseline, seeds, cancel), after = Runs(street, alternative, seeds, cancel);
            var varied = new List<(WhatIfVariation, double)>();
            foreach (WhatIfVariation variation in street.Variations)
            {
                Progress(variation.Name);
                varied.Add((variation, street.Run(alternative, seeds[0], variation, cancel).DelayS
                    - street.Run(baseline, seeds[0], variation, cancel).DelayS));
            }
            return new WhatIfAnswer(recording.City, recording.Counts, before, after, street.Doubt, varied);
        }
        catch (SumoMissingException e)
        {
            throw CliFailure.Missing(e.Message);
        }
        catch (Exception e) when (e is SumoRunException or SumoFileException)
        {
            throw CliFailure.Failed("is this the network of that recording? " + e.Message);
        }
        finally
        {
            Progress("");
        }
    }

    private static List<WhatIfRun> Runs(IWhatIfStreet street, WhatIfCase what, int[] seeds, CancellationToken cancel)
    {
        var runs = new List<WhatIfRun>();
        foreach (int seed in seeds)
        {
            Progress($"{what.Name}, seed {seed}");
            runs.Add(street.Run(what, seed, WhatIfVariation.None, cancel));
        }
        return runs;
    }

    private static void Progress(string text)
    {
        if (!Console.IsErrorRedirected) Console.Error.Write("\r" + text.PadRight(48) + (text.Length == 0 ? "\r" : ""));
    }

    private static string Name(string? policy, string? plan) => plan is null ? policy!
        : policy is null ? Path.GetFileNameWithoutExtension(plan) : $"{policy} with {Path.GetFileNameWithoutExtension(plan)}";

    private static void Print(WhatIfPage.Question q, WhatIfAnswer a, string page)
    {
        Console.Out.WriteLine(WhatIfText.Verdict(q, a));
        foreach (string doubt in a.Doubts) Console.Out.WriteLine("- " + doubt);
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"fit of the simulated baseline: GEH below 5 for {a.GoodFitShare:P0} of {a.Fits.Count} movements; ")
            + string.Create(CultureInfo.InvariantCulture,
            $"lost in view {a.RecordedLost:0.0} s a second recorded, {a.SimulatedLost:0.0} simulated; ")
            + q.Drivers);
        Console.Out.WriteLine(WhatIfText.Sensitivity(a));
        Console.Out.WriteLine($"report: {page}");
    }
}
