using System.Security.Cryptography;
using CityBrain.Archiving;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.Model;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Tests.Archiving;

/// <summary>A journal in the archive: whole, once, and the same however often and in how many steps it came.</summary>
public sealed class CompactionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-archive-").FullName;

    private string Journal => Path.Combine(_folder, "journal");
    private string Root => Path.Combine(_folder, "archive");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_events_of_the_journal_can_be_made_again_from_the_archive()
    {
        var events = SampleJournal.Write(Journal, 1200);
        using ArchiveFolder archive = Compact(out CompactionReport report);

        Assert.Equal(events.Count, report.Events);
        (long Number, CityEvent Event, string Extra)[] again =
            [.. archive.Scan("events", default(ArchiveRange) with { FromMs = long.MinValue, ToMs = long.MaxValue })
                .SelectMany(s => Enumerable.Range(0, s.Batch.Length).Select(row => EventOf(s.Batch, row)))
                .OrderBy(e => e.Number)];
        Assert.Equal(events.Count, again.Length);
        for (int i = 0; i < again.Length; i++)
        {
            Assert.Equal(i, again[i].Number);
            Assert.Equal(events[i].Event, again[i].Event);
            Assert.Equal(Convert.ToHexStringLower(events[i].Extra), again[i].Extra);
        }
    }

    [Fact]
    public void A_brain_fed_from_the_archive_ends_with_the_digest_of_the_one_fed_from_the_journal()
    {
        var events = SampleJournal.Write(Journal, 900);
        var live = new DistrictBrain(TinyCity.Build(), SampleJournal.Options);
        foreach ((CityEvent e, byte[] extra) in events) live.Accept(e, extra);
        using ArchiveFolder archive = Compact(out _);
        var again = new DistrictBrain(TinyCity.Build(), SampleJournal.Options);
        foreach (var (_, e, extra) in archive.Scan("events", new ArchiveRange(long.MinValue, long.MaxValue))
            .SelectMany(s => Enumerable.Range(0, s.Batch.Length).Select(row => EventOf(s.Batch, row)))
            .OrderBy(e => e.Number))
            again.Accept(e, Convert.FromHexString(extra));
        Assert.Equal(live.Digest(), again.Digest());
    }

    [Fact]
    public void Compacting_twice_changes_no_byte()
    {
        SampleJournal.Write(Journal, 600);
        Compact(out _).Dispose();
        string once = Digest(Root);
        Compact(out CompactionReport second).Dispose();
        Assert.True(second.Unchanged);
        Assert.Equal(once, Digest(Root));

        File.Delete(Path.Combine(Root, "catalogue.db"));
        Compact(out CompactionReport third).Dispose();
        Assert.False(third.Unchanged);
        Assert.Equal(once, Digest(Root));
    }

    [Fact]
    public void A_journal_that_grows_ends_in_the_archive_as_if_it_had_come_at_once()
    {
        SampleJournal.Write(Journal, 400);
        Compact(out _).Dispose();
        SampleJournal.Write(Journal, 1000, skip: 400);
        Compact(out CompactionReport grown).Dispose();
        Assert.True(grown.Files > 0);
        string inSteps = Digest(Root);

        Directory.Delete(Root, recursive: true);
        Compact(out _).Dispose();
        Assert.Equal(inSteps, Digest(Root));
    }

    [Fact]
    public void A_day_is_complete_when_the_journal_has_gone_past_it_and_is_not_written_again()
    {
        SampleJournal.Write(Journal, 1200);
        using (ArchiveFolder archive = Compact(out _))
        {
            Assert.All(archive.Files.Where(f => f.Partition.Day == "2024-04-15"), f => Assert.True(f.Complete));
            Assert.All(archive.Files.Where(f => f.Partition.Day == "2024-04-16"), f => Assert.False(f.Complete));
            Assert.Equal(2, archive.Files.Select(f => f.Partition.Day).Distinct().Count());
            Assert.Equal(6, archive.Files.Select(f => f.Partition.Table).Distinct().Count());
        }
        SampleJournal.Write(Journal, 60, skip: 1200);
        Compact(out CompactionReport grown).Dispose();
        Assert.True(grown.Settled > 0);
    }

    [Fact]
    public void Another_journal_that_begins_alike_is_refused()
    {
        SampleJournal.Write(Journal, 100);
        Compact(out _).Dispose();
        Directory.Delete(Journal, recursive: true);
        SampleJournal.Write(Journal, 50);
        SampleJournal.Write(Journal, 100, seed: 8, skip: 60);
        CliFailure failure = Assert.Throws<CliFailure>(() => Compact(out _));
        Assert.Contains("not the one", failure.Message);
    }

    [Fact]
    public void Windows_and_lanes_add_up_to_what_the_detectors_said()
    {
        SampleJournal.Write(Journal, 1200);
        using ArchiveFolder archive = Compact(out _);
        double counted = Sum(archive, "windows", "Count");
        Assert.True(counted > 100, "the test sees nothing");
        double perMinute = Sum(archive, "windows", "Readings");
        Assert.True(perMinute > 500);
        foreach (var (file, batch) in archive.Scan("windows", new ArchiveRange(long.MinValue, long.MaxValue)))
            for (int row = 0; row < batch.Length; row++)
                Assert.Equal(file.Partition.DayMs, Partition.MidnightOf(batch.Columns[0].Integer(row)));
    }

    private static double Sum(ArchiveFolder archive, string table, string column)
    {
        int at = ArchiveTables.Find(table)!.Columns.Index().Single(c => c.Item.Name == column).Index;
        return archive.Scan(table, new ArchiveRange(long.MinValue, long.MaxValue)).Sum(s =>
            Enumerable.Range(0, s.Batch.Length).Sum(row => s.Batch.Columns[at].Real(row)));
    }

    private static (long Number, CityEvent Event, string Extra) EventOf(ArrowBatch batch, int row)
    {
        IReadOnlyList<ArrowColumn> c = batch.Columns;
        float Value(int column) => c[column].IsNull(row) ? float.NaN : (float)c[column].Real(row);
        string extra = c[10].IsNull(row) ? "" : c[10].Text(row);
        var e = new CityEvent(c[0].Integer(row), (int)c[3].Integer(row), Enum.Parse<EventKind>(c[2].Text(row)),
            (byte)c[5].Integer(row), (ushort)(extra.Length / 2), Value(6), Value(7), Value(8), (uint)c[9].Integer(row));
        return (c[1].Integer(row), e, extra);
    }

    private ArchiveFolder Compact(out CompactionReport report)
    {
        ArchiveFolder archive = ArchiveFolder.OpenToWrite(Root);
        try
        {
            report = Compaction.Run(archive, Journal, CancellationToken.None);
            return archive;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    internal static string Digest(string root) => string.Join('\n',
        Directory.GetFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where(path => !Path.GetFileName(path).StartsWith("catalogue", StringComparison.Ordinal)
                && !Path.GetFileName(path).StartsWith('.'))
            .Select(path => Path.GetRelativePath(root, path) + " "
                + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))));
}
