using System.Net;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>Every limit is reached, enforced and counted, and only the client that reached it feels it.</summary>
public class BrokerLimitTests
{
    private const MqttVersion V5 = MqttVersion.V5;

    [Fact]
    public async Task A_busy_port_is_an_error_of_its_own()
    {
        await using MqttBroker first = await StartAsync();
        var taken = new MqttBrokerOptions { Port = first.Port };
        MqttPortBusyException busy = await Assert.ThrowsAsync<MqttPortBusyException>(() => MqttBroker.StartAsync(taken));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, first.Port), busy.EndPoint);
        Assert.Contains("already in use", busy.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_faster_than_allowed_end_the_connection()
    {
        await using MqttBroker broker = await StartAsync(o => o with { MessagesPerSecondPerClient = 100 });
        using RawPeer calm = await RawPeer.LogInAsync(broker.Port, "calm", V5);
        using RawPeer flood = await RawPeer.LogInAsync(broker.Port, "flood", V5);
        byte[] one = Publish("a", "1", V5);
        await flood.SendAsync([.. Enumerable.Repeat(one, 500).SelectMany(b => b)]);
        Assert.Equal([0xE0, 1, 0x96], await flood.ReadAsync());
        Assert.Equal(1, broker.Counters.RateExceeded);
        Assert.InRange(broker.Counters.MessagesReceived, 100, 200);
        await calm.SendAsync(0xC0, 0);
        Assert.Equal([0xD0, 0], await calm.ReadAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_read_loses_messages_and_others_do_not()
    {
        await using MqttBroker broker = await StartAsync(o => o with { QueueBytesPerClient = 500_000 });
        using RawPeer slow = await RawPeer.LogInAsync(broker.Port, "slow", V5);
        await slow.SendAsync(Subscribe(1, "a", new(Qos.AtMostOnce), V5));
        await slow.ReadAsync(PacketType.SubAck);
        using RawPeer quick = await RawPeer.LogInAsync(broker.Port, "quick", V5);
        await quick.SendAsync(Subscribe(1, "a", new(Qos.AtMostOnce), V5));
        await quick.ReadAsync(PacketType.SubAck);
        var payload = new byte[100_000];
        for (int i = 0; i < 200; i++) // 20 MB: more than the sockets' buffers hold
        {
            payload[^1] = (byte)i;
            broker.Publish("a"u8, payload);
            await quick.ReadAsync(PacketType.Publish);
        }

        Assert.InRange(broker.Counters.DroppedFull, 20, 199);
        Assert.Equal(2, broker.Counters.ConnectionsOpen);
        while ((await slow.ReadAsync(PacketType.Publish))[^1] != 199) { } // the newest has come through
    }

    [Fact]
    public async Task What_a_client_does_not_acknowledge_is_bounded()
    {
        await using MqttBroker broker = await StartAsync(o => o with { InFlightPerClient = 10 });
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5, properties: Hex("21 0003")); // receive maximum 3
        await peer.SendAsync(Subscribe(1, "a", new(Qos.AtLeastOnce), V5));
        await peer.ReadAsync(PacketType.SubAck);
        for (int i = 0; i < 15; i++)
        {
            broker.Publish("a"u8, [(byte)i], Qos.AtLeastOnce);
        }

        Assert.Equal(5, broker.Counters.DroppedFull);
        for (int i = 0; i < 10; i++)
        {
            byte[] packet = await peer.ReadAsync(PacketType.Publish);
            Assert.Equal(i, packet[^1]);
            if (i >= 2)
            {
                await peer.SendAsync(Ack(PacketType.PubAck, (ushort)(i - 1), V5)); // one more may come
            }
        }
    }

    [Fact]
    public async Task Connections_over_the_limit_are_told_so()
    {
        await using MqttBroker broker = await StartAsync(o => o with { MaxConnections = 2 });
        using RawPeer one = await RawPeer.LogInAsync(broker.Port, "1", V5);
        using RawPeer two = await RawPeer.LogInAsync(broker.Port, "2", V5);
        using RawPeer three = await RawPeer.ConnectAsync(broker.Port);
        await three.SendAsync(Connect("3", V5));
        Assert.Equal(0x97, (await three.ReadAsync())![3]);
        Assert.Null(await three.ReadAsync());
    }

    [Fact]
    public async Task Subscriptions_sessions_and_retained_messages_are_limited()
    {
        await using MqttBroker broker = await StartAsync(o => o with
        {
            SubscriptionsPerClient = 1, MaxSessions = 1, MaxRetained = 1,
        });
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "1", V5);
        await peer.SendAsync(Subscribe(1, "a", new(Qos.AtMostOnce), V5));
        await peer.SendAsync(Subscribe(2, "b", new(Qos.AtMostOnce), V5));
        await peer.SendAsync(Subscribe(3, "a", new(Qos.AtLeastOnce), V5)); // the same one again
        await peer.SendAsync(Subscribe(4, string.Join('/', Enumerable.Repeat("x", 200)), new(Qos.AtMostOnce), V5));
        Assert.Equal(0, (await peer.ReadAsync(PacketType.SubAck))[^1]);
        Assert.Equal(0x97, (await peer.ReadAsync(PacketType.SubAck))[^1]);
        Assert.Equal(1, (await peer.ReadAsync(PacketType.SubAck))[^1]);
        Assert.Equal(0x8F, (await peer.ReadAsync(PacketType.SubAck))[^1]);
        using RawPeer another = await RawPeer.ConnectAsync(broker.Port);
        await another.SendAsync(Connect("2", V5));
        Assert.Equal(0x97, (await another.ReadAsync())![3]);
        broker.Publish("r/1"u8, "x"u8, retain: true);
        broker.Publish("r/2"u8, "x"u8, retain: true);
        Assert.Equal((1, 1), (broker.Counters.Retained, broker.Counters.RetainedRefused));
    }

    [Fact]
    public async Task A_message_longer_than_a_client_takes_is_not_sent_to_it()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5, properties: Hex("27 00000020"));
        await peer.SendAsync(Subscribe(1, "a", new(Qos.AtLeastOnce), V5));
        await peer.ReadAsync(PacketType.SubAck);
        Assert.Equal(0, broker.Publish("a"u8, new byte[100]));
        Assert.Equal(0, broker.Publish("a"u8, new byte[100], Qos.AtLeastOnce));
        Assert.Equal(1, broker.Publish("a"u8, "x"u8));
        Assert.Equal(Publish("a", "x", V5), await peer.ReadAsync());
        Assert.Equal(2, broker.Counters.DroppedOversize);
    }

    [Fact]
    public async Task A_silent_client_is_closed_after_one_and_a_half_keep_alives()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5, keepAlive: 1);
        Assert.Equal([0xE0, 1, 0x8D], await peer.ReadAsync());
        Assert.Equal(1, broker.Counters.KeepAliveTimeouts);
    }

    [Fact]
    public async Task A_connection_without_a_connect_is_closed()
    {
        await using MqttBroker broker = await StartAsync(o => o with { ConnectTimeout = TimeSpan.FromMilliseconds(100) });
        using RawPeer peer = await RawPeer.ConnectAsync(broker.Port);
        await peer.SendAsync(0x10); // begins one, and no more
        Assert.Null(await peer.ReadAsync());
        Assert.Equal(1, broker.Counters.ConnectionsRefused);
    }

    [Fact]
    public async Task A_flood_of_pings_that_nobody_reads_the_answers_of_ends()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5);
        byte[] pings = [.. Enumerable.Repeat((byte[])[0xC0, 0], 50_000).SelectMany(b => b)];
        try
        {
            for (int i = 0; i < 400; i++) // 40 MB of answers
            {
                await peer.SendAsync(pings);
            }
        }
        catch (IOException)
        {
            // Closed by the broker, as it should be.
        }

        await Eventually.True(() => broker.Counters.ControlOverflows == 1, "the connection to be closed");
        await Eventually.True(() => broker.Counters.ConnectionsOpen == 0, "the connection to be gone");
    }

    [Fact]
    public async Task Unreleased_qos_2_messages_are_bounded_by_the_receive_maximum()
    {
        await using MqttBroker broker = await StartAsync(o => o with { ReceiveMaximum = 3 });
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5);
        for (ushort i = 1; i <= 4; i++)
        {
            await peer.SendAsync(Publish("a", "1", V5, Qos.ExactlyOnce, i));
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((byte)PacketType.PubRec << 4, (await peer.ReadAsync())![0]);
        }

        Assert.Equal([0xE0, 1, 0x93], await peer.ReadAsync());
    }

    [Fact]
    public async Task A_packet_as_long_as_allowed_passes_and_a_longer_one_does_not()
    {
        await using MqttBroker broker = await StartAsync(o => o with { MaxPacketBytes = 3 << 20, QueueBytesPerClient = 8 << 20 });
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5);
        await peer.SendAsync(Subscribe(1, "a", new(Qos.AtMostOnce), V5));
        await peer.ReadAsync(PacketType.SubAck);
        byte[] longest = Publish("a", new string('x', (3 << 20) - 9), V5);
        Assert.Equal(3 << 20, longest.Length);
        await peer.SendAsync(longest);
        Assert.Equal(longest, await peer.ReadAsync());
        await peer.SendAsync(Publish("a", new string('x', (3 << 20) - 8), V5)[..100]);
        Assert.Equal([0xE0, 1, 0x95], await peer.ReadAsync());
    }

    private static Task<MqttBroker> StartAsync(Func<MqttBrokerOptions, MqttBrokerOptions>? change = null)
    {
        var options = new MqttBrokerOptions { Port = 0 };
        return MqttBroker.StartAsync(change?.Invoke(options) ?? options);
    }
}
