using System.Text;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;

namespace CityBrain.Mqtt.Tests.Client;

public class MqttClientTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(10);

    public static TheoryData<MqttVersion> Versions => [MqttVersion.V311, MqttVersion.V5];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_qos_1_message_that_was_not_acknowledged_is_sent_again_with_dup(MqttVersion version)
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(broker.Port, version);
        Task connecting = client.ConnectAsync();
        (RawPeer first, _) = await broker.LetInAsync(version);
        await connecting;
        ValueTask<ReasonCode> publishing = client.PublishAsync("a", "1"u8.ToArray(), Qos.AtLeastOnce);
        byte[] sent = await first.ReadAsync(PacketType.Publish);
        first.Dispose();

        (RawPeer second, _) = await broker.LetInAsync(version);
        byte[] again = await second.ReadAsync(PacketType.Publish);
        Assert.Equal(0, sent[0] & 8);
        Assert.Equal(sent[0] | 8, again[0]);
        Assert.Equal(sent[1..], again[1..]); // the same packet identifier, topic and payload
        Assert.False(publishing.IsCompleted);
        await second.SendAsync(Packets.Ack(PacketType.PubAck, PacketId(again), version));
        Assert.Equal(ReasonCode.Success, await publishing);
        Assert.Equal((1, 1, 1), (client.Counters.MessagesResent, client.Counters.Reconnects, client.Counters.ConnectionsLost));
        second.Dispose();
    }

    [Fact]
    public async Task Unacknowledged_messages_are_sent_again_in_their_order()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(broker.Port, MqttVersion.V5);
        Task connecting = client.ConnectAsync();
        (RawPeer first, _) = await broker.LetInAsync(MqttVersion.V5);
        await connecting;
        for (byte i = 0; i < 20; i++)
        {
            Assert.True(client.TryPublish("t"u8, [i], Qos.AtLeastOnce));
        }

        for (int i = 0; i < 20; i++)
        {
            byte[] packet = await first.ReadAsync(PacketType.Publish);
            if (i is 3 or 7)
            {
                await first.SendAsync(Packets.Ack(PacketType.PubAck, PacketId(packet), MqttVersion.V5));
            }
        }

        await Eventually.True(() => client.Counters.MessagesAcknowledged == 2, "two acknowledgements");
        first.Dispose();
        (RawPeer second, _) = await broker.LetInAsync(MqttVersion.V5);
        var order = new List<int>();
        for (int i = 0; i < 18; i++)
        {
            order.Add((await second.ReadAsync(PacketType.Publish))[^1]);
        }

        Assert.Equal(Enumerable.Range(0, 20).Except([3, 7]), order);
        second.Dispose();
    }

    [Fact]
    public async Task A_qos_2_message_goes_on_where_it_stood()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(broker.Port, MqttVersion.V5, o => o with { SessionExpirySeconds = 60 });
        Task connecting = client.ConnectAsync();
        (RawPeer first, _) = await broker.LetInAsync(MqttVersion.V5);
        await connecting;
        ValueTask<ReasonCode> publishing = client.PublishAsync("a", "1"u8.ToArray(), Qos.ExactlyOnce);
        ushort id = PacketId(await first.ReadAsync(PacketType.Publish));
        await first.SendAsync(Packets.Ack(PacketType.PubRec, id, MqttVersion.V5));
        await first.ReadAsync(PacketType.PubRel);
        first.Dispose();

        (RawPeer second, byte[] connect) = await broker.LetInAsync(MqttVersion.V5, sessionPresent: true);
        Assert.Equal(0, connect[9] & 2); // clean start only the first time
        byte[] next = (await second.ReadAsync())!;
        Assert.Equal(Packets.Ack(PacketType.PubRel, id, MqttVersion.V5), next); // not the PUBLISH again
        await second.SendAsync(Packets.Ack(PacketType.PubComp, id, MqttVersion.V5));
        Assert.Equal(ReasonCode.Success, await publishing);
        second.Dispose();
    }

    [Fact]
    public async Task A_qos_2_message_received_twice_is_handed_over_once()
    {
        using var broker = new ScriptedBroker();
        var inbox = new Inbox();
        await using MqttClient client = New(broker.Port, MqttVersion.V5, onMessage: inbox.Handle);
        Task connecting = client.ConnectAsync();
        (RawPeer peer, _) = await broker.LetInAsync(MqttVersion.V5);
        await connecting;
        byte[] first = Packets.Publish("a", "1", MqttVersion.V5, Qos.ExactlyOnce, 9);
        byte[] again = Packets.Publish("a", "1", MqttVersion.V5, Qos.ExactlyOnce, 9, dup: true);
        await peer.SendAsync([.. first, .. again, .. Packets.Ack(PacketType.PubRel, 9, MqttVersion.V5), .. first]);
        await inbox.WaitAsync(2);
        Assert.Equal(1, client.Counters.DuplicatesReceived);
        Assert.Equal(Packets.Ack(PacketType.PubRec, 9, MqttVersion.V5), await peer.ReadAsync());
        Assert.Equal(Packets.Ack(PacketType.PubRec, 9, MqttVersion.V5), await peer.ReadAsync());
        Assert.Equal(Packets.Ack(PacketType.PubComp, 9, MqttVersion.V5), await peer.ReadAsync());
        peer.Dispose();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task After_a_cut_it_reconnects_and_subscribes_again(MqttVersion version)
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        using var proxy = new CuttableProxy(broker.Port);
        var inbox = new Inbox();
        var changes = new List<bool>();
        await using MqttClient client = New(proxy.Port, version, onMessage: inbox.Handle);
        client.ConnectionChanged += changes.Add;
        await client.ConnectAsync();
        await client.SubscribeAsync("a/#", Qos.AtLeastOnce);
        await client.SubscribeAsync("b", Qos.AtMostOnce);
        await client.UnsubscribeAsync("b");
        for (int i = 1; i <= 3; i++)
        {
            proxy.Cut();
            await Eventually.True(() => client.Counters.Reconnects == i, "the reconnect");
            await Eventually.True(() => broker.Counters.Subscriptions == 1, "the subscription");
            Assert.Equal(1, broker.Publish("a/b"u8, [(byte)('0' + i)], Qos.AtLeastOnce));
            Assert.Equal(0, broker.Publish("b"u8, "no"u8));
            await inbox.WaitAsync(i);
        }

        Assert.Equal(["1", "2", "3"], (await inbox.WaitAsync(3)).Select(m => m.Payload));
        Assert.Equal([true, false, true, false, true, false, true], changes);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_pings_is_left()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(broker.Port, MqttVersion.V5, o => o with { KeepAliveSeconds = 1 });
        Task connecting = client.ConnectAsync();
        (RawPeer first, byte[] connect) = await broker.LetInAsync(MqttVersion.V5);
        await connecting;
        Assert.Equal((0, 1), (connect[10], connect[11]));
        Assert.Equal([0xC0, 0], await first.ReadAsync());
        (RawPeer second, _) = await broker.LetInAsync(MqttVersion.V5); // comes back by itself
        Assert.Equal(1, client.Counters.ConnectionsLost);
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task A_malformed_packet_ends_the_connection_with_its_reason_and_the_client_comes_back()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(broker.Port, MqttVersion.V5);
        Task connecting = client.ConnectAsync();
        (RawPeer first, _) = await broker.LetInAsync(MqttVersion.V5);
        await connecting;
        await first.SendAsync(Packets.Hex("36 05 0001 61 0001"));
        Assert.Equal([0xE0, 1, 0x81], await first.ReadAsync());
        Assert.Null(await first.ReadAsync());
        (RawPeer second, _) = await broker.LetInAsync(MqttVersion.V5);
        Assert.Equal(1, client.Counters.Malformed);
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task What_a_handler_throws_ends_the_client_and_is_in_its_completion()
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        await using MqttClient client = New(
            broker.Port, MqttVersion.V5, onMessage: (in PublishView _) => throw new InvalidOperationException("bug"));
        await client.ConnectAsync();
        await client.SubscribeAsync("a");
        broker.Publish("a"u8, "1"u8);
        Assert.Equal("bug", (await Assert.ThrowsAsync<InvalidOperationException>(() => client.Completion)).Message);
        Assert.False(client.IsConnected);
    }

    [Fact]
    public async Task A_batch_ends_after_all_messages_of_a_read()
    {
        using var broker = new ScriptedBroker();
        int messages = 0;
        var batches = new List<int>();
        await using var client = new MqttClient(
            new MqttClientOptions { Port = broker.Port },
            (in PublishView _) => messages++,
            () =>
            {
                lock (batches)
                {
                    batches.Add(messages);
                }
            });
        Task connecting = client.ConnectAsync();
        (RawPeer peer, _) = await broker.LetInAsync(MqttVersion.V5);
        await connecting;
        byte[] one = Packets.Publish("a", "1", MqttVersion.V5);
        await peer.SendAsync([.. Enumerable.Repeat(one, 100).SelectMany(b => b), .. one[..3]]);
        await Eventually.True(() => Last(batches) == 100, "a batch of 100");
        await peer.SendAsync(one[3..]);
        await Eventually.True(() => Last(batches) == 101, "the message that came in two parts");
        peer.Dispose();

        static int Last(List<int> batches)
        {
            lock (batches)
            {
                return batches.Count == 0 ? 0 : batches[^1];
            }
        }
    }

    [Theory]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.DropOldest)]
    public async Task A_full_queue_drops_by_its_policy_and_counts(OverflowPolicy policy)
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(
            broker.Port, MqttVersion.V311,
            o => o with { Overflow = policy, QueueBytes = 100_000, ConnectTimeout = TimeSpan.FromSeconds(1) });
        Task connecting = client.ConnectAsync();
        (RawPeer peer, _) = await broker.LetInAsync(MqttVersion.V311);
        await connecting;
        var payload = new byte[1000];
        const int Sent = 20_000; // 20 MB: far more than the sockets' buffers and the queue hold
        for (int i = 0; i < Sent; i++)
        {
            BitConverter.TryWriteBytes(payload, i);
            client.TryPublish("t"u8, payload);
        }

        Assert.InRange(client.Counters.DroppedFull, 1000, Sent - 90);
        var got = new List<int>();
        long expected = Sent - client.Counters.DroppedFull;
        for (long i = 0; i < expected; i++)
        {
            got.Add(BitConverter.ToInt32((await peer.ReadAsync(PacketType.Publish)).AsSpan(6)));
        }

        Assert.Equal(got.Order(), got);
        Assert.Equal(policy == OverflowPolicy.DropOldest, got[^1] == Sent - 1);
        await Eventually.True(() => client.Counters.PacketsSent >= expected, "the count of packets");
        peer.Dispose();
    }

    [Fact]
    public async Task With_the_wait_policy_nothing_is_lost()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(
            broker.Port, MqttVersion.V311, o => o with { Overflow = OverflowPolicy.Wait, QueueBytes = 50_000 });
        Task connecting = client.ConnectAsync();
        (RawPeer peer, _) = await broker.LetInAsync(MqttVersion.V311);
        await connecting;
        Task publishing = Task.Run(async () =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                Assert.Equal(ReasonCode.Success, await client.PublishAsync("t", BitConverter.GetBytes(i).Concat(new byte[996]).ToArray()));
            }
        });
        for (int i = 0; i < 10_000; i++)
        {
            Assert.Equal(i, BitConverter.ToInt32((await peer.ReadAsync(PacketType.Publish)).AsSpan(6)));
        }

        await publishing;
        Assert.Equal(0, client.Counters.DroppedFull);
        peer.Dispose();
    }

    [Fact]
    public async Task It_never_has_more_in_flight_than_the_broker_takes()
    {
        using var broker = new ScriptedBroker();
        await using MqttClient client = New(broker.Port, MqttVersion.V5);
        Task connecting = client.ConnectAsync();
        RawPeer peer = await broker.AcceptAsync();
        await peer.ReadAsync(PacketType.Connect);
        await peer.SendAsync(Packets.Hex("20 06 00 00 03 21 0002")); // receive maximum 2
        await connecting;
        for (byte i = 0; i < 5; i++)
        {
            client.TryPublish("t"u8, [i], Qos.AtLeastOnce);
        }

        client.TryPublish("mark"u8, "x"u8);
        var seen = new List<byte[]> { (await peer.ReadAsync())!, (await peer.ReadAsync())!, (await peer.ReadAsync())! };
        Assert.Equal((byte[])[0, 1, (byte)'x'], seen.Select(p => p[^1]).Order().ToArray()); // the third is the QoS 0 message
        for (int i = 0; i < 3; i++)
        {
            await peer.SendAsync(Packets.Ack(PacketType.PubAck, (ushort)(i + 1), MqttVersion.V5));
            Assert.Equal(i + 2, (await peer.ReadAsync(PacketType.Publish))[^1]);
        }

        peer.Dispose();
    }

    [Fact]
    public async Task What_cannot_be_sent_has_a_stated_fate()
    {
        await using var offline = new MqttClient(new MqttClientOptions { MaxInFlight = 2 });
        Assert.Equal(ReasonCode.ServerUnavailable, await offline.PublishAsync("a", default));
        Assert.True(offline.TryPublish("a"u8, default, Qos.AtLeastOnce)); // waits for a connection
        Assert.True(offline.TryPublish("a"u8, default, Qos.AtLeastOnce));
        Assert.False(offline.TryPublish("a"u8, default, Qos.AtLeastOnce));
        Assert.Equal((1, 1), (offline.Counters.DroppedOffline, offline.Counters.DroppedFull));
        Assert.Throws<ArgumentException>(() => offline.TryPublish("a/+"u8, default));
        await Assert.ThrowsAsync<ArgumentException>(() => offline.SubscribeAsync("a#"));
    }

    [Fact]
    public async Task Failures_to_connect_say_why()
    {
        using var silent = new ScriptedBroker();
        await using MqttClient waits = New(silent.Port, MqttVersion.V5, o => o with { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(ConnectFailure.Timeout, (await Refused(waits)).Failure);

        int port = silent.Port;
        silent.Dispose();
        await using MqttClient alone = New(port, MqttVersion.V5);
        MqttConnectException unreachable = await Refused(alone);
        Assert.Equal(ConnectFailure.Unreachable, unreachable.Failure);
        Assert.Contains($"127.0.0.1:{port}", unreachable.Message, StringComparison.Ordinal);

        using var rude = new ScriptedBroker();
        await using MqttClient puzzled = New(rude.Port, MqttVersion.V5);
        Task<MqttConnectException> refused = Refused(puzzled);
        using RawPeer peer = await rude.AcceptAsync();
        await peer.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        Assert.Equal(ConnectFailure.Protocol, (await refused).Failure);
    }

    [Fact]
    public async Task It_keeps_trying_until_the_broker_is_there()
    {
        int port;
        using (var probe = new ScriptedBroker())
        {
            port = probe.Port;
        }

        await using MqttClient client = New(port, MqttVersion.V5);
        Task connecting = client.ConnectAsync(keepTrying: true);
        await Eventually.True(() => client.Counters.ConnectFailures >= 2, "failed attempts");
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = port });
        await connecting.WaitAsync(Eventually.Patience);
        Assert.True(client.IsConnected);
    }

    private static ushort PacketId(byte[] publish)
    {
        int topic = (publish[2] << 8) | publish[3];
        return (ushort)((publish[4 + topic] << 8) | publish[5 + topic]);
    }

    private static Task<MqttConnectException> Refused(MqttClient client) =>
        Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());

    private static MqttClient New(
        int port, MqttVersion version, Func<MqttClientOptions, MqttClientOptions>? change = null,
        MqttMessageHandler? onMessage = null)
    {
        var options = new MqttClientOptions
        {
            Port = port, Version = version, ReconnectMin = Soon, ReconnectMax = 4 * Soon, ClientId = "client",
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        return new MqttClient(change?.Invoke(options) ?? options, onMessage);
    }
}
