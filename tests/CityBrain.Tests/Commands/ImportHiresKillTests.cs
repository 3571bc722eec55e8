using System.Security.Cryptography;
using System.Text;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;
using CityBrain.Tests.Crash;
using Xunit.Abstractions;

namespace CityBrain.Tests.Commands;

/// <summary>
/// An import killed anywhere loses nothing and doubles nothing once it is made again: every day is as before or as
/// after. Five kills here; CITYBRAIN_KILLS says how many else.
/// </summary>
public sealed class ImportHiresKillTests(ITestOutputHelper told) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("citybrain-kill").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_killed_import_made_again_ends_as_if_it_had_not_been_killed()
    {
        // The store holds every third event already: days are both made and replaced.
        string known = Log("known.csv", 3), log = Log("log.csv", 1);
        string begun = Path.Combine(_directory, "begun"), whole = Path.Combine(_directory, "whole");
        Import(known, begun);
        Import(known, whole);
        Import(log, whole);
        (Dictionary<string, string> before, Dictionary<string, string> after) = (Digests(begun), Digests(whole));
        long grows = KilledRun.Bytes(whole) - KilledRun.Bytes(begun);
        var random = new Random(9);
        int killed = 0;
        for (int kill = 0; kill < KilledRun.Kills; kill++)
        {
            string store = Path.Combine(_directory, "killed");
            Import(known, store);
            if (await KilledRun.UntilAsync(store, (long)(grows * random.NextDouble()),
                TimeSpan.FromMilliseconds(random.NextDouble() * 4), "import", "hires", log, "--into", store)) killed++;
            foreach ((string day, string digest) in Digests(store))
                Assert.True(digest == after[day] || digest == before.GetValueOrDefault(day), $"{day} is neither old nor new");
            Import(log, store);
            Assert.Equal(after, Digests(store));
            Directory.Delete(store, recursive: true);
        }
        told.WriteLine($"{killed} of {KilledRun.Kills} imports were killed before their end");
    }

    private static void Import(string log, string store)
    {
        using var import = new HiResImport(new HiResStore(store));
        import.AddFile(log);
        import.Complete();
    }

    /// <summary>By day: digest of its file, which must be readable.</summary>
    private static Dictionary<string, string> Digests(string store) =>
        Directory.GetFiles(store, "*.arrow").ToDictionary(path => Path.GetFileName(path), path =>
        {
            using ArrowFile file = ArrowFile.Open(path);
            return $"{file.Rows} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}";
        });

    /// <summary>80,000 events of twelve days, in no order, or every so many of them and of ten days.</summary>
    private string Log(string name, int every)
    {
        var text = new StringBuilder("TimeStamp,DeviceId,EventId,Parameter\n");
        for (int i = 0; i < 80_000; i += every)
        {
            long second = i * 7919L % 1_036_800;
            if (every > 1 && second >= 864_000) continue;
            text.Append($"{new DateTime(2024, 4, 15).AddSeconds(second):yyyy-MM-dd HH:mm:ss},{i % 40},{82 - (i % 2)},{i % 60}\n");
        }
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, text.ToString());
        return path;
    }
}
