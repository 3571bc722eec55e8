using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using CityBrain.Mqtt.Tests.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>
/// Many clients that do nothing, half of something, or do not read: the others and the memory must not feel it.
/// </summary>
public sealed class CrowdTests : IAsyncLifetime
{
    private const MqttVersion V5 = MqttVersion.V5;
    private readonly List<RawPeer> _peers = [];
    private MqttBroker? _broker;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (RawPeer peer in _peers)
        {
            peer.Dispose();
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [Fact]
    public async Task Idle_half_open_and_unreading_clients_take_nothing_from_busy_ones()
    {
        MqttBroker broker = await StartAsync(o => o with { SharedQueueBytes = 16 << 20 });
        RawPeer[] idle = await ManyAsync(300, i => LogInAsync($"idle{i}"));
        await ManyAsync(100, async i =>
        {
            RawPeer peer = Keep(await RawPeer.ConnectAsync(broker.Port));
            await peer.SendAsync(Connect($"half{i}", V5)[..(i % 10)]); // nothing, or a piece of a CONNECT
            return peer;
        });
        await ManyAsync(50, i => SubscriberAsync($"deaf{i}", "news", Qos.AtMostOnce));
        RawPeer[] busy = await ManyAsync(20, i => SubscriberAsync($"busy{i}", $"to/{i}", Qos.AtLeastOnce));
        RawPeer reader = await SubscriberAsync("reader", "news", Qos.AtMostOnce);
        for (ushort round = 1; round <= 60; round++)
        {
            broker.Publish("news"u8, [.. new byte[100_000], (byte)round]);
            Assert.Equal(round, (await reader.ReadAsync(PacketType.Publish))[^1]);
            foreach (int i in Enumerable.Range(0, busy.Length))
            {
                await busy[i].SendAsync(Publish($"to/{(i + 1) % busy.Length}", $"{i}", V5, Qos.AtLeastOnce, round));
            }

            foreach (int i in Enumerable.Range(0, busy.Length))
            {
                await ExchangeAsync(busy[i], round);
            }
        }

        Assert.NotEqual(0, broker.Counters.DroppedFull); // the deaf ones' queues were full meanwhile
        foreach (RawPeer peer in idle)
        {
            await peer.SendAsync(0xC0, 0);
            Assert.Equal([0xD0, 0], await peer.ReadAsync());
        }
    }

    [Fact]
    public async Task What_waits_for_all_clients_together_is_bounded_and_given_back()
    {
        const int shared = 2 << 20;
        MqttBroker broker = await StartAsync(o => o with { SharedQueueBytes = shared });
        RawPeer[] deaf = await ManyAsync(12, i => SubscriberAsync($"deaf{i}", "a", (Qos)(i % 2), Hex("11 00000E10")));
        RawPeer reader = await SubscriberAsync("reader", "b", Qos.AtMostOnce);
        for (int i = 0; i < 120; i++)
        {
            broker.Publish("a"u8, new byte[100_000], Qos.AtLeastOnce); // 12 MB for each: more than sockets hold
            Assert.InRange(broker.Counters.SharedQueueBytes, 0, shared);
            broker.Publish("b"u8, [(byte)i]);
            Assert.Equal(i, (await reader.ReadAsync(PacketType.Publish))[^1]); // small ones pass all the same
        }

        Assert.InRange(broker.Counters.SharedQueueBytes, shared / 2, shared);
        Assert.NotEqual(0, broker.Counters.DroppedFull);
        for (int i = 0; i < deaf.Length; i++)
        {
            deaf[i].Dispose();
        }

        // Sessions that outlive their connection keep QoS 1 messages; coming back anew gives up those too.
        await Eventually.True(() => broker.Counters.ConnectionsOpen == 1, "the connections to be gone");
        await ManyAsync(12, i => LogInAsync($"deaf{i}"));
        Assert.Equal(0, broker.Counters.SharedQueueBytes);
    }

    [Fact]
    public async Task Who_takes_nothing_for_too_long_is_cut_off_but_for_who_is_inside()
    {
        MqttBroker broker = await StartAsync(o => o with { StallTimeout = TimeSpan.FromMilliseconds(50) });
        using Stream inside = broker.Connect(new MqttIdentity("brain", ["#"], ["#"])); // does not read for a while either
        await inside.WriteAsync(Connect("brain", MqttVersion.V311));
        await inside.WriteAsync(Subscribe(1, "a", new(Qos.AtMostOnce), MqttVersion.V311));
        await inside.ReadExactlyAsync(new byte[4 + 5]);
        for (int i = 0; i < 200; i++)
        {
            broker.Publish("a"u8, new byte[100_000]);
        }

        await SubscriberAsync("deaf", "a", Qos.AtMostOnce);
        RawPeer idle = await LogInAsync("idle");
        for (int i = 0; i < 200; i++)
        {
            broker.Publish("a"u8, new byte[100_000]);
        }

        await Eventually.True(() => broker.Counters.ConnectionsOpen == 2, "the deaf one to be cut off");
        Assert.Equal(1, broker.Counters.Stalled);
        await idle.SendAsync(0xC0, 0); // nothing waits for it, so nothing is held against it
        Assert.Equal([0xD0, 0], await idle.ReadAsync());
    }

    [Fact]
    public void A_share_is_taken_in_pieces_given_back_and_refused_where_there_is_none()
    {
        var store = new QueueStore(200_000);
        QueueStore.Share first = new(store), second = new(store), alone = new(null);
        Assert.True(first.TryCover(QueueStore.OwnBytes));
        Assert.Equal(0, store.UsedBytes);
        Assert.True(first.TryCover(70_000));
        Assert.InRange(store.UsedBytes, 70_000 - QueueStore.OwnBytes, 100_000);
        Assert.False(first.TryCover(150_000)); // no more than is left to others
        Assert.True(second.TryCover(70_000));
        Assert.False(second.TryCover(100_000));
        Assert.True(second.TryCover(QueueStore.OwnBytes));
        Assert.True(alone.TryCover(int.MaxValue));
        first.Keep(10_000);
        Assert.InRange(store.UsedBytes, 1, 100_000);
        Assert.True(second.TryCover(100_000));
        second.Keep(0);
        Assert.Equal(0, store.UsedBytes);
    }

    /// <summary>Reads the PUBACK of what it sent and the message of its neighbour, in whatever order, and acknowledges.</summary>
    private static async Task ExchangeAsync(RawPeer peer, ushort round)
    {
        bool acknowledged = false, received = false;
        while (!acknowledged || !received)
        {
            byte[]? packet = await peer.ReadAsync();
            Assert.NotNull(packet);
            switch ((PacketType)(packet[0] >> 4))
            {
                case PacketType.PubAck:
                    Assert.Equal(round, (packet[2] << 8) | packet[3]);
                    acknowledged = true;
                    break;
                default:
                    Assert.Equal(PacketType.Publish, (PacketType)(packet[0] >> 4));
                    int id = 4 + ((packet[2] << 8) | packet[3]);
                    await peer.SendAsync(Ack(PacketType.PubAck, (ushort)((packet[id] << 8) | packet[id + 1]), V5));
                    received = true;
                    break;
            }
        }
    }

    private async Task<MqttBroker> StartAsync(Func<MqttBrokerOptions, MqttBrokerOptions> change) =>
        _broker = await MqttBroker.StartAsync(change(new MqttBrokerOptions
        {
            Port = 0, ConnectTimeout = TimeSpan.FromHours(1), StallTimeout = TimeSpan.FromHours(1),
        }));

    private static async Task<RawPeer[]> ManyAsync(int count, Func<int, Task<RawPeer>> make) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(make));

    private async Task<RawPeer> LogInAsync(string id, byte[]? properties = null) =>
        Keep(await RawPeer.LogInAsync(_broker!.Port, id, V5, properties: properties));

    private async Task<RawPeer> SubscriberAsync(string id, string filter, Qos qos, byte[]? properties = null)
    {
        RawPeer peer = await LogInAsync(id, properties);
        await peer.SendAsync(Subscribe(1, filter, new(qos), V5));
        await peer.ReadAsync(PacketType.SubAck);
        return peer;
    }

    private RawPeer Keep(RawPeer peer)
    {
        lock (_peers)
        {
            _peers.Add(peer);
        }

        return peer;
    }
}
