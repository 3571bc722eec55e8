using System.CommandLine;
using System.Globalization;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Commands;

/// <summary>`citybrain explain JOURNAL --intersection X --at T`: why the signals showed what they showed.</summary>
internal static class ExplainCommand
{
    /// <summary>A command as it was given: its aspects lie in a buffer that the next tick overwrites.</summary>
    private sealed record Given(SignalCommand Command, string Aspects);

    public static Command Build()
    {
        var journal = new Argument<string>("journal") { Description = "folder of the journal" };
        var intersection = new Option<string>("--intersection") { Description = "its id", Required = true };
        var at = new Option<double>("--at") { Description = "seconds of the feed's clock", Required = true };
        var json = new Option<bool>("--json") { Description = "one JSON object on stdout" };
        var command = new Command("explain",
            "Say in a sentence why an intersection was told what it was told, with the plans that were rejected.")
        { journal, intersection, at, json };
        command.WithExamples("citybrain explain run/journal --intersection J12 --at 25260");
        command.SetAction((parsed, cancel) => Task.FromResult(Run(parsed.GetValue(journal)!,
            parsed.GetValue(intersection)!, parsed.GetValue(at), parsed.GetValue(json), cancel)));
        return command;
    }

    private static int Run(string path, string id, double atS, bool json, CancellationToken cancel)
    {
        using var player = JournalPlayer.Open(path);
        if (!player.Brain.City.TryIntersection(id, out int index))
            throw CliFailure.Usage($"the city in the journal has no intersection '{id}'");
        Intersection where = player.Brain.City.Intersections[index];
        (Given? change, Given? decision, long lastMs) = LiveUntil(player, index, atS, cancel);
        if (lastMs < (long)(atS * 1000))
            Console.Error.WriteLine($"citybrain: the journal ends at {Number(lastMs / 1000.0)} s, before {Number(atS)} s");
        if (change is null) throw CliFailure.Failed($"'{id}' was told nothing up to {Number(atS)} s");
        if (json)
            Json.WriteLine(Console.Out,
                w => ExplainJson.Write(w, where, change.Command, change.Aspects, decision?.Command));
        else Print(Console.Out, where, change, decision);
        return ExitCode.Ok;
    }

    /// <summary>
    /// Replays up to an instant: the last command that changed something, and the last with alternatives; and the last
    /// tick, that instant unless the journal ends before it.
    /// </summary>
    private static (Given? Change, Given? Decision, long LastMs) LiveUntil(
        JournalPlayer player, int intersection, double atS, CancellationToken cancel)
    {
        Given? change = null, decision = null;
        long untilMs = (long)(atS * 1000), lastMs = 0;
        while (player.Step(out CityEvent e))
        {
            cancel.ThrowIfCancellationRequested();
            if (e.Kind != EventKind.Tick) continue;
            if (e.TimeMs > untilMs) return (change, decision, untilMs);
            lastMs = e.TimeMs;
            CommandBuffer commands = player.Brain.Commands;
            for (int i = 0; i < commands.Count; i++)
            {
                if (commands[i].Intersection != intersection) continue;
                bool considered = commands[i].Reason.AlternativeCount > 0;
                if (!commands[i].Changed && change is not null && !considered) continue;
                var given = new Given(commands[i], Aspects.Write(commands.Aspects(i)));
                if (commands[i].Changed || change is null) change = given;
                if (considered) decision = given;
            }
        }
        return (change, decision, lastMs);
    }

    private static void Print(TextWriter to, Intersection where, Given change, Given? decision)
    {
        to.WriteLine($"Since {Seconds(change)} {where.Id} shows {change.Aspects}. "
            + ReasonText.English(where, change.Command.Reason));
        if (decision is null) return;
        if (decision != change)
            to.WriteLine($"Decision at {Seconds(decision)}: {ReasonText.English(where, decision.Command.Reason)}");
        PrintAlternatives(to, where, decision.Command.Reason);
    }

    private static void PrintAlternatives(TextWriter to, Intersection where, DecisionReason reason)
    {
        string unit = ReasonText.Unit(reason.Rule);
        to.WriteLine();
        to.WriteLine($"{"",-9} {"score",9} {"worse by",9}  {(reason.Rule == Rule.Plan ? "sequence of stages" : "stage")}"
            + (unit.Length > 0 ? $"   (scores in {unit})" : ""));
        int present = ReasonText.PresentStage(reason);
        Row("taken", reason.Score, new Alternative(reason.Asked, reason.Score, reason.Sequence));
        for (int i = 0; i < reason.AlternativeCount; i++)
            Row("rejected", reason.Alternatives[i].Score, reason.Alternatives[i]);

        void Row(string what, float score, Alternative a) => to.WriteLine(
            $"{what,-9} {ReasonText.Score(reason.Rule, score),9} {Number(score - reason.Score),9}  "
            + (reason.Rule == Rule.Plan ? ReasonText.Sequence(where, a.Sequence, present) : where.Stages[a.Stage].Id));
    }

    private static string Seconds(Given given) => Number(given.Command.TimeMs / 1000.0) + " s";

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
