using System.Diagnostics;
using System.Globalization;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.Export;

namespace CityBrain.Micro;

/// <summary>
/// Rows of windows through the spool on disk into a real store: points a second from the first row encoded to the
/// last one acknowledged. The store is given by its address, or a connection string of PostgreSQL.
/// </summary>
internal static class WarmBench
{
    private const int RowsOfSegment = 10_000, Detectors = 10_000;

    public static async Task<int> RunAsync(string where, int points)
    {
        string folder = Directory.CreateTempSubdirectory("citybrain-warm-").FullName;
        await using IWarmStore store = Uri.TryCreate(where, UriKind.Absolute, out Uri? url)
            ? new InfluxStore(new InfluxOptions { Url = url, Database = "citybrain" })
            : new PostgresStore(where);
        try
        {
            using var spool = new Spool(folder, 1L << 30);
            var sender = new SpoolSender(spool, store, Console.Error.WriteLine);
            var clock = Stopwatch.StartNew();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            Task filling = Task.Run(() => FillAsync(spool, store, points));
            await sender.RunAsync(filling, default);
            await filling;
            double seconds = clock.Elapsed.TotalSeconds, used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{store.Name}: {sender.Points:N0} points in {seconds:0.0} s, {sender.Points / seconds:N0} a second; "
                + $"{used:0.0} s of CPU here, {spool.WaitsForRoom} waits for room"));
            return sender.Points == points ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task FillAsync(Spool spool, IWarmStore store, int points)
    {
        var ids = new ArchiveIds(
            ["centre"], [.. Enumerable.Range(0, Detectors).Select(i => $"loop-{i:D5}")], [], []);
        var rows = new TableRows(ArchiveTables.Windows, ids);
        var random = new Random(1);
        for (int sent = 0; sent < points; sent += RowsOfSegment)
        {
            int count = Math.Min(RowsOfSegment, points - sent);
            for (int i = 0; i < count; i++)
            {
                int n = sent + i;
                rows.Add(1_700_000_000_000 + (n / Detectors * 60_000L)).Add((long)(n % Detectors)).Add(60L).Add(60L)
                    .Add((double)random.Next(30)).Add(random.NextDouble()).Add(random.NextDouble() * 20);
            }
            ArrowBatch batch = rows.Build();
            await spool.AppendAsync(
                sent + count, count, [new SpoolPart("windows", store.Encode(ArchiveTables.Windows, "centre", batch))], default);
        }
    }
}
