using System.Buffers;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;

using CityBrain.Testing;
namespace CityBrain.Mqtt.Tests;

/// <summary>0 bytes for a message: on the parse path, from socket to handler, and through the broker.</summary>
[Collection(nameof(AloneCollection))]
public class AllocationTests
{
    private const int Messages = 50_000;

    /// <summary>
    /// The best of some rounds counts: a pool that grows, a new thread or a recompiled method cost something once, but
    /// one object for a message would cost at least 24 bytes for each in every round.
    /// </summary>
    private const int Rounds = 6;

    public static TheoryData<MqttVersion, Qos> Cases => new()
    {
        { MqttVersion.V311, Qos.AtMostOnce }, { MqttVersion.V5, Qos.AtMostOnce }, { MqttVersion.V5, Qos.AtLeastOnce },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task From_socket_to_handler(MqttVersion version, Qos qos)
    {
        using var broker = new ScriptedBroker();
        long seen = 0;
        long sum = 0;
        await using var client = new MqttClient(
            new MqttClientOptions { Port = broker.Port, Version = version, KeepAliveSeconds = 0 },
            (in PublishView message) =>
            {
                sum += message.Payload.Length;
                seen++;
            });
        Task connecting = client.ConnectAsync();
        (RawPeer peer, _) = await broker.LetInAsync(version);
        await connecting;
        byte[] one = Packets.Publish("city/7/loop/123", new string('x', 64), version, qos, 7);
        byte[] chunk = [.. Enumerable.Repeat(one, 100).SelectMany(b => b)];
        Task draining = qos == Qos.AtMostOnce ? Task.CompletedTask : peer.DrainAsync();
        Send(20_000);
        Assert.InRange(LeastAllocated(() => Send(Messages)), 0, Messages / 2);
        Assert.Equal(seen * 64, sum);
        peer.Dispose();
        await draining;

        void Send(int count)
        {
            long target = Volatile.Read(ref seen) + count;
            for (int i = 0; i < count; i += 100)
            {
                peer.SendNow(chunk);
            }

            var patience = System.Diagnostics.Stopwatch.StartNew();
            while (Volatile.Read(ref seen) < target && patience.Elapsed < Eventually.Patience)
            {
                Thread.Sleep(1);
            }

            Assert.Equal(target, Volatile.Read(ref seen));
        }
    }

    [Fact]
    public async Task Publishing_through_the_broker_to_a_subscriber()
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        long seen = 0;
        await using var subscriber = new MqttClient(
            new MqttClientOptions { Port = broker.Port, KeepAliveSeconds = 0 }, (in PublishView _) => seen++);
        await using var publisher = new MqttClient(new MqttClientOptions { Port = broker.Port, KeepAliveSeconds = 0 });
        await subscriber.ConnectAsync();
        await publisher.ConnectAsync();
        await subscriber.SubscribeAsync("city/+/loop/#");
        byte[] payload = new byte[64];
        Run(20_000);
        Assert.InRange(LeastAllocated(() => Run(Messages)), 0, 16 * Messages); // some objects for each batch: sockets, Kestrel

        void Run(int count)
        {
            var patience = System.Diagnostics.Stopwatch.StartNew();
            long first = Volatile.Read(ref seen);
            for (int i = 0; i < count; i++)
            {
                while (i - (Volatile.Read(ref seen) - first) > 1000 && patience.Elapsed < 3 * Eventually.Patience)
                {
                    Thread.Sleep(0);
                }

                publisher.TryPublish("city/7/loop/123"u8, payload);
            }

            while (Volatile.Read(ref seen) < first + count && patience.Elapsed < 3 * Eventually.Patience)
            {
                Thread.Sleep(1);
            }

            Assert.Equal(first + count, Volatile.Read(ref seen));
        }
    }

    [Fact]
    public void A_packet_in_two_segments_costs_no_more_than_its_scratch_buffer_once()
    {
        var receiver = new CountingReceiver();
        byte[] packet = Packets.Publish("city/7/loop/123", new string('x', 64), MqttVersion.V5);
        var sequences = new ReadOnlySequence<byte>[packet.Length - 1];
        for (int cut = 1; cut < packet.Length; cut++)
        {
            var first = new Segment(packet.AsMemory(0, cut), null);
            var second = new Segment(packet.AsMemory(cut), first);
            sequences[cut - 1] = new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length);
        }

        receiver.Receive(sequences[0]);
        Assert.Equal(0, Allocated.Least(_ =>
        {
            foreach (ReadOnlySequence<byte> sequence in sequences)
            {
                SequencePosition end = receiver.Receive(sequence);
                receiver.Left += sequence.Slice(end).Length;
            }
        }));
        int packets = 1 + Allocated.Rounds * sequences.Length;
        Assert.Equal((packets, 0L, ReasonCode.Success), (receiver.Seen, receiver.Left, receiver.Failure));
    }

    private static long LeastAllocated(Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetTotalAllocatedBytes(true);
            round();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(true) - before);
        }

        return least;
    }

    private sealed class CountingReceiver : CityBrain.Mqtt.Sessions.PacketReceiver
    {
        public CountingReceiver()
            : base(1 << 20, new CityBrain.Mqtt.Sessions.LinkTally()) => Version = MqttVersion.V5;

        public int Seen { get; private set; }

        public long Left { get; set; }

        protected override ReasonCode OnPublish(in PublishView message)
        {
            Seen += message.Topic.SequenceEqual("city/7/loop/123"u8) && message.Payload.Length == 64 ? 1 : 0;
            return ReasonCode.Success;
        }

        protected override ReasonCode OnPacket(in FixedHeader header, ReadOnlySpan<byte> body) => ReasonCode.ProtocolError;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
