using CityBrain.Ingest;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Fuzz;

/// <summary>Both halves of an MQTT connection, fed what the other end may send: whole streams of packets.</summary>
internal sealed class MqttTargets(City city)
{
    private static readonly byte[][] Words =
    [
        [0x10], [0x30], [0x32], [0x34], [0x40, 2], [0x50, 2], [0x62, 2], [0x70, 2], [0x82], [0xA2], [0xC0, 0], [0xE0, 0], [0xF0],
        [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4], [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 5],
        [0x01, 1], [0x02, 0, 0, 0, 1], [0x0B, 1], [0x11, 0, 0, 0, 9], [0x21, 0, 1], [0x22, 0, 1], [0x23, 0, 1], [0x26, 0, 1, 97, 0, 1, 98],
        [0, 1, (byte)'#'], [0, 3, (byte)'a', (byte)'/', (byte)'+'], [0, 10, .. "$share/g/a"u8],
    ];

    public FuzzTarget Broker(IReadOnlyList<byte[]> seeds) => new("mqtt-broker", seeds, Words, bytes =>
    {
        var options = new MqttBrokerOptions();
        var tally = new BrokerTally();
        var router = new MessageRouter(options, tally.Links);
        var peer = new BrokerPeer(options, router, tally, default, static _ => { });
        int used = peer.Receive(bytes);
        if (peer.Request is not null && peer.TryEnter(out _)) peer.Receive(bytes.AsSpan(used));
        while (peer.Outbox?.TryTake(out _, out _) == true) { }
        peer.SayGoodbye(peer.Failure);
        peer.Leave(0);
    })
    { Mend = Mend };

    public FuzzTarget Client(IReadOnlyList<byte[]> seeds) => new("mqtt-client", seeds, Words, bytes =>
    {
        // The first byte says which version was spoken; the brain's own decoder takes what comes.
        var options = new MqttClientOptions { ClientId = "c", Version = bytes.Length > 0 && bytes[0] % 2 == 0 ? MqttVersion.V311 : MqttVersion.V5 };
        var tally = new LinkTally();
        var outbox = new Outbox(new OutboxLimits(1 << 16, 64, 1 << 16), tally, options.Version);
        var decoder = new FeedDecoder(city);
        var sink = new NoSink();
        var state = new ClientState(options, outbox, new SubscriptionBook(outbox), new ReceivedIds(), tally,
            (in PublishView m) => decoder.Decode(m.Topic, m.Payload, ref sink), null);
        var peer = new ClientPeer(state, cleanStart: true);
        peer.EncodeConnect();
        peer.Receive(bytes.AsSpan(Math.Min(1, bytes.Length)));
        while (outbox.TryTake(out _, out _)) { }
    })
    { Mend = bytes => bytes.Length == 0 ? bytes : [bytes[0], .. Mend(bytes[1..])] };

    /// <summary>Sets the remaining length of a packet that would end behind the bytes there are.</summary>
    private static byte[] Mend(byte[] bytes)
    {
        for (int at = 0; at + 1 < bytes.Length;)
        {
            if (!VarInt.TryRead(bytes.AsSpan(at + 1), out uint length, out int digits)) return bytes;
            int end = at + 1 + digits + (int)Math.Min(length, 1 << 20);
            if (end <= bytes.Length)
            {
                at = end;
                continue;
            }
            int body = bytes.Length - at - 1 - digits;
            byte[] varint = body < 128 ? [(byte)body] : [(byte)(body | 0x80), (byte)(body >> 7 & 0x7F | (body >> 14 > 0 ? 0x80 : 0)), .. body >> 14 > 0 ? [(byte)(body >> 14)] : Array.Empty<byte>()];
            return [.. bytes.AsSpan(0, at + 1), .. varint, .. bytes.AsSpan(at + 1 + digits)];
        }
        return bytes;
    }
}

/// <summary>Takes events and does nothing.</summary>
internal struct NoSink : IEventSink
{
    public long Events;

    public void Add(in CityEvent e, ReadOnlySpan<byte> extra) => Events += e.ExtraLength == extra.Length ? 1 : throw new InvalidOperationException("lengths differ");
}

/// <summary>Payloads of all topics, JSON and binary; the first byte chooses the topic.</summary>
internal sealed class PayloadTarget
{
    private readonly FeedDecoder _decoder;
    private readonly byte[][] _topics;
    private readonly Aspect[] _aspects = new Aspect[256];
    private NoSink _sink;

    public PayloadTarget(City city)
    {
        _decoder = new FeedDecoder(city, ticks: true, border: new DistrictBorder([], [0]));
        var topics = new FeedTopics(city.Districts[0].Id);
        string Of(DetectorKind kind, Func<string, string> topic) =>
            city.Detectors.FirstOrDefault(d => d.Kind == kind) is { } d ? topic(d.Id) : topics.Batch;
        _topics =
        [
            .. new[]
            {
                Of(DetectorKind.Loop, topics.Loop), Of(DetectorKind.Camera, topics.Camera), Of(DetectorKind.Button, topics.Button),
                topics.ControllerState(city.Intersections[0].Id), topics.Batch, topics.Tick,
            }.Select(System.Text.Encoding.UTF8.GetBytes),
        ];
    }

    public void Run(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        ReadOnlySpan<byte> payload = bytes.AsSpan(1);
        int topic = bytes[0] % (_topics.Length + 3);
        if (topic < _topics.Length) _decoder.Decode(_topics[topic], payload, ref _sink);
        else if (topic == _topics.Length) CommandFeed.TryRead(payload, 0, _aspects, out _, out _);
        else if (topic == _topics.Length + 1) ReceiptFeed.TryRead(payload, out _, out _);
        else ClockFeed.TryReadTock(payload, out _, out _);
        FeedCounters c = _decoder.Counters;
        if (c.Messages != c.Read + c.UnknownTopic + c.Malformed + c.WrongNumbering) throw new InvalidOperationException("the counters do not add up");
    }
}

/// <summary>An answer of SUMO, read as a run reads it: statuses, then values by their types.</summary>
internal static class TraciTarget
{
    public static void Run(byte[] bytes)
    {
        var answer = new TraciReader(bytes);
        answer.Status(TraciIds.SimulationStep, out _);
        for (int n = answer.Integer(); n > 0 && !answer.AtEnd; n--)
        {
            answer.Command();
            answer.Text();
            for (int values = answer.Integer(); values > 0 && !answer.AtEnd; values--)
            {
                answer.Byte();
                answer.Byte();
                answer.SkipValue();
            }
        }
    }
}
