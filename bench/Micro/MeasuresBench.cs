using System.IO.Compression;
using System.Text;
using CityBrain.Engine.Measures;
using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;

namespace CityBrain.Micro;

/// <summary>
/// All measures in one pass over events in memory, and reading a log, against reading the events and adding them up.
/// Events, rows and the checksum of the rows are asserted, so that a faster wrong answer is no result.
/// </summary>
internal static class MeasuresBench
{
    private const int Hours = 6;
    private const long ExpectedEvents = 1_420_491;
    private const long ExpectedRows = 339_486;
    private const ulong ExpectedChecksum = 0xF93045EFF4D581C3;

    public static void Run(Harness harness, int rounds)
    {
        if (!harness.Wants("measures")) return;
        HiResEvent[] events = MeasuresLog.Make(Hours);
        byte[] text = Text(events), zipped = Zipped(text);
        harness.Compare("measures", rounds,
        [
            new("floor", _ => Floor(events), Checked: false),
            new("", _ => Measure(events), Checked: false),
            new("csv", _ => Read(() => new MemoryStream(text)), Checked: false),
            new("csv-gzip", _ => Read(() => new GZipStream(new MemoryStream(zipped), CompressionMode.Decompress)),
                Checked: false),
        ], warmUp: 2);
    }

    /// <summary>Reads every event and adds it up.</summary>
    private static Done Floor(HiResEvent[] events)
    {
        long sum = 0;
        foreach (ref readonly HiResEvent e in events.AsSpan()) sum += e.TimeMs + e.Device + e.EventId + e.Parameter;
        return new Done(events.Length, sum);
    }

    private static Done Measure(HiResEvent[] events)
    {
        var sink = new Checksum();
        var run = new MeasureRun(new MeasurePlan(
            new BinSize(900_000), MeasuresLog.Detectors(), new MeasureSettings(),
            [.. MeasureCatalog.All.Select(m => (m, (IRowSink)sink))]));
        run.Accept(events);
        run.Finish();
        Assert(run.Events == ExpectedEvents && sink.Rows == ExpectedRows && sink.Value == ExpectedChecksum,
            $"events {run.Events}, rows {sink.Rows}, checksum 0x{sink.Value:X16}");
        return new Done(run.Events, sink.Rows);
    }

    private static Done Read(Func<Stream> open)
    {
        var bad = new BadRows();
        using Stream stream = open();
        var reader = new CsvLogReader(stream, "bench", new DeviceDirectory(), bad);
        var batch = new HiResEvent[4096];
        while (reader.Read(batch) > 0)
        {
        }

        Assert(reader.Rows == ExpectedEvents && bad.Count == 0, $"{reader.Rows} rows, {bad.Count} bad");
        return new Done(reader.Rows, reader.Rows);
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
