using System.Text;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>The broker's answers, packet by packet, as a client sees them on the wire.</summary>
public class BrokerWireTests
{
    private const MqttVersion V3 = MqttVersion.V311;
    private const MqttVersion V5 = MqttVersion.V5;

    public static TheoryData<MqttVersion> Versions => [V3, V5];

    [Theory]
    [InlineData("36 06 0001 61 0001 00", 0x81)] // QoS 3
    [InlineData("30 04 0001 2B 00", 0x90)] // wildcard in a topic name
    [InlineData("30 05 0003 EDA080", 0x81)] // a surrogate in it
    [InlineData("30 FF FF FF 7F", 0x95)] // longer than allowed
    [InlineData("30 FF FF FF FF 01", 0x81)] // remaining length of five bytes
    [InlineData("C0 80 00", 0x81)] // remaining length longer than needed
    [InlineData("82 06 0001 00 0001 61", 0x81)] // SUBSCRIBE without options
    [InlineData("20 03 00 00 00", 0x82)] // a packet that only brokers send
    [InlineData("10 0D 00044D515454 05 02 0000 00 0000", 0x82)] // a second CONNECT
    [InlineData("30 07 0001 61 03 230000", 0x94)] // topic alias 0
    [InlineData("30 07 0001 61 03 230041", 0x94)] // one above the maximum
    [InlineData("30 06 0000 03 230001", 0x82)] // one that was never set
    [InlineData("30 06 0001 61 02 0B01", 0x82)] // subscription identifier from a client
    [InlineData("F0 00", 0x82)] // AUTH without an authentication method
    public async Task A_bad_packet_ends_that_connection_with_its_reason_and_no_other(string hex, byte reason)
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer bystander = await RawPeer.LogInAsync(broker.Port, "bystander", V5);
        using RawPeer bad = await RawPeer.LogInAsync(broker.Port, "bad", V5);
        await bad.SendAsync(Hex(hex));
        Assert.Equal([0xE0, 1, reason], await bad.ReadAsync());
        Assert.Null(await bad.ReadAsync());
        Assert.Equal(1, broker.Counters.Malformed + broker.Counters.ProtocolErrors);
        Assert.Equal(reason is 0x81 or 0x95 ? 1 : 0, broker.Counters.Malformed);
        await bystander.SendAsync(0xC0, 0);
        Assert.Equal([0xD0, 0], await bystander.ReadAsync());
        await Eventually.True(() => broker.Counters.ConnectionsOpen == 1, "the other one to be gone");
    }

    [Fact]
    public async Task In_3_1_1_a_bad_packet_ends_the_connection_without_a_word()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer bad = await RawPeer.LogInAsync(broker.Port, "bad", V3);
        await bad.SendAsync(Hex("36 05 0001 61 0001"));
        Assert.Null(await bad.ReadAsync());
        Assert.Equal(1, broker.Counters.Malformed);
    }

    [Theory]
    [InlineData("10 0C 00044D515454 03 02 0000 0000", "20 02 00 01")] // protocol level 3 (3.1.1 §3.1.2.2)
    [InlineData("10 0D 00044D515454 06 02 0000 00 0000", "20 03 00 84 00")] // level 6
    [InlineData("10 0C 00044D515454 04 00 0000 0000", "20 02 00 02")] // no client id, but a session (MQTT-3.1.3-8)
    [InlineData("10 0D 00044D515454 05 03 0000 00 0000", "20 03 00 81 00")] // reserved flag
    [InlineData("10 12 00044D515454 05 02 0000 05 1500027363 0000", "20 03 00 8C 00")] // an authentication method
    [InlineData("10 0C 00044D515454 04 03 0000 0000", null)] // reserved flag in 3.1.1
    [InlineData("C0 00", null)] // anything before CONNECT
    [InlineData("30 05 0001 61 00 00", null)]
    public async Task A_connect_that_is_refused(string hex, string? answer)
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer peer = await RawPeer.ConnectAsync(broker.Port);
        await peer.SendAsync(Hex(hex));
        Assert.Equal(answer is null ? null : Hex(answer), await peer.ReadAsync());
        Assert.Null(answer is null ? null : await peer.ReadAsync());
        await Eventually.True(() => broker.Counters.ConnectionsRefused == 1, "the count");
        Assert.Equal(0, broker.Counters.ConnectionsAccepted);
    }

    [Theory]
    [InlineData(V3, 5)]
    [InlineData(V5, 0x86)]
    public async Task A_wrong_password_is_refused_and_counted(MqttVersion version, byte code)
    {
        await using MqttBroker broker = await StartAsync(o => o with
        {
            Authenticate = l => l.UserName == "sensor" && l.Password.Span.SequenceEqual("right"u8)
                ? MqttAdmission.Admit() : MqttAdmission.Refuse(ReasonCode.BadUserNameOrPassword),
        });
        using RawPeer wrong = await RawPeer.ConnectAsync(broker.Port);
        await wrong.SendAsync(Connect("a", version, user: "sensor", password: "wrong"));
        Assert.Equal(code, (await wrong.ReadAsync())![3]);
        using RawPeer right = await RawPeer.ConnectAsync(broker.Port);
        await right.SendAsync(Connect("a", version, user: "sensor", password: "right"));
        Assert.Equal(0, (await right.ReadAsync())![3]);
        Assert.Equal(1, broker.Counters.LoginsRefused);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_last_retained_message_comes_with_the_subscription(MqttVersion version)
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer publisher = await RawPeer.LogInAsync(broker.Port, "p", version);
        await publisher.SendAsync(Publish("a/1", "old", version, retain: true));
        await publisher.SendAsync(Publish("a/1", "new", version, Qos.AtLeastOnce, 1, retain: true));
        await publisher.SendAsync(Publish("a/2", "two", version, Qos.AtLeastOnce, 2, retain: true));
        await publisher.SendAsync(Publish("a/2", "", version, Qos.AtLeastOnce, 3, retain: true));
        await publisher.ReadAsync(PacketType.PubAck);
        await publisher.ReadAsync(PacketType.PubAck);
        await publisher.ReadAsync(PacketType.PubAck);
        Assert.Equal(1, broker.Counters.Retained);

        using RawPeer subscriber = await RawPeer.LogInAsync(broker.Port, "s", version);
        await subscriber.SendAsync(Subscribe(1, "a/+", new(Qos.AtMostOnce), version));
        await subscriber.ReadAsync(PacketType.SubAck);
        Assert.Equal(Publish("a/1", "new", version, retain: true), await subscriber.ReadAsync());
        await publisher.SendAsync(Publish("a/1", "live", version, retain: true));
        Assert.Equal(Publish("a/1", "live", version), await subscriber.ReadAsync()); // not retained (MQTT-3.3.1-12)
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_will_is_published_for_a_client_that_is_lost_and_not_for_one_that_leaves(MqttVersion version)
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer watcher = await RawPeer.LogInAsync(broker.Port, "w", version);
        await watcher.SendAsync(Subscribe(1, "will/#", new(Qos.AtMostOnce), version));
        await watcher.ReadAsync(PacketType.SubAck);
        using (RawPeer leaves = await RawPeer.LogInAsync(broker.Port, "a", version, willTopic: "will/leaves"))
        {
            await leaves.SendAsync(0xE0, 0);
            Assert.Null(await leaves.ReadAsync());
        }

        using (await RawPeer.LogInAsync(broker.Port, "b", version, willTopic: "will/lost"))
        {
        }

        Assert.Equal(Publish("will/lost", "gone", version), await watcher.ReadAsync());
        using RawPeer breaks = await RawPeer.LogInAsync(broker.Port, "c", version, willTopic: "will/breaks");
        await breaks.SendAsync(0x00, 0x00);
        Assert.Equal(Publish("will/breaks", "gone", version), await watcher.ReadAsync());
        Assert.Equal(2, broker.Counters.WillsPublished);
    }

    [Fact]
    public async Task A_delayed_will_waits_and_is_cancelled_by_coming_back()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer watcher = await RawPeer.LogInAsync(broker.Port, "w", V5);
        await watcher.SendAsync(Subscribe(1, "will/#", new(Qos.AtMostOnce), V5));
        await watcher.ReadAsync(PacketType.SubAck);
        byte[] keep = Hex("11 0000003C"); // session expiry 60 s
        byte[] will = Hex("05 18 00000001 0006 77696C6C2F61 0004 676F6E65"); // delay 1 s, will/a, gone
        byte[] connect = Hex("10 00 00044D515454 05 06 0000 05 1100 00003C 0001 61").Concat(will).ToArray();
        connect[1] = (byte)(connect.Length - 2);
        for (int i = 0; i < 2; i++)
        {
            using (RawPeer lost = await RawPeer.ConnectAsync(broker.Port))
            {
                await lost.SendAsync(connect);
                await lost.ReadAsync(PacketType.ConnAck);
            }

            await Eventually.True(() => broker.Counters.ConnectionsOpen == 1, "the loss");
            if (i == 0)
            {
                using RawPeer back = await RawPeer.LogInAsync(broker.Port, "a", V5, clean: false, keep);
                await back.SendAsync(0xE0, 0);
                Assert.Null(await back.ReadAsync());
            }
        }

        Assert.Equal(Publish("will/a", "gone", V5), await watcher.ReadAsync());
        Assert.Equal(1, broker.Counters.WillsPublished);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_second_connection_with_the_same_id_takes_over(MqttVersion version)
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer first = await RawPeer.LogInAsync(broker.Port, "same", version);
        using RawPeer second = await RawPeer.LogInAsync(broker.Port, "same", version);
        if (version == V5)
        {
            Assert.Equal([0xE0, 1, 0x8E], await first.ReadAsync());
        }

        Assert.Null(await first.ReadAsync());
        await second.SendAsync(0xC0, 0);
        Assert.Equal([0xD0, 0], await second.ReadAsync());
        Assert.Equal(1, broker.Counters.Sessions);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_session_keeps_what_its_client_missed_and_repeats_what_it_did_not_acknowledge(MqttVersion version)
    {
        await using MqttBroker broker = await StartAsync();
        byte[]? expiry = version == V5 ? Hex("11 0000003C") : null;
        using (RawPeer first = await RawPeer.LogInAsync(broker.Port, "s", version, clean: false, expiry))
        {
            await first.SendAsync(Subscribe(1, "a", new(Qos.AtLeastOnce), version));
            await first.ReadAsync(PacketType.SubAck);
            broker.Publish("a"u8, "1"u8, Qos.AtLeastOnce);
            Assert.Equal(0x32, (await first.ReadAsync(PacketType.Publish))[0]); // never acknowledged
        }

        await Eventually.True(() => broker.Counters.ConnectionsOpen == 0, "the loss");
        Assert.Equal(1, broker.Publish("a"u8, "2"u8, Qos.AtLeastOnce));
        Assert.Equal(0, broker.Publish("a"u8, "not kept"u8));

        using RawPeer again = await RawPeer.ConnectAsync(broker.Port);
        await again.SendAsync(Connect("s", version, clean: false, properties: expiry));
        Assert.Equal(1, (await again.ReadAsync(PacketType.ConnAck))[2]); // session present
        byte[] one = (await again.ReadAsync())!;
        byte[] two = (await again.ReadAsync())!;
        Assert.Equal((0x3A, (byte)'1'), (one[0], one[^1])); // DUP
        Assert.Equal((0x32, (byte)'2'), (two[0], two[^1]));
        await again.SendAsync(Ack(PacketType.PubAck, (ushort)((one[5] << 8) | one[6]), version));
        await again.SendAsync(Ack(PacketType.PubAck, (ushort)((two[5] << 8) | two[6]), version));
        await again.SendAsync(0xE0, 0);
        Assert.Null(await again.ReadAsync());

        using RawPeer clean = await RawPeer.ConnectAsync(broker.Port);
        await clean.SendAsync(Connect("s", version, clean: true));
        Assert.Equal(0, (await clean.ReadAsync(PacketType.ConnAck))[2]);
        Assert.Equal(0, broker.Counters.Subscriptions);
    }

    [Fact]
    public async Task A_session_ends_when_its_time_is_over()
    {
        await using MqttBroker broker = await StartAsync();
        using (await RawPeer.LogInAsync(broker.Port, "s", V5, clean: false, Hex("11 00000001")))
        {
        }

        await Eventually.True(() => broker.Counters.ConnectionsOpen == 0, "the loss");
        Assert.Equal(1, broker.Counters.Sessions);
        await Eventually.True(() => broker.Counters.Sessions == 0, "the session's end");
    }

    [Fact]
    public async Task A_message_that_waited_carries_what_is_left_of_its_expiry()
    {
        await using MqttBroker broker = await StartAsync();
        byte[] keep = Hex("11 0000003C");
        using (RawPeer first = await RawPeer.LogInAsync(broker.Port, "s", V5, clean: false, keep))
        {
            await first.SendAsync(Subscribe(1, "a", new(Qos.AtLeastOnce), V5));
            await first.ReadAsync(PacketType.SubAck);
        }

        await Eventually.True(() => broker.Counters.ConnectionsOpen == 0, "the loss");
        using RawPeer publisher = await RawPeer.LogInAsync(broker.Port, "p", V5);
        await publisher.SendAsync(Publish("a", "short", V5, Qos.AtLeastOnce, 1, properties: Hex("02 00000001")));
        await publisher.SendAsync(Publish("a", "long", V5, Qos.AtLeastOnce, 2, properties: Hex("02 00000E10")));
        await publisher.ReadAsync(PacketType.PubAck);
        await publisher.ReadAsync(PacketType.PubAck);
        await Task.Delay(1100);
        using RawPeer back = await RawPeer.LogInWithSessionAsync(broker.Port, "s", keep);
        byte[] packet = await back.ReadAsync(PacketType.Publish);
        Assert.EndsWith("long", Encoding.ASCII.GetString(packet), StringComparison.Ordinal);
        PublishView.TryParse(2, packet.AsSpan(2), V5, out PublishView view);
        Assert.InRange(PropertyReader.Find(view.Properties, PropertyId.MessageExpiryInterval, 0), 3500u, 3599u);
        Assert.Equal(1, broker.Counters.DroppedExpired);
    }

    [Fact]
    public async Task Subscription_options_of_version_5()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer peer = await RawPeer.LogInAsync(broker.Port, "s", V5);
        await peer.SendAsync(Subscribe(1, "own", new(Qos.AtMostOnce, noLocal: true), V5));
        await peer.SendAsync(Subscribe(2, "kept/#", new(Qos.AtMostOnce, retainAsPublished: true), V5, Hex("0B 07")));
        await peer.SendAsync(Subscribe(3, "kept/+", new(Qos.AtMostOnce), V5, Hex("0B 08")));
        await peer.SendAsync(Publish("own", "1", V5));
        await peer.SendAsync(Publish("kept/a", "2", V5, retain: true));
        await peer.ReadAsync(PacketType.SubAck);
        await peer.ReadAsync(PacketType.SubAck);
        await peer.ReadAsync(PacketType.SubAck);
        byte[] packet = (await peer.ReadAsync())!; // one copy, with both identifiers and the retain flag
        Assert.Equal(0x31, packet[0]);
        PublishView.TryParse(1, packet.AsSpan(2), V5, out PublishView view);
        var identifiers = new List<uint>();
        var reader = new PropertyReader(view.Properties);
        while (reader.MoveNext())
        {
            Assert.Equal(PropertyId.SubscriptionIdentifier, reader.Id);
            identifiers.Add(reader.Number);
        }

        Assert.Equal([7u, 8u], identifiers.Order());
        await peer.SendAsync(Subscribe(4, "kept/a", new(Qos.AtMostOnce, retain: RetainHandling.DoNotSend), V5));
        await peer.SendAsync(0xC0, 0);
        await peer.ReadAsync(PacketType.SubAck);
        Assert.Equal([0xD0, 0], await peer.ReadAsync()); // no retained message in between
    }

    [Fact]
    public async Task Properties_pass_through_and_an_alias_stands_for_its_topic()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer subscriber = await RawPeer.LogInAsync(broker.Port, "s", V5);
        await subscriber.SendAsync(Subscribe(1, "long/topic", new(Qos.AtMostOnce), V5));
        await subscriber.ReadAsync(PacketType.SubAck);
        using RawPeer publisher = await RawPeer.LogInAsync(broker.Port, "p", V5);
        byte[] content = Hex("03 0001 74 26 0001 61 0001 62");
        await publisher.SendAsync(Publish("long/topic", "1", V5, properties: [.. Hex("23 0005"), .. content]));
        await publisher.SendAsync(Publish("", "2", V5, properties: [.. content[..4], .. Hex("23 0005"), .. content[4..]]));
        Assert.Equal(Publish("long/topic", "1", V5, properties: content), await subscriber.ReadAsync());
        Assert.Equal(Publish("long/topic", "2", V5, properties: content), await subscriber.ReadAsync());
    }

    [Fact]
    public async Task Shared_subscriptions_split_the_messages()
    {
        await using MqttBroker broker = await StartAsync();
        using RawPeer one = await RawPeer.LogInAsync(broker.Port, "1", V5);
        using RawPeer two = await RawPeer.LogInAsync(broker.Port, "2", V5);
        foreach (RawPeer peer in (RawPeer[])[one, two])
        {
            await peer.SendAsync(Subscribe(1, "$share/g/a/+", new(Qos.AtMostOnce), V5));
            await peer.ReadAsync(PacketType.SubAck);
        }

        for (byte i = 0; i < 4; i++)
        {
            Assert.Equal(1, broker.Publish("a/b"u8, [i]));
        }

        Assert.Equal((0, 2), ((await one.ReadAsync())![^1], (await one.ReadAsync())![^1]));
        Assert.Equal((1, 3), ((await two.ReadAsync())![^1], (await two.ReadAsync())![^1]));
    }

    private static Task<MqttBroker> StartAsync(Func<MqttBrokerOptions, MqttBrokerOptions>? change = null)
    {
        var options = new MqttBrokerOptions { Port = 0 };
        return MqttBroker.StartAsync(change?.Invoke(options) ?? options);
    }
}
