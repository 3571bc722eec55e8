using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using CityBrain.Engine.Measures;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;

namespace CityBrain.Commands;

/// <summary>
/// <c>citybrain measures</c>: signal performance measures of high-resolution logs, one file per measure.
/// Exit codes: 0 done, 2 usage, 65 input that is no log, 66 input missing, 73 output cannot be written.
/// </summary>
public static class MeasuresCommand
{
    public static Command Build()
    {
        var sources = new Argument<string[]>("SOURCE")
        {
            Description = "event logs (CSV, Econolite .dat and .datZ, MaxTime XML; also gzip), directories of them, or a store of imported ones",
            Arity = ArgumentArity.OneOrMore,
        };
        var detectors = new Option<string>("--detectors") { Description = "detector table (CSV)" };
        var measure = new Option<string[]>("--measure")
        {
            Description = "all, or one or more of: " + MeasureCatalog.NameList,
            DefaultValueFactory = _ => ["all"],
        };
        var bin = new Option<string>("--bin")
        {
            Description = "width of the bins, from 1s to 1d",
            DefaultValueFactory = _ => "15m",
        };
        var from = new Option<string>("--from") { Description = "rows from this time on" };
        var to = new Option<string>("--to") { Description = "rows before this time" };
        var set = new Option<string[]>("--set") { Description = "MEASURE.PARAMETER=VALUE, may be repeated" };
        var format = new Option<string>("--format")
        {
            Description = "csv, json or arrow",
            DefaultValueFactory = _ => "csv",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "directory for the files",
            DefaultValueFactory = _ => ".",
        };
        var device = new Option<string>("--device") { Description = "device id of logs without such a column" };
        var json = new Option<bool>("--json") { Description = "a summary in JSON on standard output" };
        var command = new Command("measures", "Signal performance measures of high-resolution logs")
        {
            sources, detectors, measure, bin, from, to, set, format, output, device, json,
        };
        command.SetAction(parsed => Run(
            new MeasuresOptions
            {
                Sources = parsed.GetValue(sources) ?? [],
                Detectors = parsed.GetValue(detectors),
                Measures = parsed.GetValue(measure) ?? ["all"],
                Bin = parsed.GetValue(bin)!,
                From = parsed.GetValue(from),
                To = parsed.GetValue(to),
                Set = parsed.GetValue(set) ?? [],
                Format = parsed.GetValue(format)!,
                Output = parsed.GetValue(output)!,
                Device = parsed.GetValue(device),
                Json = parsed.GetValue(json),
            },
            Console.Out, Console.Error));
        return command;
    }

    /// <summary>Does the work; returns the exit code.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="output">Takes the summary.</param>
    /// <param name="progress">Takes progress and complaints.</param>
    public static int Run(MeasuresOptions options, TextWriter output, TextWriter progress)
    {
        try
        {
            MeasuresRequest request = MeasuresRequest.Of(options);
            string[] missing = [.. options.Sources.Append(options.Detectors).OfType<string>()
                .Where(path => !File.Exists(path) && !Directory.Exists(path))];
            if (missing.Length > 0)
            {
                progress.WriteLine($"citybrain measures: no such file: {string.Join(", ", missing)}");
                return 66;
            }

            Measure(options, request, output, progress);
            return 0;
        }
        catch (UsageException e)
        {
            progress.WriteLine($"citybrain measures: {e.Message}");
            return 2;
        }
        catch (Exception e) when (e is LogFormatException or ArrowFormatException)
        {
            progress.WriteLine($"citybrain measures: {e.Message}");
            return 65;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            progress.WriteLine($"citybrain measures: {e.Message}");
            return 73;
        }
    }

    private static void Measure(
        MeasuresOptions options, MeasuresRequest request, TextWriter output, TextWriter progress)
    {
        long began = Stopwatch.GetTimestamp();
        EventSource source = EventSource.Of(options, progress);
        string? table = options.Detectors ?? source.DetectorsPath;
        DetectorTableFile? detectors = table is null ? null : DetectorTableReader.Read(table, source.Devices);
        if (detectors is null && request.Measures.Any(m => m.NeedsDetectors))
        {
            progress.WriteLine("no detector table: "
                + string.Join(", ", request.Measures.Where(m => m.NeedsDetectors).Select(m => m.Name))
                + " will have no rows");
        }

        Directory.CreateDirectory(options.Output);
        using var files = new MeasureFiles(request, options.Output, source.Devices);
        var run = new MeasureRun(request.Plan(files.Sinks, detectors?.Table));
        foreach (ReadOnlyMemory<HiResEvent> events in source.Events)
        {
            run.Accept(events.Span);
        }

        run.Finish();
        files.Complete();
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        progress.WriteLine(FormattableString.Invariant(
            $"{run.Events:N0} events of {source.Devices.Count:N0} devices in {took.TotalSeconds:F2} s"));
        if (run.Repeated > 0)
        {
            progress.WriteLine($"{run.Repeated:N0} rows repeat an event and count once");
        }

        if (options.Json)
        {
            output.WriteLine(Summary(source, run, files, took));
        }
    }

    private static string Summary(EventSource source, MeasureRun run, MeasureFiles files, TimeSpan took) =>
        JsonSerializer.Serialize(new
        {
            rows = run.Events + run.Repeated + run.OutOfOrder,
            events = run.Events,
            repeated = run.Repeated,
            devices = source.Devices.Count,
            bad_rows = source.Bad.Count,
            first_bad_rows = BadRowReport.Summary(source.Bad),
            seconds = Math.Round(took.TotalSeconds, 3),
            measures = files.Written.Select(f => new { name = f.Schema.Name, rows = f.Rows, file = f.Path }),
        });
}
