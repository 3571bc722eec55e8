using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>
/// <c>citybrain import hires</c>: takes high-resolution logs into a store, each event once however often it
/// comes. Exit codes: 0 done, 2 usage, 65 input that is no log, 66 input missing, 73 store cannot be written.
/// </summary>
public static class ImportHiresCommand
{
    /// <summary>The command <c>hires</c>, to be put under <c>import</c>.</summary>
    public static Command Build()
    {
        var sources = new Argument<string[]>("FILE")
        {
            Description = "event logs (CSV, Econolite .dat and .datZ, MaxTime XML; also gzip) or directories of them",
            Arity = ArgumentArity.OneOrMore,
        };
        var into = new Option<string>("--into")
        {
            Description = "directory of the store",
            DefaultValueFactory = _ => "hires",
        };
        var detectors = new Option<string>("--detectors") { Description = "detector table (CSV) to keep with it" };
        var device = new Option<string>("--device") { Description = "device id of logs without such a column" };
        var json = new Option<bool>("--json") { Description = "a summary in JSON on standard output" };
        var command = new Command("hires", "High-resolution event logs of signal controllers")
        {
            sources, into, detectors, device, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(sources) ?? [], parsed.GetValue(into)!, parsed.GetValue(detectors),
            parsed.GetValue(device), parsed.GetValue(json), Console.Out, Console.Error));
        return command;
    }

    /// <summary>Does the work; returns the exit code.</summary>
    public static int Run(
        IReadOnlyList<string> sources, string into, string? detectors, string? device, bool json,
        TextWriter output, TextWriter progress)
    {
        string[] missing = [.. sources.Append(detectors).OfType<string>()
            .Where(path => !File.Exists(path) && !Directory.Exists(path))];
        if (missing.Length > 0)
        {
            progress.WriteLine($"citybrain import hires: no such file: {string.Join(", ", missing)}");
            return 66;
        }

        try
        {
            Import(sources, new HiResStore(into), detectors, device, json, output, progress);
            return 0;
        }
        catch (Exception e) when (e is LogFormatException or ArrowFormatException)
        {
            progress.WriteLine($"citybrain import hires: {e.Message}");
            return 65;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            progress.WriteLine($"citybrain import hires: {e.Message}");
            return 73;
        }
    }

    private static void Import(
        IReadOnlyList<string> sources, HiResStore store, string? detectors, string? device, bool json,
        TextWriter output, TextWriter progress)
    {
        long began = Stopwatch.GetTimestamp();
        using var import = new HiResImport(store);
        int files = 0;
        foreach (string path in LogFiles.Of(sources))
        {
            progress.WriteLine($"{path}: {import.AddFile(path, device):N0} events");
            files++;
        }

        BadRowReport.Write(import.Bad, progress);
        if (detectors is not null)
        {
            DetectorTableReader.Keep(detectors, store.DetectorsPath);
        }

        ImportReport report = import.Complete();
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        progress.WriteLine(FormattableString.Invariant(
            $"{report.Rows:N0} events of {import.Devices.Count:N0} devices: {report.Added:N0} new, ")
            + FormattableString.Invariant(
            $"{report.Known:N0} known, {report.Days} days changed, {took.TotalSeconds:F2} s"));
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new
            {
                files,
                rows = report.Rows,
                added = report.Added,
                known = report.Known,
                days_changed = report.Days,
                devices = import.Devices.Count,
                bad_rows = import.Bad.Count,
                first_bad_rows = BadRowReport.Summary(import.Bad),
                seconds = Math.Round(took.TotalSeconds, 3),
            }));
        }
    }
}
