using System.CommandLine;
using System.Diagnostics;
using CityBrain.Archiving;
using CityBrain.Cli;
using CityBrain.History.Archive;
using CityBrain.History.Export;
using CityBrain.Host;

namespace CityBrain.Commands;

/// <summary>`citybrain export`: a journal's rows into a database, once or while the journal grows.</summary>
internal static class ExportCommand
{
    public const string SecretVariable = "CITYBRAIN_INFLUX_SECRET";
    public const string ConnectionVariable = "CITYBRAIN_POSTGRES";

    private static readonly string[] UsualTables = ["windows", "lanes", "decisions", "signals"];

    public static Command Build() =>
        new("export", "Send a journal's rows to a database (nothing is lost while it is down), or write its events as a file.")
        {
            Influx(), Postgres(), ExportHiresCommand.Build(),
        };

    private static Command Influx()
    {
        var shared = new SharedOptions();
        var url = new Option<string>("--url")
        { Description = "address of the server", DefaultValueFactory = _ => "http://localhost:8086" };
        var database = new Option<string>("--database")
        { Description = "database, or bucket with --api 2", DefaultValueFactory = _ => "citybrain" };
        var api = new Option<int>("--api")
        { Description = "write path: 1 is /write, 2 is /api/v2/write", DefaultValueFactory = _ => 1 };
        var gzip = new Option<bool>("--gzip")
        { Description = "pack what is sent: a fifth of the bytes, more work for both ends" };
        var organisation = new Option<string?>("--organisation") { Description = "organisation, with --api 2" };
        var command = new Command("influx", "To InfluxDB, VictoriaMetrics or whoever takes line protocol. "
            + $"A secret is read from {SecretVariable}: user:password, or with --api 2 the token.")
        { shared.Journal, url, database, api, organisation, gzip };
        shared.AddTo(command);
        command.WithExamples(
            "citybrain export influx run/journal --url http://localhost:8086 --follow",
            "citybrain export influx run/journal --api 2 --organisation city --database traffic");
        command.SetAction((parsed, cancel) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out Uri? address)
                || address.Scheme is not ("http" or "https"))
                throw CliFailure.Usage($"--url {parsed.GetValue(url)}: give an address such as http://localhost:8086");
            if (parsed.GetValue(api) is not (1 or 2)) throw CliFailure.Usage("--api is 1 or 2");
            var store = new InfluxStore(new InfluxOptions
            {
                Url = address,
                Database = parsed.GetValue(database)!,
                Version = parsed.GetValue(api),
                Organisation = parsed.GetValue(organisation),
                Gzip = parsed.GetValue(gzip),
                Secret = Environment.GetEnvironmentVariable(SecretVariable),
            });
            return RunAsync(shared, parsed, store, cancel);
        });
        return command;
    }

    private static Command Postgres()
    {
        var shared = new SharedOptions();
        var connection = new Option<string?>("--connection")
        { Description = $"connection string without the password; without it {ConnectionVariable} of the environment" };
        var command = new Command("postgres", "To PostgreSQL, by COPY, into tables citybrain_NAME.")
        { shared.Journal, connection };
        shared.AddTo(command);
        command.WithExamples(
            "citybrain export postgres run/journal --connection 'Host=localhost;Database=city;Username=citybrain' --follow");
        command.SetAction((parsed, cancel) =>
        {
            string text = parsed.GetValue(connection) ?? Environment.GetEnvironmentVariable(ConnectionVariable)
                ?? throw CliFailure.Usage($"give --connection, or {ConnectionVariable} in the environment");
            try
            {
                return RunAsync(shared, parsed, new PostgresStore(text), cancel);
            }
            catch (ArgumentException e)
            {
                throw CliFailure.Usage($"--connection: {e.Message}");
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        SharedOptions shared, ParseResult parsed, IWarmStore store, CancellationToken cancel)
    {
        await using IWarmStore sent = store;
        string journal = parsed.GetValue(shared.Journal)!;
        if (parsed.GetValue(shared.SpoolMegabytes) is not (>= 1 and <= 1_000_000) and var megabytes)
            throw CliFailure.Usage($"--spool-mb {megabytes}: from 1 to 1000000");
        if (parsed.GetValue(shared.InFlight) is not (>= 1 and <= 16) and var inFlight)
            throw CliFailure.Usage($"--in-flight {inFlight}: from 1 to 16");
        if (!JournalRecovery.HasJournal(journal)) throw CliFailure.Missing($"there is no journal in '{journal}'");
        string folder = parsed.GetValue(shared.SpoolFolder)
            ?? Path.Combine(journal, "spool-" + string.Concat(store.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')));
        using var spool = new Spool(folder, parsed.GetValue(shared.SpoolMegabytes) << 20);
        var export = new WarmExport(new WarmExportOptions
        {
            Journal = journal, Tables = Tables(parsed.GetValue(shared.Tables)!), Follow = parsed.GetValue(shared.Follow),
            InFlight = parsed.GetValue(shared.InFlight),
        }, spool, store);
        long began = Stopwatch.GetTimestamp();
        if (spool.WaitingSegments > 0)
            await Console.Error.WriteLineAsync($"{spool.WaitingSegments} segments of an earlier run are sent first");
        try
        {
            long points = await export.RunAsync(Console.Error.WriteLine, cancel);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Console.Out.WriteLine($"{points:N0} rows sent to {store.Name}, {spool.Refused} segments refused, {seconds:0.0} s");
            return spool.Refused == 0 ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (StoreRefusedException e)
        {
            throw CliFailure.Failed($"{e.Message}: {spool.WaitingSegments} segments are kept in {folder}");
        }
    }

    private static ArchiveTable[] Tables(string[] names)
    {
        string[] wanted = [.. names.SelectMany(n => n.Split(','))];
        return [.. wanted.Select(n => ArchiveTables.Find(n)
            ?? throw CliFailure.Usage($"--table {n}: there is no such table; there are {ArchiveTables.NameList}"))];
    }

    /// <summary>What both stores are asked for.</summary>
    private sealed class SharedOptions
    {
        public Argument<string> Journal { get; } = new("journal") { Description = "folder of the journal" };
        public Option<bool> Follow { get; } = new("--follow") { Description = "go on while the journal grows" };
        public Option<string[]> Tables { get; } = new("--table")
        { Description = "tables: " + ArchiveTables.NameList, DefaultValueFactory = _ => UsualTables };
        public Option<string?> SpoolFolder { get; } = new("--spool")
        { Description = "folder of the spool; without it one in the journal's folder, by the store's name" };
        public Option<long> SpoolMegabytes { get; } = new("--spool-mb")
        { Description = "most megabytes waiting in the spool; the journal keeps the rest", DefaultValueFactory = _ => 1024 };

        public Option<int> InFlight { get; } = new("--in-flight")
        { Description = "segments being sent at once", DefaultValueFactory = _ => 4 };

        public void AddTo(Command command)
        {
            foreach (Option option in (Option[])[Tables, Follow, SpoolFolder, SpoolMegabytes, InFlight]) command.Add(option);
        }
    }
}
