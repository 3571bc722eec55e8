using System.CommandLine;
using CityBrain.Archiving;
using CityBrain.Cli;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>`citybrain archive export`: rows of a table and a range of time as one CSV, JSON or Arrow file.</summary>
internal static class ArchiveExportCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("archive") { Description = "folder of the archive" };
        var table = new Option<string>("--table") { Description = ArchiveTables.NameList, Required = true };
        table.AcceptOnlyFromAmong([.. ArchiveTables.All.Select(t => t.Name)]);
        var from = new Option<string?>("--from") { Description = "rows from this time on" };
        var to = new Option<string?>("--to") { Description = "rows before this time" };
        var district = new Option<string?>("--district") { Description = "only this district" };
        var format = new Option<string>("--format")
        { Description = "csv, json or arrow", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "json", "arrow");
        var output = new Option<string?>("--output", "-o") { Description = "file; without it standard output" };
        var command = new Command("export", "Write rows of a table as CSV, JSON or Arrow.")
        { folder, table, from, to, district, format, output };
        command.WithExamples(
            "citybrain archive export archive --table windows --from 2024-04-15T07:00 --to 2024-04-15T09:00",
            "citybrain archive export archive --table decisions --format arrow -o decisions.arrow");
        command.SetAction((parsed, cancel) => Task.FromResult(Run(
            parsed.GetValue(folder)!, ArchiveTables.Find(parsed.GetValue(table)!)!,
            new ArchiveRange(
                Time("--from", parsed.GetValue(from), long.MinValue), Time("--to", parsed.GetValue(to), long.MaxValue),
                parsed.GetValue(district)),
            parsed.GetValue(format)!, parsed.GetValue(output), cancel)));
        return command;
    }

    /// <exception cref="CliFailure">It is no time.</exception>
    public static long Time(string option, string? text, long otherwise)
    {
        if (text is null) return otherwise;
        return TimestampText.TryParse(text, out long timeMs)
            ? timeMs
            : throw CliFailure.Usage($"{option} {text}: give a time such as 2024-04-15T12:00");
    }

    private static int Run(
        string folder, ArchiveTable table, ArchiveRange range, string format, string? output, CancellationToken cancel)
    {
        using ArchiveFolder archive = ArchiveCommand.Open(folder);
        string? part = output is null ? null : output + ".part";
        long rows;
        ScanFigures figures = default;
        using (Stream stream = part is null ? Console.OpenStandardOutput() : File.Create(part))
        {
            using RowWriter writer = RowWriter.Create(format, stream);
            rows = Write(archive, table, range, writer, f => figures = f, cancel);
            stream.Flush();
            if (stream is FileStream file) file.Flush(flushToDisk: true);
        }
        if (part is not null) File.Move(part, output!, overwrite: true);
        Console.Error.WriteLine($"{rows:N0} rows; {figures.FilesRead} files read, {figures.FilesSkipped} skipped by "
            + $"their statistics");
        return ExitCode.Ok;
    }

    private static long Write(
        ArchiveFolder archive, ArchiveTable table, ArchiveRange range, RowWriter writer, Action<ScanFigures> tell,
        CancellationToken cancel)
    {
        long rows = 0;
        bool begun = false;
        foreach ((ArchiveFile _, ArrowBatch batch) in archive.Scan(table.Name, range, tell))
        {
            cancel.ThrowIfCancellationRequested();
            if (RowFilter.Within(batch, range) is not { } kept) continue;
            if (!begun) writer.Begin(RowWriter.Plain(kept.Columns));
            begun = true;
            writer.Write(kept);
            rows += kept.Length;
        }
        if (!begun) writer.Begin(RowWriter.Plain(table));
        writer.End();
        return rows;
    }
}
