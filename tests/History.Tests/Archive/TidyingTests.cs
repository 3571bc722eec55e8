using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using Xunit;

namespace CityBrain.History.Tests.Archive;

/// <summary>Rules of retention and downsampling, and the catalogue that must agree with the files.</summary>
public sealed class TidyingTests : IDisposable
{
    private const long Day = Partition.DayLengthMs;
    private const long FirstDay = 19_828 * Day;
    private static readonly ArchiveIds Ids = new(["d1"], ["one", "two"], ["j1"], ["l1"]);

    private readonly string _root = Directory.CreateTempSubdirectory("citybrain-tidy-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Thinned_windows_keep_sums_and_weighted_means()
    {
        using ArchiveFolder archive = ArchiveOf(days: 1);
        (double count, double vehicleSpeed, long readings) before = Sums(archive);
        TidyFigures figures = Tidying.Run(archive, Rules("windows thin 15m after 1d"), FirstDay + (10 * Day), false);
        Assert.Equal(new TidyFigures(0, 1, 1, figures.BytesFreed), figures);
        Assert.Equal(before, Sums(archive));
        ArchiveFile file = archive.Files.Single(f => f.Partition.Table == "windows");
        Assert.Equal((900, 2L * 4), (file.ResolutionS, file.Rows));
        (ArchiveFile _, ArrowBatch batch) = archive.Scan("windows", Everything).First();
        // Eight minutes with one reading of 0.2, seven with three of 0.4: (1.6 + 8.4) / 29.
        Assert.Equal(10.0 / 29, batch.Columns[5].Real(0), 12);
        Assert.Equal(FirstDay, batch.Columns[0].Integer(0));
        Assert.Equal(900, batch.Columns[2].Integer(0));

        Assert.Equal(0, Tidying.Run(archive, Rules("windows thin 15m after 1d"), FirstDay + (10 * Day), false).Thinned);
        Assert.Equal(1, Tidying.Run(archive, Rules("windows thin 1h after 1d"), FirstDay + (10 * Day), false).Thinned);
        Assert.Equal(before, Sums(archive));
    }

    [Fact]
    public void What_a_rule_drops_is_gone_and_stays_gone()
    {
        using ArchiveFolder archive = ArchiveOf(days: 3);
        TidyFigures figures = Tidying.Run(archive, Rules("events keep 1d # short", "", "# nothing"), FirstDay + (3 * Day), false);
        Assert.Equal((2, 0, 4), (figures.Dropped, figures.Thinned, figures.Left));
        Assert.Equal(["2024-04-17"], archive.Files.Where(f => f.Partition.Table == "events").Select(f => f.Partition.Day));
        var dropped = new Partition("events", FirstDay, "d1", "0123456789abcdef");
        Assert.True(archive.IsSettled(dropped));
        Assert.False(File.Exists(Path.Combine(_root, dropped.Path)));
    }

    [Fact]
    public void A_dry_run_changes_nothing()
    {
        using ArchiveFolder archive = ArchiveOf(days: 2);
        var told = new List<string>();
        TidyFigures figures = Tidying.Run(
            archive, Rules("events keep 1d", "windows thin 5m after 1d"), FirstDay + (9 * Day), true, told.Add);
        Assert.Equal((2, 2), (figures.Dropped, figures.Thinned));
        Assert.Equal(4, told.Count);
        Assert.Equal(4, archive.Files.Count);
        Assert.All(archive.Files, f => Assert.NotEqual(300, f.ResolutionS));
    }

    [Theory]
    [InlineData("cars keep 1d", "no table 'cars'")]
    [InlineData("events thin 5m after 1d", "cannot be joined")]
    [InlineData("windows thin 7m after 1d", "divides a day")]
    [InlineData("windows keep soon", "write '")]
    [InlineData("windows keep -1d", "write '")]
    [InlineData("windows", "write '")]
    public void A_rule_that_makes_no_sense_is_told_with_its_line(string line, string what)
    {
        string wrong = Assert.Single(RetentionRules.TryRead(["# rules", line], out _));
        Assert.StartsWith("line 2: ", wrong);
        Assert.Contains(what, wrong);
    }

    [Fact]
    public void The_catalogue_is_made_again_from_the_files()
    {
        IReadOnlyList<ArchiveFile> before;
        using (ArchiveFolder archive = ArchiveOf(days: 2)) before = archive.Files;
        File.Delete(Path.Combine(_root, "catalogue.db"));
        using (ArchiveFolder archive = ArchiveFolder.Open(_root)) Assert.Equal(before, archive.Files);

        File.Delete(Path.Combine(_root, before[0].Partition.Path));
        using (ArchiveFolder archive = ArchiveFolder.Open(_root)) Assert.Equal(before.Skip(1), archive.Files);
    }

    [Fact]
    public void A_changed_byte_is_found()
    {
        using (ArchiveFolder archive = ArchiveOf(days: 1)) Assert.Empty(archive.Verify());
        string path = Directory.GetFiles(_root, "windows-*", SearchOption.AllDirectories).Single();
        DateTime modified = File.GetLastWriteTimeUtc(path);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        File.SetLastWriteTimeUtc(path, modified);
        using (ArchiveFolder archive = ArchiveFolder.Open(_root)) Assert.Contains("checksum", Assert.Single(archive.Verify()));

        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        using (ArchiveFolder archive = ArchiveFolder.Open(_root)) Assert.Contains("no whole file", archive.Verify().First());
    }

    [Fact]
    public void A_query_opens_only_the_days_it_needs()
    {
        using ArchiveFolder archive = ArchiveOf(days: 5);
        ScanFigures figures = default;
        var range = new ArchiveRange(FirstDay + (2 * Day), FirstDay + (3 * Day));
        Assert.Equal(2 * 60, archive.Scan("windows", range, f => figures = f).Sum(s => s.Batch.Length));
        Assert.Equal((1, 4), (figures.FilesRead, figures.FilesSkipped));
    }

    [Fact]
    public void Two_writers_at_once_are_refused()
    {
        using ArchiveFolder archive = ArchiveOf(days: 1);
        Assert.ThrowsAny<IOException>(() => ArchiveFolder.OpenToWrite(_root));
    }

    [Fact]
    public void A_district_s_id_may_be_anything_a_file_system_would_not_take()
    {
        Assert.DoesNotContain("..", new Partition("events", 0, "../up", "x").Path);
        Assert.StartsWith("1970-01-01/%", new Partition("events", 0, "a/b", "x").Path);
        Assert.NotEqual(new Partition("events", 0, "a/b", "x").Path, new Partition("events", 0, "a\\b", "x").Path);
    }

    private static ArchiveRange Everything => new(long.MinValue, long.MaxValue);

    private static RetentionRules Rules(params string[] lines)
    {
        Assert.Empty(RetentionRules.TryRead(lines, out RetentionRules rules));
        return rules;
    }

    /// <summary>Count, vehicles times speed and readings of all windows.</summary>
    private static (double, double, long) Sums(ArchiveFolder archive)
    {
        (double count, double speed, long readings) sums = default;
        foreach ((ArchiveFile _, ArrowBatch batch) in archive.Scan("windows", Everything))
            for (int row = 0; row < batch.Length; row++)
            {
                sums.count += batch.Columns[4].Real(row);
                sums.readings += batch.Columns[3].Integer(row);
                if (!batch.Columns[6].IsNull(row)) sums.speed += batch.Columns[6].Real(row) * batch.Columns[4].Real(row);
            }
        return sums;
    }

    /// <summary>An hour of windows of two detectors, and an event, on each of some days.</summary>
    private ArchiveFolder ArchiveOf(int days)
    {
        ArchiveFolder archive = ArchiveFolder.OpenToWrite(_root);
        for (int day = 0; day < days; day++)
        {
            long dayMs = FirstDay + (day * Day);
            var windows = new TableRows(ArchiveTables.Windows, Ids);
            for (int minute = 0; minute < 60; minute++)
                for (int detector = 0; detector < 2; detector++)
                {
                    bool even = minute % 2 == 0;
                    windows.Add(dayMs + (minute * 60_000L)).Add((long)detector).Add(60L).Add(even ? 1L : 3L)
                        .Add(even ? 2.0 : 0.0).Add(even ? 0.2 : 0.4).Add(even ? 8.0 : double.NaN);
                }
            var events = new TableRows(ArchiveTables.Events, Ids);
            events.Add(dayMs).Add((long)day).Add(1L).Add(-1L).AddEmpty().Add(0L).Add(0.0).Add(0.0).Add(double.NaN)
                .Add(0L).AddEmpty();
            archive.Enter([Write(dayMs, windows), Write(dayMs, events)], null);
        }
        return archive;
    }

    private ArchiveFile Write(long dayMs, TableRows rows)
    {
        var partition = new Partition(rows.Table.Name, dayMs, "d1", "0123456789abcdef");
        using var writer = new PartitionWriter(
            _root, partition, rows.Table.Schema(Ids, []), rows.Table.ResolutionS, complete: true);
        writer.Write(rows.Build());
        return writer.Complete();
    }
}
