using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CityBrain.History.Arrow;
using Xunit;

namespace CityBrain.Tests.Commands;

/// <summary>An import killed anywhere loses nothing and doubles nothing once it is made again.</summary>
public sealed class ImportHiresKillTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("citybrain-kill").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AKilledImportMadeAgainEndsAsIfItHadNotBeenKilled()
    {
        string log = Log();
        string whole = Path.Combine(_directory, "whole");
        TimeSpan took = Import(log, whole, null);
        string killed = Path.Combine(_directory, "killed");
        var random = new Random(9);
        for (int kill = 0; kill < 4; kill++)
        {
            Import(log, killed, took * (0.3 + (random.NextDouble() * 0.8)));
            foreach (string day in Directory.Exists(killed) ? Directory.GetFiles(killed, "*.arrow") : [])
            {
                using ArrowFile file = ArrowFile.Open(day);
                Assert.Equal(Rows(Path.Combine(whole, Path.GetFileName(day))), file.Rows);
            }
        }

        Import(log, killed, null);
        Assert.Equal(Digest(whole), Digest(killed));
    }

    private static long Rows(string path)
    {
        using ArrowFile file = ArrowFile.Open(path);
        return file.Rows;
    }

    private static string Digest(string store) => string.Join('\n',
        Directory.GetFiles(store, "*.arrow").Order(StringComparer.Ordinal).Select(path =>
            Path.GetFileName(path) + " " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))));

    /// <summary>Runs an import, to its end or until it is killed; returns how long it ran.</summary>
    private static TimeSpan Import(string log, string store, TimeSpan? killAfter)
    {
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "citybrain.dll"), "import", "hires", log, "--into", store])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (killAfter is { } limit && !process.WaitForExit(limit))
        {
            process.Kill();
        }

        process.WaitForExit();
        Assert.True(killAfter is not null || process.ExitCode == 0, errors.Result);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>80,000 events of twelve days, in no order.</summary>
    private string Log()
    {
        var text = new StringBuilder("TimeStamp,DeviceId,EventId,Parameter\n");
        for (int i = 0; i < 80_000; i++)
        {
            DateTime time = new DateTime(2024, 4, 15).AddSeconds(i * 7919L % 1_036_800);
            text.Append($"{time:yyyy-MM-dd HH:mm:ss},{i % 40},{82 - (i % 2)},{i % 60}\n");
        }

        string path = Path.Combine(_directory, "log.csv");
        File.WriteAllText(path, text.ToString());
        return path;
    }
}
