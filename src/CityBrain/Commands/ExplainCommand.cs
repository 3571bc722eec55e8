using System.CommandLine;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Commands;

/// <summary>`citybrain explain JOURNAL --intersection X --at T`: why the signals showed what they showed.</summary>
internal static class ExplainCommand
{
    public static Command Build()
    {
        var journal = new Argument<string>("journal") { Description = "folder of the journal" };
        var intersection = new Option<string>("--intersection") { Description = "its id", Required = true };
        var at = new Option<double>("--at") { Description = "seconds of the feed's clock", Required = true };
        var command = new Command("explain", "Say in a sentence why an intersection was told what it was told.")
        { journal, intersection, at };
        command.WithExamples("citybrain explain run/journal --intersection J12 --at 25260");
        command.SetAction((parsed, cancel) => Task.FromResult(
            Run(parsed.GetValue(journal)!, parsed.GetValue(intersection)!, parsed.GetValue(at), cancel)));
        return command;
    }

    private static int Run(string path, string id, double atS, CancellationToken cancel)
    {
        using var player = JournalPlayer.Open(path);
        if (!player.Brain.City.TryIntersection(id, out int index))
            throw CliFailure.Usage($"the city in the journal has no intersection '{id}'");
        Intersection where = player.Brain.City.Intersections[index];
        string? last = null;
        long untilMs = (long)(atS * 1000);
        while (player.Step(out CityEvent e))
        {
            cancel.ThrowIfCancellationRequested();
            if (e.Kind != EventKind.Tick) continue;
            if (e.TimeMs > untilMs) break;
            CommandBuffer commands = player.Brain.Commands;
            for (int i = 0; i < commands.Count; i++)
                if (commands[i].Intersection == index && (commands[i].Changed || last is null))
                    last = $"{commands[i].TimeMs / 1000.0:0.0} s: {Aspects.Write(commands.Aspects(i))}. "
                        + ReasonText.English(where, commands[i].Reason);
        }
        if (last is null) throw CliFailure.Failed($"'{id}' was told nothing up to {atS} s");
        Console.Out.WriteLine(last);
        return ExitCode.Ok;
    }
}
