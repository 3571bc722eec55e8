using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using CityBrain.Engine.Measures;
using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;

namespace CityBrain.Micro;

/// <summary>
/// All measures in one pass over events in memory, and reading a log, in events a CPU-second. Events, rows
/// and
/// the checksum of the rows are asserted, so that a faster wrong answer is no result.
/// </summary>
public static class MeasuresBench
{
    private const int Hours = 6;
    private const long ExpectedEvents = 1_420_491;
    private const long ExpectedRows = 339_486;
    private const ulong ExpectedChecksum = 0xF93045EFF4D581C3;

    public static void Run(TextWriter o)
    {
        HiResEvent[] events = MeasuresLog.Make(Hours);
        double best = 0;
        for (int trial = 0; trial < 4; trial++)
        {
            var sink = new Checksum();
            TimeSpan before = Cpu();
            long taken = Measure(events, sink);
            best = Math.Max(best, taken / (Cpu() - before).TotalSeconds);
            Assert(taken == ExpectedEvents && sink.Rows == ExpectedRows && sink.Value == ExpectedChecksum,
                $"events {taken}, rows {sink.Rows}, checksum 0x{sink.Value:X16}");
        }

        o.WriteLine(FormattableString.Invariant(
            $"measures: {MeasureCatalog.All.Count} in one pass, {events.Length:N0} events, {ExpectedRows:N0} rows, ")
            + FormattableString.Invariant($"{best / 1e6:F1} million events a CPU-second (goal 8)"));
        byte[] text = Text(events);
        o.WriteLine(FormattableString.Invariant(
            $"log reader: CSV {Read(text, false) / 1e6:F1}, CSV in gzip {Read(text, true) / 1e6:F1} ")
            + "million events a CPU-second (goal 1)");
    }

    private static long Measure(HiResEvent[] events, IRowSink sink)
    {
        var run = new MeasureRun(new MeasurePlan(
            new BinSize(900_000), MeasuresLog.Detectors(), new MeasureSettings(),
            [.. MeasureCatalog.All.Select(m => (m, sink))]));
        run.Accept(events);
        run.Finish();
        return run.Events;
    }

    private static double Read(byte[] text, bool gzip)
    {
        byte[] source = gzip ? Zipped(text) : text;
        double best = 0;
        for (int trial = 0; trial < 3; trial++)
        {
            var bad = new BadRows();
            TimeSpan before = Cpu();
            using Stream stream = gzip
                ? new GZipStream(new MemoryStream(source), CompressionMode.Decompress)
                : new MemoryStream(source);
            var reader = new CsvLogReader(stream, "bench", new DeviceDirectory(), bad);
            var batch = new HiResEvent[4096];
            while (reader.Read(batch) > 0)
            {
            }

            best = Math.Max(best, reader.Rows / (Cpu() - before).TotalSeconds);
            Assert(reader.Rows == ExpectedEvents && bad.Count == 0, $"{reader.Rows} rows, {bad.Count} bad");
        }

        return best;
    }

    private static byte[] Text(HiResEvent[] events)
    {
        var text = new StringBuilder("TimeStamp,DeviceId,EventId,Parameter\n");
        foreach (HiResEvent e in events)
        {
            DateTime time = DateTime.UnixEpoch.AddMilliseconds(e.TimeMs);
            text.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"{time:yyyy-MM-dd HH:mm:ss.fff},{e.Device + 1000},{e.EventId},{e.Parameter}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Zipped(byte[] text)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal))
        {
            gzip.Write(text);
        }

        return stream.ToArray();
    }

    private static TimeSpan Cpu() => Process.GetCurrentProcess().TotalProcessorTime;

    private static void Assert(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException("measures bench: not what is expected: " + what);
        }
    }

    /// <summary>Counts rows and hashes their cells (FNV-1a over 64-bit words).</summary>
    private sealed class Checksum : IRowSink
    {
        public long Rows { get; private set; }

        public ulong Value { get; private set; } = 14695981039346656037;

        public void Write(in MeasureRow row)
        {
            Rows++;
            ulong hash = Value;
            foreach (long word in (ReadOnlySpan<long>)[row.TimeMs, row.Device, row.A, row.B, row.C, row.D, row.E])
            {
                hash = (hash ^ (ulong)word) * 1099511628211;
            }

            Value = hash;
        }
    }
}
