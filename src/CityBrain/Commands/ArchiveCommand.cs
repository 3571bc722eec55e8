using System.CommandLine;
using System.Diagnostics;
using CityBrain.Archiving;
using CityBrain.Cli;
using CityBrain.History.Archive;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>`citybrain archive`: journals as Arrow files by day and district, and what is done with them.</summary>
internal static class ArchiveCommand
{
    public const string RulesFile = "rules.txt";

    public static Command Build() => new("archive", "Keep journals as Arrow files by day and district.")
    {
        Compact(), List(), ArchiveExportCommand.Build(), Verify(), Tidy(),
    };

    private static Command Compact()
    {
        var journals = new Argument<string[]>("journal")
        { Description = "folders of journals", Arity = ArgumentArity.OneOrMore };
        var into = new Option<string>("--into")
        { Description = "folder of the archive", DefaultValueFactory = _ => "archive" };
        var json = new Option<bool>("--json") { Description = "one JSON object a journal on stdout" };
        var command = new Command("compact",
            "Take journals into an archive. Doing it again takes what is new; nothing is lost or doubled when it is killed.")
        { journals, into, json };
        command.WithExamples("citybrain archive compact run/journal --into archive");
        command.SetAction((parsed, cancel) => Task.FromResult(
            RunCompact(parsed.GetValue(journals)!, parsed.GetValue(into)!, parsed.GetValue(json), cancel)));
        return command;
    }

    private static int RunCompact(string[] journals, string into, bool json, CancellationToken cancel)
    {
        foreach (string journal in journals)
            if (!Directory.Exists(journal)) throw CliFailure.Missing($"there is no journal in '{journal}'");
        using ArchiveFolder archive = ArchiveFolder.OpenToWrite(into);
        foreach (string journal in journals)
        {
            long began = Stopwatch.GetTimestamp();
            CompactionReport report = Compaction.Run(archive, journal, cancel);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            if (json)
                Json.WriteLine(Console.Out, w =>
                {
                    w.WriteString("journal", report.Journal);
                    w.WriteString("folder", journal);
                    w.WriteNumber("events", report.Events);
                    w.WriteNumber("files", report.Files);
                    w.WriteNumber("rows", report.Rows);
                    w.WriteNumber("settled", report.Settled);
                    w.WriteBoolean("unchanged", report.Unchanged);
                    w.WriteNumber("seconds", Math.Round(seconds, 3));
                });
            else
                Console.Out.WriteLine(report.Unchanged
                    ? $"{journal}: nothing new, {report.Events:N0} events are in the archive"
                    : $"{journal}: {report.Events:N0} events, {report.Rows:N0} rows in {report.Files} files, {seconds:0.00} s");
        }
        return ExitCode.Ok;
    }

    private static Command List()
    {
        var folder = ArchiveArgument();
        var json = new Option<bool>("--json") { Description = "one JSON object a file on stdout" };
        var command = new Command("list", "Show what an archive holds.") { folder, json };
        command.WithExamples("citybrain archive list archive");
        command.SetAction(parsed =>
        {
            using ArchiveFolder archive = Open(parsed.GetValue(folder)!);
            if (parsed.GetValue(json)) foreach (ArchiveFile file in archive.Files) WriteJson(file);
            else WriteTable(archive);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void WriteTable(ArchiveFolder archive)
    {
        Console.Out.WriteLine("day         district              table         rows        bytes  every  complete");
        foreach (ArchiveFile f in archive.Files)
        {
            string every = f.ResolutionS == 0 ? "" : $"{f.ResolutionS} s";
            Console.Out.WriteLine($"{f.Partition.Day}  {f.Partition.District,-20}  {f.Partition.Table,-9} {f.Rows,12:N0} "
                + $"{f.Bytes,12:N0} {every,6}  {(f.Complete ? "yes" : "no")}");
        }
        Console.Out.WriteLine($"{archive.Files.Count} files, {archive.Files.Sum(f => f.Rows):N0} rows, "
            + $"{archive.Files.Sum(f => f.Bytes):N0} bytes");
    }

    private static void WriteJson(ArchiveFile file) => Json.WriteLine(Console.Out, w =>
    {
        w.WriteString("path", file.Partition.Path);
        w.WriteString("table", file.Partition.Table);
        w.WriteString("day", file.Partition.Day);
        w.WriteString("district", file.Partition.District);
        w.WriteString("journal", file.Partition.Journal);
        w.WriteNumber("rows", file.Rows);
        w.WriteNumber("bytes", file.Bytes);
        w.WriteString("crc32c", file.Crc32C);
        w.WriteNumber("resolutionS", file.ResolutionS);
        w.WriteBoolean("complete", file.Complete);
    });

    private static Command Verify()
    {
        var folder = ArchiveArgument();
        var command = new Command("verify", "Read every file of an archive and compare its checksums. Exit 1 when one is wrong.")
        { folder };
        command.SetAction(parsed =>
        {
            using ArchiveFolder archive = Open(parsed.GetValue(folder)!);
            string[] wrong = [.. archive.Verify()];
            foreach (string line in wrong) Console.Out.WriteLine(line);
            Console.Out.WriteLine($"{archive.Files.Count} files, {wrong.Length} wrong");
            return wrong.Length == 0 ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static Command Tidy()
    {
        var folder = ArchiveArgument();
        var rules = new Option<string?>("--rules")
        { Description = $"file of rules; without it {RulesFile} in the archive" };
        var now = new Option<string?>("--now") { Description = "the time ages are counted from; without it the clock's" };
        var dry = new Option<bool>("--dry-run") { Description = "only say what would be done" };
        var command = new Command("tidy",
            "Drop and thin old days by rules, a line each: 'events keep 30d', 'windows thin 15m after 90d'.")
        { folder, rules, now, dry };
        command.WithExamples("citybrain archive tidy archive --rules rules.txt --dry-run");
        command.SetAction(parsed => RunTidy(
            parsed.GetValue(folder)!, parsed.GetValue(rules), parsed.GetValue(now), parsed.GetValue(dry)));
        return command;
    }

    private static int RunTidy(string folder, string? rulesPath, string? now, bool dryRun)
    {
        if (!ArchiveFolder.IsAt(folder)) throw CliFailure.Missing($"there is no archive in '{folder}'");
        string path = rulesPath ?? Path.Combine(folder, RulesFile);
        if (!File.Exists(path)) throw CliFailure.Missing($"there are no rules in '{path}'");
        IReadOnlyList<string> wrong = RetentionRules.TryRead(File.ReadLines(path), out RetentionRules rules);
        if (wrong.Count > 0) throw CliFailure.Usage($"{path}: {string.Join("\n  ", wrong)}");
        long nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        if (now is not null && !TimestampText.TryParse(now, out nowMs))
            throw CliFailure.Usage($"--now {now}: give a time such as 2024-04-15T12:00");
        using ArchiveFolder archive = ArchiveFolder.OpenToWrite(folder);
        TidyFigures figures = Tidying.Run(archive, rules, nowMs, dryRun, Console.Out.WriteLine);
        string freed = dryRun ? "" : $", {figures.BytesFreed:N0} bytes freed";
        Console.Out.WriteLine($"{figures.Dropped} dropped, {figures.Thinned} thinned, {figures.Left} left{freed}");
        return ExitCode.Ok;
    }

    /// <exception cref="CliFailure">There is no archive.</exception>
    public static ArchiveFolder Open(string folder)
    {
        try
        {
            return ArchiveFolder.Open(folder);
        }
        catch (DirectoryNotFoundException e)
        {
            throw CliFailure.Missing(e.Message);
        }
    }

    private static Argument<string> ArchiveArgument() => new("archive") { Description = "folder of the archive" };
}
