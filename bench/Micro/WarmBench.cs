using System.Diagnostics;
using System.Globalization;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.Export;

namespace CityBrain.Micro;

/// <summary>
/// Rows of windows (five values each, of 10,000 detectors) through the spool on disk into a real store: rows a second
/// from the first one encoded to the last one acknowledged. The store is given by its address, or a connection string
/// of PostgreSQL. With a folder, the same segments are written there as files, for a plain client to send.
/// </summary>
internal static class WarmBench
{
    private const int Detectors = 10_000;

    private sealed record Load(string Where, int Rows, int OfSegment, int InFlight, bool Gzip, string? Folder);

    public static async Task<int> RunAsync(string[] args)
    {
        int Number(string name, int usual) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
        string? Text(string name) => Array.IndexOf(args, name) + 1 is > 0 and var at ? args[at] : null;
        var load = new Load(args[0], Number("--rows", 2_000_000), Number("--segment", 50_000), Number("--in-flight", 4),
            args.Contains("--gzip"), Text("--prepare"));
        await using IWarmStore store = Uri.TryCreate(load.Where, UriKind.Absolute, out Uri? url)
            ? new InfluxStore(new InfluxOptions { Url = url, Database = "citybrain", Gzip = load.Gzip })
            : new PostgresStore(load.Where);
        if (load.Folder is not null) return Prepare(load, store);
        string folder = Directory.CreateTempSubdirectory("citybrain-warm-").FullName;
        try
        {
            return await SendAsync(load, store, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> SendAsync(Load load, IWarmStore store, string folder)
    {
        using var spool = new Spool(folder, 1L << 30);
        var sender = new SpoolSender(spool, store, load.InFlight, Console.Error.WriteLine);
        var clock = Stopwatch.StartNew();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        Task filling = Task.Run(() => FillAsync(spool, store, load));
        await sender.RunAsync(filling, default);
        await filling;
        double seconds = clock.Elapsed.TotalSeconds, used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{sender.Points:N0} rows in {seconds:0.0} s, {sender.Points / seconds:N0} rows a second; "
            + $"{used * 1e6 / sender.Points:0.0} us of CPU a row here, {spool.WaitsForRoom} waits for room"));
        return sender.Points == load.Rows ? 0 : 1;
    }

    private static async Task FillAsync(Spool spool, IWarmStore store, Load load)
    {
        foreach ((ArrowBatch batch, int sent) in Batches(load))
            await spool.AppendAsync(sent, batch.Length, [new SpoolPart("windows", Encoded(store, batch))], default);
    }

    private static int Prepare(Load load, IWarmStore store)
    {
        Directory.CreateDirectory(load.Folder!);
        foreach ((ArrowBatch batch, int sent) in Batches(load))
        {
            using FileStream file = File.Create(Path.Combine(load.Folder!, $"{sent:D9}"));
            if (store is PostgresStore) file.Write(PostgresStore.FileHeader);
            file.Write(Encoded(store, batch).Span);
            if (store is PostgresStore) file.Write(PostgresStore.FileTrailer);
        }
        return 0;
    }

    private static ReadOnlyMemory<byte> Encoded(IWarmStore store, ArrowBatch batch) =>
        store.Encode(ArchiveTables.Windows, "centre", batch);

    private static IEnumerable<(ArrowBatch Batch, int Sent)> Batches(Load load)
    {
        var ids = new ArchiveIds(
            ["centre"], [.. Enumerable.Range(0, Detectors).Select(i => $"loop-{i:D5}")], [], []);
        var rows = new TableRows(ArchiveTables.Windows, ids);
        var random = new Random(1);
        for (int n = 0; n < load.Rows;)
        {
            rows.Add(1_700_000_000_000 + (n / Detectors * 60_000L)).Add((long)(n % Detectors)).Add(60L).Add(60L)
                .Add((double)random.Next(30)).Add(random.NextDouble()).Add(random.NextDouble() * 20);
            if (++n % load.OfSegment == 0 || n == load.Rows) yield return (rows.Build(), n);
        }
    }
}
