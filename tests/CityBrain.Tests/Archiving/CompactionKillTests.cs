using CityBrain.Archiving;
using CityBrain.History.Archive;
using CityBrain.Tests.Crash;
using Xunit.Abstractions;

namespace CityBrain.Tests.Archiving;

/// <summary>
/// Compaction and export killed at random places: nothing is lost, nothing doubled. Five times here; CITYBRAIN_KILLS
/// says how many times else.
/// </summary>
public sealed class CompactionKillTests(ITestOutputHelper told) : IDisposable
{
    private const int Seconds = 2400;
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-archive-kill-").FullName;

    private string Journal => Path.Combine(_folder, "journal");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_killed_compaction_made_again_ends_as_if_it_had_not_been_killed()
    {
        string whole = Path.Combine(_folder, "whole"), killed = Path.Combine(_folder, "killed");
        SampleJournal.Write(Journal, Seconds);
        Compact(whole);
        string expected = CompactionTests.Digest(whole);
        long bytes = KilledRun.Bytes(whole);
        var random = new Random(9);
        int kills = 0;
        for (int kill = 0; kill < KilledRun.Kills; kill++)
        {
            if (await KilledRun.UntilAsync(killed, (long)(bytes * random.NextDouble()),
                TimeSpan.FromMilliseconds(random.NextDouble() * 4), "archive", "compact", Journal, "--into", killed)) kills++;
            using (ArchiveFolder archive = ArchiveFolder.OpenToWrite(killed)) Assert.Empty(archive.Verify());
            // Every other time the next one is killed in what this one left.
            if (kill % 2 == 0 && kill < KilledRun.Kills - 1) continue;
            Compact(killed);
            Assert.Equal(expected, CompactionTests.Digest(killed));
            Directory.Delete(killed, recursive: true);
        }
        told.WriteLine($"{kills} of {KilledRun.Kills} compactions were killed before their end");
    }

    [Fact]
    public async Task A_killed_export_leaves_no_half_file()
    {
        string archive = Path.Combine(_folder, "archive"), exports = Path.Combine(_folder, "exports");
        SampleJournal.Write(Journal, Seconds);
        Compact(archive);
        Directory.CreateDirectory(exports);
        string[] export = ["archive", "export", archive, "--table", "events", "-o", Path.Combine(exports, "events.csv")];
        Assert.False(await KilledRun.UntilAsync(exports, long.MaxValue, TimeSpan.FromMinutes(2), export));
        string whole = await File.ReadAllTextAsync(export[^1]);
        long bytes = KilledRun.Bytes(exports);
        var random = new Random(11);
        int kills = 0;
        for (int kill = 0; kill < KilledRun.Kills; kill++)
        {
            File.Delete(export[^1]);
            if (await KilledRun.UntilAsync(exports, (long)(bytes * random.NextDouble()),
                TimeSpan.FromMilliseconds(random.NextDouble() * 2), export)) kills++;
            if (File.Exists(export[^1])) Assert.Equal(whole, await File.ReadAllTextAsync(export[^1]));
        }
        Assert.False(await KilledRun.UntilAsync(exports, long.MaxValue, TimeSpan.FromMinutes(2), export));
        Assert.Equal(whole, await File.ReadAllTextAsync(export[^1]));
        told.WriteLine($"{kills} of {KilledRun.Kills} exports were killed before their end");
    }

    private void Compact(string root)
    {
        using ArchiveFolder archive = ArchiveFolder.OpenToWrite(root);
        Compaction.Run(archive, Journal, CancellationToken.None);
    }
}
