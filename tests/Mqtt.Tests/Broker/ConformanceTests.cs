using System.Text;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>Statements of the standard that no other test of the broker shows (docs/MQTT-CONFORMANCE.md).</summary>
public sealed class ConformanceTests : IAsyncLifetime
{
    private const MqttVersion V3 = MqttVersion.V311, V5 = MqttVersion.V5;
    private static readonly byte[] Ping = [0xC0, 0], Pong = [0xD0, 0];
    private MqttBroker _broker = null!;

    public static TheoryData<MqttVersion> Versions => [V3, V5];

    public async Task InitializeAsync() => _broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    private Task<RawPeer> LogInAsync(string id, MqttVersion version) => RawPeer.LogInAsync(_broker.Port, id, version);

    private static async Task<byte> SubscribeAsync(RawPeer peer, string filter, SubscriptionOptions options, MqttVersion version)
    {
        await peer.SendAsync(Subscribe(1, filter, options, version));
        return (await peer.ReadAsync(PacketType.SubAck))[^1];
    }

    /// <summary>A SUBSCRIBE or UNSUBSCRIBE of several filters.</summary>
    private static byte[] Several(PacketType type, ushort id, MqttVersion version, params (string Filter, Qos Qos)[] filters)
    {
        FilterText[] texts = [.. filters.Select(f => new FilterText(Utf8(f.Filter), new(f.Qos)))];
        var packet = new byte[PacketWriter.SubscribeLength(type, default, texts, version)];
        PacketWriter.WriteSubscribe(packet, type, id, default, texts, version);
        return packet;
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task A_qos_2_message_at_the_broker_from_publish_to_pubcomp(MqttVersion version)
    {
        using RawPeer subscriber = await LogInAsync("s", version);
        await SubscribeAsync(subscriber, "a", new(Qos.AtMostOnce), version);
        using RawPeer publisher = await LogInAsync("p", version);
        byte[] found = version == V5 ? [0x70, 3, 0, 7, 0x92] : [0x70, 2, 0, 7];
        foreach (string text in (string[])["one", "two"]) // the same identifier again is a new message
        {
            await publisher.SendAsync(Publish("a", text, version, Qos.ExactlyOnce, 7));
            Assert.Equal([0x50, 2, 0, 7], await publisher.ReadAsync());
            await publisher.SendAsync(Publish("a", text, version, Qos.ExactlyOnce, 7, dup: true));
            Assert.Equal([0x50, 2, 0, 7], await publisher.ReadAsync());
            Assert.Equal(Publish("a", text, version), await subscriber.ReadAsync());
            await publisher.SendAsync(0x62, 2, 0, 7);
            Assert.Equal([0x70, 2, 0, 7], await publisher.ReadAsync());
            await publisher.SendAsync(0x62, 2, 0, 7);
            Assert.Equal(found, await publisher.ReadAsync());
        }

        await subscriber.SendAsync(Ping);
        Assert.Equal(Pong, await subscriber.ReadAsync()); // nothing came twice
        Assert.Equal(2, _broker.Counters.DuplicatesReceived);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task An_unsubscribe_of_several_filters_is_answered_in_their_order_and_ends_delivery(MqttVersion version)
    {
        using RawPeer peer = await LogInAsync("s", version);
        await SubscribeAsync(peer, "a/+", new(Qos.AtMostOnce), version);
        await SubscribeAsync(peer, "b", new(Qos.AtMostOnce), version);
        await peer.SendAsync(Several(PacketType.Unsubscribe, 9, version, ("a/b", 0), ("a/+", 0), ("A/+", 0)));
        byte[] answer = version == V5 ? [0xB0, 6, 0, 9, 0, 0x11, 0, 0x11] : [0xB0, 2, 0, 9];
        Assert.Equal(answer, await peer.ReadAsync());
        _broker.Publish("a/b"u8, "gone"u8);
        _broker.Publish("b"u8, "there"u8);
        Assert.Equal(Publish("b", "there", version), await peer.ReadAsync());
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task Several_filters_in_one_subscribe_get_a_code_each_in_their_order(MqttVersion version)
    {
        string deep = string.Join('/', Enumerable.Repeat("x", 200)); // deeper than the broker goes
        using RawPeer peer = await LogInAsync("s", version);
        await peer.SendAsync(Several(PacketType.Subscribe, 0x1234, version,
            ("a", Qos.ExactlyOnce), (deep, Qos.AtMostOnce), ("b", Qos.AtMostOnce), ("c", Qos.AtLeastOnce)));
        byte[] ack = (await peer.ReadAsync())!;
        Assert.Equal([0x12, 0x34], ack[2..4]);
        Assert.Equal([2, version == V5 ? (byte)0x8F : (byte)0x80, 0, 1], ack[^4..]);
        Assert.Equal(3, _broker.Counters.Subscriptions);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task Overlapping_subscriptions_give_one_copy_with_the_highest_qos(MqttVersion version)
    {
        using RawPeer peer = await LogInAsync("s", version);
        await SubscribeAsync(peer, "a/#", new(Qos.AtLeastOnce), version);
        await SubscribeAsync(peer, "a/b", new(Qos.AtMostOnce), version);
        await SubscribeAsync(peer, "+/b", new(Qos.AtMostOnce), version);
        _broker.Publish("a/b"u8, "1"u8, Qos.ExactlyOnce);
        Assert.Equal(0x32, (await peer.ReadAsync())![0]); // QoS 1: less than published, more than two of the three
        _broker.Publish("a/b"u8, "2"u8, Qos.AtMostOnce);
        Assert.Equal(Publish("a/b", "2", version), await peer.ReadAsync());
        await peer.SendAsync(Ping);
        Assert.Equal(Pong, await peer.ReadAsync());
    }

    [Fact]
    public async Task Retain_handling_1_sends_to_new_subscriptions_only()
    {
        _broker.Publish("a"u8, "kept"u8, retain: true);
        using RawPeer peer = await LogInAsync("s", V5);
        var ifNew = new SubscriptionOptions(Qos.AtMostOnce, retain: RetainHandling.SendIfNew);
        await SubscribeAsync(peer, "a", ifNew, V5);
        Assert.Equal(Publish("a", "kept", V5, retain: true), await peer.ReadAsync());
        await SubscribeAsync(peer, "a", ifNew, V5);
        await peer.SendAsync(Ping);
        Assert.Equal(Pong, await peer.ReadAsync());
        await SubscribeAsync(peer, "a", new(Qos.AtMostOnce), V5); // 0: sent although it is not new
        Assert.Equal(Publish("a", "kept", V5, retain: true), await peer.ReadAsync());
        Assert.Equal(1, _broker.Counters.Subscriptions);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task What_is_not_retained_leaves_the_retained_message_as_it_is(MqttVersion version)
    {
        using RawPeer publisher = await LogInAsync("p", version);
        await publisher.SendAsync(Publish("a", "kept", version, Qos.AtLeastOnce, 1, retain: true));
        await publisher.SendAsync(Publish("a", "passing", version, Qos.AtLeastOnce, 2));
        await publisher.SendAsync(Publish("a", "", version, Qos.AtLeastOnce, 3));
        for (int i = 0; i < 3; i++) await publisher.ReadAsync(PacketType.PubAck);
        using RawPeer late = await LogInAsync("s", version);
        await SubscribeAsync(late, "a", new(Qos.AtMostOnce), version);
        Assert.Equal(Publish("a", "kept", version, retain: true), await late.ReadAsync());
    }

    [Fact]
    public async Task A_will_is_retained_when_it_says_so()
    {
        using (RawPeer lost = await RawPeer.ConnectAsync(_broker.Port))
        {
            await lost.SendAsync(Hex("10 19 00044D515454 04 26 0000 0001 61 0004 77696C6C 0004 676F6E65")); // will retain
            await lost.ReadAsync(PacketType.ConnAck);
        }

        await Eventually.True(() => _broker.Counters.WillsPublished == 1, "the will");
        using RawPeer late = await LogInAsync("late", V3);
        await SubscribeAsync(late, "will", new(Qos.AtMostOnce), V3);
        Assert.Equal(Publish("will", "gone", V3, retain: true), await late.ReadAsync());
    }

    [Fact]
    public async Task An_empty_client_id_gets_one_that_nobody_has()
    {
        var ids = new HashSet<string>();
        var peers = new List<RawPeer>();
        for (int i = 0; i < 3; i++)
        {
            RawPeer peer = await RawPeer.ConnectAsync(_broker.Port);
            peers.Add(peer);
            await peer.SendAsync(Connect("", V5));
            byte[] ack = await peer.ReadAsync(PacketType.ConnAck);
            Assert.Equal(ReasonCode.Success, ConnAckView.TryParse(ack.AsSpan(2), V5, out ConnAckView view));
            Assert.True(ids.Add(Encoding.UTF8.GetString(
                PropertyReader.FindBytes(view.Properties, PropertyId.AssignedClientIdentifier))));
        }

        Assert.DoesNotContain("", ids);
        Assert.Equal(3, _broker.Counters.Sessions);
        foreach (RawPeer peer in peers) peer.Dispose();
        using RawPeer old = await RawPeer.ConnectAsync(_broker.Port);
        await old.SendAsync(Connect("", V3)); // 3.1.1 is not told, but let in
        Assert.Equal([0x20, 2, 0, 0], await old.ReadAsync());
    }

    [Fact]
    public async Task A_refused_clients_further_packets_do_nothing()
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions
        { Port = 0, Authenticate = _ => MqttAdmission.Refuse(ReasonCode.NotAuthorized) });
        using RawPeer peer = await RawPeer.ConnectAsync(broker.Port);
        await peer.SendAsync([.. Connect("a", V5), .. Publish("a", "x", V5, retain: true)]);
        Assert.Equal(0x87, (await peer.ReadAsync(PacketType.ConnAck))[3]);
        Assert.Null(await peer.ReadAsync());
        Assert.Equal((0L, 0), (broker.Counters.MessagesReceived, broker.Counters.Retained));
    }

    [Fact]
    public async Task A_broker_with_a_maximum_qos_says_so_grants_no_more_and_refuses_more()
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(
            new MqttBrokerOptions { Port = 0, MaximumQos = Qos.AtLeastOnce });
        using RawPeer peer = await RawPeer.ConnectAsync(broker.Port);
        await peer.SendAsync(Connect("a", V5));
        ConnAckView.TryParse((await peer.ReadAsync(PacketType.ConnAck)).AsSpan(2), V5, out ConnAckView ack);
        Assert.Equal(1u, PropertyReader.Find(ack.Properties, PropertyId.MaximumQos, 9));
        Assert.Equal(1, await SubscribeAsync(peer, "a", new(Qos.ExactlyOnce), V5));
        await peer.SendAsync(Publish("a", "x", V5, Qos.ExactlyOnce, 1));
        Assert.Equal([0xE0, 1, 0x9B], await peer.ReadAsync());
        using RawPeer will = await RawPeer.ConnectAsync(broker.Port);
        await will.SendAsync(Hex("10 1B 00044D515454 05 16 0000 00 0001 61 00 0004 77696C6C 0004 676F6E65")); // will QoS 2
        Assert.Equal(0x9B, (await will.ReadAsync(PacketType.ConnAck))[3]);
    }

    [Theory]
    [InlineData("23 0000", 0x94)] // alias 0
    [InlineData("23 0041", 0x94)] // one more than the broker takes
    [InlineData("23 0001", 0x82)] // of the connection before
    public async Task A_topic_alias_is_within_its_bounds_and_ends_with_its_connection(string alias, byte reason)
    {
        using (RawPeer before = await LogInAsync("p", V5))
        {
            await before.SendAsync(Publish("a", "x", V5, Qos.AtLeastOnce, 1, properties: Hex("23 0001")));
            await before.ReadAsync(PacketType.PubAck);
        }

        using RawPeer peer = await LogInAsync("p", V5);
        await peer.SendAsync(Publish("", "x", V5, properties: Hex(alias)));
        Assert.Equal([0xE0, 1, reason], await peer.ReadAsync());
        Assert.Null(await peer.ReadAsync());
    }
}
