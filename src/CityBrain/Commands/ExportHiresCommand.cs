using System.CommandLine;
using System.Globalization;
using CityBrain.Cli;
using CityBrain.EventLogs;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Commands;

/// <summary>
/// `citybrain export hires JOURNAL -o FILE`: the high-resolution events that the controllers would have logged.
/// </summary>
internal static class ExportHiresCommand
{
    public static Command Build()
    {
        var journal = new Argument<string>("journal") { Description = "folder of the journal" };
        var output = new Option<string>("--output", "-o")
        { Description = "file, .csv or .csv.gz; the detector table goes beside it", Required = true };
        var command = new Command("hires",
            "Write a journal as controllers' high-resolution events (Indiana enumerations), for measures and other tools.")
        { journal, output };
        command.WithExamples("citybrain export hires run/journal -o run/events.csv.gz",
            "citybrain measures run/events.csv.gz --detectors run/events.detectors.csv --measure all -o run/measures");
        command.SetAction((parsed, cancel) =>
            Task.FromResult(Run(parsed.GetValue(journal)!, parsed.GetValue(output)!, cancel)));
        return command;
    }

    private static int Run(string path, string output, CancellationToken cancel)
    {
        using var player = JournalPlayer.Open(path);
        var log = new EventLogFile(player.Brain.City);
        while (player.Step(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            log.Log.Accept(e, extra);
            if (e.Kind != EventKind.Tick) continue;
            cancel.ThrowIfCancellationRequested();
            log.Log.Tick(player.Brain.Traffic, player.Brain.Commands, e.TimeMs);
        }
        log.Write(output);
        string refused = log.Log.Refused > 0 ? $", {log.Log.Refused} readings refused" : "";
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{log.Count} events of {player.Brain.City.Intersections.Length} controllers{refused}: {output}, ")
            + EventLogFile.TablePath(output));
        return ExitCode.Ok;
    }
}
