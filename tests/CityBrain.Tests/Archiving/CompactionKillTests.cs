using CityBrain.History.Archive;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Tests.Archiving;

/// <summary>
/// Compaction, tidying and export killed at random moments: nothing is lost, nothing doubled. Five times here;
/// CITYBRAIN_KILLS says how many times else.
/// </summary>
public sealed class CompactionKillTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-archive-kill-").FullName;

    public static int Kills { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CITYBRAIN_KILLS"), out int kills) ? kills : 5;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_killed_compaction_made_again_ends_as_if_it_had_not_been_killed()
    {
        string journal = Path.Combine(_folder, "journal"), whole = Path.Combine(_folder, "whole");
        SampleJournal.Write(journal, 2400);
        TimeSpan took = await RunAsync(null, "archive", "compact", journal, "--into", whole);
        string expected = CompactionTests.Digest(whole);
        var random = new Random(9);
        for (int kill = 0; kill < Kills; kill++)
        {
            string killed = Path.Combine(_folder, "killed");
            for (int again = 0; again < 2; again++)
                await RunAsync(took * (0.3 + (random.NextDouble() * 0.8)), "archive", "compact", journal, "--into", killed);
            using (ArchiveFolder archive = ArchiveFolder.IsAt(killed)
                ? ArchiveFolder.Open(killed)
                : ArchiveFolder.OpenToWrite(killed))
                Assert.Empty(archive.Verify());
            await RunAsync(null, "archive", "compact", journal, "--into", killed);
            Assert.Equal(expected, CompactionTests.Digest(killed));
            Directory.Delete(killed, recursive: true);
        }
    }

    [Fact]
    public async Task A_killed_export_leaves_no_half_file()
    {
        string journal = Path.Combine(_folder, "journal"), archive = Path.Combine(_folder, "archive");
        SampleJournal.Write(journal, 2400);
        await RunAsync(null, "archive", "compact", journal, "--into", archive);
        string whole = Path.Combine(_folder, "whole.csv"), killed = Path.Combine(_folder, "killed.csv");
        TimeSpan took = await RunAsync(null, "archive", "export", archive, "--table", "events", "-o", whole);
        var random = new Random(11);
        for (int kill = 0; kill < Kills; kill++)
        {
            await RunAsync(took * random.NextDouble(), "archive", "export", archive, "--table", "events", "-o", killed);
            if (File.Exists(killed)) Assert.Equal(await File.ReadAllTextAsync(whole), await File.ReadAllTextAsync(killed));
        }
        await RunAsync(null, "archive", "export", archive, "--table", "events", "-o", killed);
        Assert.Equal(await File.ReadAllTextAsync(whole), await File.ReadAllTextAsync(killed));
    }

    /// <summary>Runs the product to its end or until it is killed; returns how long it ran.</summary>
    private static async Task<TimeSpan> RunAsync(TimeSpan? killAfter, params string[] arguments)
    {
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        using RunningProgram program = RunningProgram.Product(arguments);
        Task<int> end = program.EndAsync();
        if (killAfter is { } limit && await Task.WhenAny(end, Task.Delay(limit)) != end) program.Kill();
        int code = await end;
        Assert.True(killAfter is not null || code == 0, program.ToString());
        return System.Diagnostics.Stopwatch.GetElapsedTime(began);
    }
}
