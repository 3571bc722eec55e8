using System.Diagnostics;
using System.Globalization;

namespace CityBrain.Fuzz;

/// <summary>All parsers in turn, a share of the time or of the runs each, and a table at the end.</summary>
internal static class Fuzzing
{
    private const int SliceS = 10;

    /// <returns>0, or 1 when something was found.</returns>
    public static int Run(int blocks, ulong seed, double minutes, long runs, string? only, string findings)
    {
        using var targets = new FuzzTargets();
        FuzzRun[] all = [.. targets.All.Where(t => only is null || t.Name.Contains(only, StringComparison.Ordinal))
            .Select((t, n) => new FuzzRun(t, blocks, seed + (ulong)n * 1000, findings))];
        long began = Stopwatch.GetTimestamp();
        foreach (FuzzRun run in all) run.Begin();
        if (minutes <= 0)
        {
            foreach (FuzzRun run in all) run.Go(runs, long.MaxValue);
        }
        else
        {
            long end = began + (long)(minutes * 60 * Stopwatch.Frequency);
            for (int n = 0; Stopwatch.GetTimestamp() < end; n++)
                all[n % all.Length].Go(long.MaxValue, Math.Min(end, Stopwatch.GetTimestamp() + SliceS * Stopwatch.Frequency));
        }
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, seed {seed}, {blocks:N0} blocks of code count\n")
            + "parser          executions   blocks by seeds   blocks in all   inputs kept   findings");
        foreach (FuzzRun run in all)
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{run.Name,-14}{run.Executions,12:N0}{run.SeedBlocks,18:N0}{run.Blocks,16:N0}{run.Kept,14:N0}{run.Findings,11}"));
        return all.Any(r => r.Findings > 0) ? 1 : 0;
    }
}
