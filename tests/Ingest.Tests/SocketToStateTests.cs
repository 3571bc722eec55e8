using System.Text;
using CityBrain.Channels;
using CityBrain.Engine;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Ingest.Tests;

/// <summary>The whole way of a reading: bytes of a connection, PUBLISH, topic, payload, batch, engine state.</summary>
public class SocketToStateTests
{
    private readonly City _city = CrossingCity.Build(2);
    private readonly byte[] _payload = new byte[4096];
    private readonly byte[] _packet = new byte[8192];

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public void Not_a_byte_is_allocated_from_the_socket_to_the_state(MqttVersion version)
    {
        byte[][] seconds = [.. Enumerable.Range(1, 400).Select(t => Second(t, version))];
        var engine = new TrafficEngine(_city, new EngineOptions());
        BatchChannel<EventBatch> channel = IngestLoop.MakeChannel(4, 64);
        var loop = new IngestLoop(new FeedDecoder(_city, "d0", ticks: true), channel, wait: true);
        foreach (byte[] bytes in seconds.AsSpan(0, 200)) Pass(bytes, version, loop, channel, engine);
        long allocated = Allocated.Least(round =>
        {
            foreach (byte[] bytes in seconds.AsSpan(200 + 50 * round, 50)) Pass(bytes, version, loop, channel, engine);
        });
        Assert.Equal((0L, 0L), (allocated, loop.Counters.Malformed));
        FeedCounters c = loop.Counters;
        Assert.Equal(c.Messages, c.Read);
        Assert.Equal(c.Events, channel.Counters.Items);
        Assert.Equal(c.Events, engine.Counters.Accepted + seconds.Length); // all but the ticks
        Assert.Equal(400_000, engine.State.NowMs);
        Assert.True(engine.State.Lanes.Any(l => l.FlowVph > 0) && engine.State.Lanes.Any(l => l.SightingCount > 0));
    }

    [Fact]
    public void A_full_channel_that_may_drop_counts_every_event()
    {
        BatchChannel<EventBatch> channel = IngestLoop.MakeChannel(2, 4, WhenFull.DropNewest);
        var loop = new IngestLoop(new FeedDecoder(_city, "d0"), channel, wait: false);
        byte[] topic = Encoding.ASCII.GetBytes(new FeedTopics("d0").Button("b0"));
        byte[] payload = "{\"timeMs\":5}"u8.ToArray();
        for (int i = 0; i < 20; i++) loop.OnMessage(new PublishView(topic, payload));
        loop.OnReadDone();
        Assert.Equal((20L, 8L, 12L), (loop.Counters.Events, channel.Counters.Items, channel.Counters.Dropped));
    }

    private static void Pass(byte[] bytes, MqttVersion version, IngestLoop loop, BatchChannel<EventBatch> channel,
        TrafficEngine engine)
    {
        ReadOnlySpan<byte> rest = bytes;
        while (FixedHeader.TryRead(rest, 1 << 20, out FixedHeader header, out _) == ParseStatus.Complete)
        {
            ReasonCode reason = PublishView.TryParse(
                header.Flags, rest.Slice(header.HeaderLength, header.BodyLength), version, out PublishView view);
            if (reason != ReasonCode.Success) return;
            loop.OnMessage(view);
            rest = rest[header.PacketLength..];
        }
        loop.OnReadDone();
        while (channel.TryReceive(out EventBatch? batch))
        {
            for (int i = 0; i < batch.Count; i++)
            {
                if (batch[i].Kind == EventKind.Tick) engine.Tick(batch[i].TimeMs);
                else engine.Accept(batch[i], batch.Extra(i));
            }
            channel.Return(batch);
        }
    }

    /// <summary>One second of the small city: JSON from every sensor but a third of the loops, which come in one block.</summary>
    private byte[] Second(int t, MqttVersion version)
    {
        var stream = new MemoryStream();
        var topics = new FeedTopics("d0");
        void Send(string topic, int length)
        {
            var message = new PublishView(Encoding.ASCII.GetBytes(topic), _payload.AsSpan(0, length));
            stream.Write(_packet.AsSpan(0, PacketWriter.WritePublish(_packet, message, version)));
        }
        foreach (Detector d in _city.Detectors)
            switch (d.Kind)
            {
                case DetectorKind.Camera:
                    Send(topics.Camera(d.Id), CameraFeed.Write(_payload, t * 1000, (uint)t, 1, 0,
                        [VehicleSighting.Of(10 + t % 5, 8, 4.5, VehicleClass.Car)]));
                    break;
                case DetectorKind.Button:
                    if (t % 7 == 0) Send(topics.Button(d.Id), ButtonFeed.Write(_payload, t * 1000));
                    break;
                default:
                    if (d.Index % 3 > 0)
                        Send(topics.Loop(d.Id), LoopFeed.Write(_payload, new LoopReading(t * 1000, d.Index, 1, 0.1f, 9)));
                    break;
            }
        var block = new BlockWriter(_payload, BlockKind.Loops, Numbering.OfDetectors(_city));
        foreach (Detector d in _city.Detectors)
            if (d.Kind == DetectorKind.Loop && d.Index % 3 == 0)
                block.TryAdd(new LoopReading(t * 1000, d.Index, 1, 0.1f, 9));
        Send(topics.Batch, block.Finish());
        foreach (Intersection i in _city.Intersections)
            Send(topics.ControllerState(i.Id), ControllerFeed.Write(_payload,
                new ControllerReport(t * 1000, i.Index, ControllerMode.Remote, 0, (uint)t, Refusal.None),
                [t % 40 < 20 ? Aspect.Green : Aspect.Red, Aspect.Red, Aspect.Red], "j"u8));
        Send(topics.Tick, ClockFeed.WriteTick(_payload, t * 1000));
        return stream.ToArray();
    }
}
