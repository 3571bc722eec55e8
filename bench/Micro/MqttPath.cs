using System.Text;
using CityBrain.Engine;
using CityBrain.Ingest;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Micro;

/// <summary>
/// From recorded bytes of a connection to engine state: framing, full validation of each PUBLISH, topic to index,
/// payload to event, event into windows. The bytes lie in memory, so this is the CPU the product adds to what the
/// socket costs.
/// </summary>
internal sealed class MqttPath
{
    private const int Sensors = 1000, Seconds = 100, PerBlock = 100;
    private readonly City _city = BenchCity.OfLoops(Sensors);
    private readonly byte[] _json, _binary;

    private MqttPath()
    {
        _json = Record(json: true);
        _binary = Record(json: false);
    }

    public static void Run(Harness harness, int rounds)
    {
        if (!harness.Wants("mqtt-bytes")) return;
        var path = new MqttPath();
        const int Readings = Sensors * Seconds;
        TrafficEngine json = path.NewEngine(), binary = path.NewEngine();
        EngineSink jsonSink = new(json), binarySink = new(binary);
        var decoder = new FeedDecoder(path._city, "d0");
        harness.Compare("mqtt-bytes", rounds,
        [
            new("publish-validated", _ => path.Parse(path._json), NoAllocation: true),
            new("json-to-engine", r => path.ToEngine(path._json, decoder, json, jsonSink, r, Readings), Checked: false,
                NoAllocation: true),
            new("binary-100-to-engine", r => path.ToEngine(path._binary, decoder, binary, binarySink, r, Readings), Checked: false,
                NoAllocation: true),
        ]);
        EngineCounters c = json.Counters;
        if (c.Received != c.Accepted + c.Duplicate || decoder.Counters.Read != decoder.Counters.Messages)
            harness.Failures.Add("mqtt-bytes: not every reading was taken");
    }

    private TrafficEngine NewEngine() => new(_city, new EngineOptions { FineWindows = false });

    private byte[] Record(bool json)
    {
        var stream = new MemoryStream();
        var topics = new FeedTopics("d0");
        byte[] payload = new byte[4096], packet = new byte[8192];
        byte[] batch = Encoding.ASCII.GetBytes(topics.Batch);
        for (int s = 0; s < Seconds; s++)
            for (int d = 0; d < Sensors; d += json ? 1 : PerBlock)
            {
                ReadOnlySpan<byte> topic = json ? Encoding.ASCII.GetBytes(topics.Loop(_city.Detectors[d].Id)) : batch;
                int length = json ? LoopFeed.Write(payload, Reading(d, s)) : Block(payload, d, s);
                stream.Write(packet.AsSpan(0, PacketWriter.WritePublish(
                    packet, new PublishView(topic, payload.AsSpan(0, length)), MqttVersion.V311)));
            }
        return stream.ToArray();
    }

    private static LoopReading Reading(int detector, int second) =>
        new(second * 1000L, detector, (detector + second) & 3, (detector * 7 + second) % 1000 / 1000f, 12.5f);

    private static int Block(byte[] buffer, int first, int second)
    {
        var block = new BlockWriter(buffer, BlockKind.Loops);
        for (int d = first; d < first + PerBlock; d++) block.TryAdd(Reading(d, second));
        return block.Finish();
    }

    /// <summary>Every packet framed and validated, every payload's length taken.</summary>
    private Done Parse(byte[] bytes)
    {
        ReadOnlySpan<byte> rest = bytes;
        long items = 0, length = 0;
        while (FixedHeader.TryRead(rest, 1 << 20, out FixedHeader header, out _) == ParseStatus.Complete)
        {
            if (PublishView.TryParse(header.Flags, rest.Slice(header.HeaderLength, header.BodyLength), MqttVersion.V311,
                out PublishView view) != ReasonCode.Success)
            {
                break;
            }
            items++;
            length += view.Payload.Length;
            rest = rest[header.PacketLength..];
        }
        return new Done(items, length);
    }

    private Done ToEngine(byte[] bytes, FeedDecoder decoder, TrafficEngine engine, EngineSink sink, int round,
        long readings)
    {
        // Every round is later by its own length, or all its readings would be duplicates.
        sink.ShiftMs = round * Seconds * 1000L;
        ReadOnlySpan<byte> rest = bytes;
        long before = engine.Counters.Accepted;
        while (FixedHeader.TryRead(rest, 1 << 20, out FixedHeader header, out _) == ParseStatus.Complete)
        {
            if (PublishView.TryParse(header.Flags, rest.Slice(header.HeaderLength, header.BodyLength), MqttVersion.V311,
                out PublishView view) != ReasonCode.Success)
            {
                break;
            }
            decoder.Decode(view.Topic, view.Payload, ref sink);
            rest = rest[header.PacketLength..];
        }
        sink.Flush();
        return new Done(readings, engine.Counters.Accepted - before);
    }

    /// <summary>
    /// As in the product: events gather in a batch, and the brain's loop takes it, runs of loops at a time, up to each
    /// tick; here a tick comes whenever a new second begins.
    /// </summary>
    private sealed class EngineSink(TrafficEngine engine) : IEventSink
    {
        private readonly EventBatch _batch = new(512, 1 << 16);
        private long _second;

        public long ShiftMs { get; set; }

        public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
        {
            if (e.TimeMs + ShiftMs != _second)
            {
                Flush();
                _second = e.TimeMs + ShiftMs;
                engine.Tick(_second);
            }
            if (!_batch.TryAdd(e with { TimeMs = _second }, extra))
            {
                Flush();
                _batch.TryAdd(e with { TimeMs = _second }, extra);
            }
        }

        public void Flush()
        {
            engine.AcceptLoops(_batch.Events);
            _batch.Clear();
        }
    }
}
