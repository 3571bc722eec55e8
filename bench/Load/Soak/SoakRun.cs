using System.Globalization;
using System.Text.Json;

namespace CityBrain.Load;

/// <summary>One minute of a long run.</summary>
/// <param name="Minute">The first is 1.</param>
/// <param name="P50Ms">Latency as <see cref="LatencyRun"/> measures it, of the minute's ticks.</param>
/// <param name="P99Ms">As above.</param>
/// <param name="WorstMs">As above.</param>
/// <param name="Unanswered">Ticks of the minute without an answer so far.</param>
/// <param name="BrainMb">Resident memory of the brain.</param>
/// <param name="HeapMb">Its managed heap.</param>
/// <param name="BrokerMb">Resident memory of mosquitto.</param>
/// <param name="BrainCpu">Share of a core that the brain ran.</param>
/// <param name="Load">The machine's load average of the last minute.</param>
internal sealed record SoakMinute(int Minute, double P50Ms, double P99Ms, double WorstMs, int Unanswered,
    double BrainMb, double HeapMb, double BrokerMb, double BrainCpu, double Load);

/// <summary>
/// The latency run for an hour: after each minute its latencies and the memory of all, a line of JSON each in a file that
/// can be drawn while it still runs.
/// </summary>
internal static class SoakRun
{
    /// <summary>Answers may come so much after their minute.</summary>
    private const int LateS = 5;

    public static async Task RunAsync(int rate, int minutes, string file)
    {
        File.WriteAllText(file, "");
        await LatencyRun.PlayBesideAsync(rate, minutes * 60, async (run, programs) =>
        {
            ProcessShare before = ProcessShare.Read(programs.Brain);
            for (int minute = 1; minute <= minutes; minute++)
            {
                int from = LatencyRun.WarmUpTicks + (minute - 1) * LatencyRun.TicksAMinute, to = from + LatencyRun.TicksAMinute;
                while (!run.Due(to, LateS)) await Task.Delay(100);
                ProcessShare now = ProcessShare.Read(programs.Brain);
                LatencySamples samples = run.Samples(from, to);
                var line = new SoakMinute(minute, Round(samples.At(0.5)), Round(samples.At(0.99)), Round(samples.At(1)), samples.Missing,
                    Round(await programs.MetricAsync("process_resident_memory_bytes") / 1e6),
                    Round(await programs.MetricAsync("dotnet_gc_heap_bytes") / 1e6),
                    Round(Programs.ResidentBytes(programs.Broker) / 1e6), Round(now.Since(before).RunS / 60),
                    double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));
                before = now;
                await File.AppendAllTextAsync(file, JsonSerializer.Serialize(line) + "\n");
            }
        });
    }

    /// <summary>What a file of such lines says, in words, and as a drawing.</summary>
    public static void Report(string file, string? plot, string title)
    {
        SoakMinute[] all = [.. File.ReadLines(file).Select(l => JsonSerializer.Deserialize<SoakMinute>(l)!)];
        Console.WriteLine("minutes       p50 ms  p99 ms  worst ms  unanswered  brain MB  heap MB  mosquitto MB  brain core  load");
        foreach (SoakMinute[] ten in all.Chunk(10))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{ten[0].Minute,2} to {ten[^1].Minute,2}   {ten.Average(m => m.P50Ms),9:0.00}{ten.Average(m => m.P99Ms),8:0.0}{ten.Max(m => m.WorstMs),10:0}"
                + $"{ten.Sum(m => m.Unanswered),12}{ten.Average(m => m.BrainMb),10:0}{ten.Average(m => m.HeapMb),9:0}"
                + $"{ten.Average(m => m.BrokerMb),14:0}{ten.Average(m => m.BrainCpu),12:P0}{ten.Average(m => m.Load),6:0.0}"));
        if (plot is not null) File.WriteAllText(plot, SoakPlot.Draw(all, title));
    }

    private static double Round(double x) => Math.Round(x, 3);
}
