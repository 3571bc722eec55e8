using System.Diagnostics;
using CityBrain.Archiving;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.Export;
using CityBrain.Testing;
using CityBrain.Tests.Crash;
using Xunit;

namespace CityBrain.Tests.Archiving;

/// <summary>Rows in real databases: all of them, once, whether the database or the exporter is killed.</summary>
public sealed class WarmStoreTests : IDisposable
{
    private static readonly string[] Tables = ["events", "windows", "lanes", "decisions", "commands", "signals"];

    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-warm-").FullName;

    private string Journal => Path.Combine(_folder, "journal");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RealPartFact("influxd")]
    public async Task Influx_gets_every_row_once_also_when_it_is_down_at_first()
    {
        using var influx = new RunningInflux();
        await influx.StartAsync();
        influx.Kill();
        SampleJournal.Write(Journal, 900);
        using RunningProgram export = RunningProgram.Product(
            "export", "influx", Journal, "--url", influx.Url, "--table", string.Join(',', Tables));
        await export.LineWithAsync("trying again");
        await influx.StartAsync();
        Assert.True(await export.EndAsync() == 0, export.ToString());
        await InfluxHoldsAsync(influx);

        using RunningProgram again = RunningProgram.Product(
            "export", "influx", Journal, "--url", influx.Url, "--table", string.Join(',', Tables));
        Assert.Equal(0, await again.EndAsync());
        Assert.StartsWith("0 rows", again.Output.Single());
        await InfluxHoldsAsync(influx);
    }

    [RealPartFact("influxd")]
    public async Task An_export_killed_anywhere_goes_on_where_it_was()
    {
        using var influx = new RunningInflux();
        await influx.StartAsync();
        SampleJournal.Write(Journal, 2400);
        await KillOftenAsync("export", "influx", Journal, "--url", influx.Url, "--table", string.Join(',', Tables));
        await InfluxHoldsAsync(influx);
    }

    [RealPartFact("influxd")]
    public async Task A_journal_that_grows_is_followed()
    {
        using var influx = new RunningInflux();
        await influx.StartAsync();
        SampleJournal.Write(Journal, 200);
        using var export = RunningProgram.Product(
            "export", "influx", Journal, "--url", influx.Url, "--table", "events,commands", "--follow");
        for (int s = 200; s < 1000; s += 200) SampleJournal.Write(Journal, 200, skip: s);
        long events = CountOf("events");
        for (int i = 0; i < 300 && (await influx.FieldAsync("events", "Number")).Count < events; i++) await Task.Delay(100);
        Assert.Equal(events, (await influx.FieldAsync("events", "Number")).Count);
    }

    [RealPartFact("victoria-metrics")]
    public async Task Victoria_gets_every_number_by_the_second_write_path()
    {
        using var victoria = new RunningVictoria();
        await victoria.StartAsync();
        SampleJournal.Write(Journal, 900);
        using RunningProgram export = RunningProgram.Product(
            "export", "influx", Journal, "--url", victoria.Url, "--api", "2", "--gzip", "--table", "windows,lanes");
        Assert.True(await export.EndAsync() == 0, export.ToString());
        // It shows what it has taken within a while.
        (long Count, double Sum) expected = (CountOf("windows"), SumOf("windows", "Count"));
        for (int i = 0; i < 300 && await victoria.SamplesAsync("windows_Count") != expected; i++) await Task.Delay(100);
        Assert.Equal(expected, await victoria.SamplesAsync("windows_Count"));
        Assert.Equal(CountOf("lanes"), (await victoria.SamplesAsync("lanes_Vehicles")).Count);
    }

    [RealPartFact("postgres")]
    public async Task Postgres_gets_every_row_once_whatever_is_killed()
    {
        using var postgres = new RunningPostgres();
        await postgres.StartAsync();
        SampleJournal.Write(Journal, 2400);
        await KillOftenAsync(
            "export", "postgres", Journal, "--connection", postgres.Connection, "--table", string.Join(',', Tables));
        foreach (string table in Tables)
            Assert.Equal(CountOf(table), await postgres.NumberAsync($"SELECT count(*) FROM citybrain_{table}"));
        Assert.Equal(SumOf("windows", "Count"), await postgres.NumberAsync("SELECT sum(count) FROM citybrain_windows"));
        Assert.Equal(SumOf("windows", "SpeedMps"), await postgres.NumberAsync("SELECT sum(speed_mps) FROM citybrain_windows"), 6);
        Assert.Equal(1, await postgres.NumberAsync("SELECT count(DISTINCT spool) FROM citybrain_segments"));
        Assert.Equal(SampleJournal.StartMs + 1000, await postgres.NumberAsync(
            "SELECT round(1000 * extract(epoch from min(time_stamp))) FROM citybrain_commands"));
    }

    [Fact]
    public async Task A_server_that_refuses_for_good_ends_the_export_and_keeps_the_rows()
    {
        SampleJournal.Write(Journal, 60);
        using var nobody = new RefusingServer(404, "database not found");
        using RunningProgram export = RunningProgram.Product("export", "influx", Journal, "--url", nobody.Url);
        Assert.Equal(1, await export.EndAsync());
        Assert.Contains("database not found", export.Errors.Last());
        Assert.NotEmpty(Directory.GetFiles(Journal, "*.spool", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(66, "influx", "/nowhere")]
    [InlineData(2, "influx", ".", "--url", "nonsense")]
    [InlineData(2, "influx", ".", "--api", "3")]
    [InlineData(2, "influx", ".", "--in-flight", "0")]
    [InlineData(2, "postgres", ".")]
    [InlineData(2, "postgres", ".", "--connection", "what is this")]
    public async Task What_makes_no_sense_is_said(int code, params string[] arguments)
    {
        using RunningProgram export = RunningProgram.Product(["export", .. arguments]);
        Assert.Equal(code, await export.EndAsync());
        Assert.StartsWith("citybrain: ", export.Errors.First());
    }

    /// <summary>Kills the exporter at random moments, then lets it end.</summary>
    private static async Task KillOftenAsync(params string[] arguments)
    {
        var random = new Random(5);
        for (int kill = 0; kill < KilledRun.Kills; kill++)
        {
            using RunningProgram killed = RunningProgram.Product(arguments);
            Task<int> end = killed.EndAsync();
            if (await Task.WhenAny(end, Task.Delay(random.Next(500, 2500))) != end) killed.Kill();
            await end;
        }
        using RunningProgram whole = RunningProgram.Product(arguments);
        Assert.True(await whole.EndAsync() == 0, whole.ToString());
    }

    private async Task InfluxHoldsAsync(RunningInflux influx)
    {
        foreach ((string table, string field) in ((string, string)[])
            [("events", "Number"), ("windows", "Readings"), ("lanes", "Ticks"), ("decisions", "Stage"), ("commands", "Sequence"), ("signals", "Stage")])
        {
            (long count, double sum) = await influx.FieldAsync(table, field);
            Assert.Equal((table, CountOf(table), SumOf(table, field)), (table, count, sum));
        }
    }

    private ArchiveFolder Archive()
    {
        string root = Path.Combine(_folder, "archive");
        ArchiveFolder archive = ArchiveFolder.OpenToWrite(root);
        Compaction.Run(archive, Journal, CancellationToken.None);
        return archive;
    }

    private long CountOf(string table)
    {
        using ArchiveFolder archive = Archive();
        return archive.Files.Where(f => f.Partition.Table == table).Sum(f => f.Rows);
    }

    private double SumOf(string table, string column)
    {
        using ArchiveFolder archive = Archive();
        int at = ArchiveTables.Find(table)!.Columns.Index().Single(c => c.Item.Name == column).Index;
        return archive.Scan(table, new ArchiveRange(long.MinValue, long.MaxValue)).Sum(s => Sum(s.Batch.Columns[at]));
    }

    private static double Sum(ArrowColumn column) => Enumerable.Range(0, column.Length)
        .Where(row => !column.IsNull(row)).Sum(column.Real);
}
