using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;
using CityBrain.Mqtt.Tests.Interop;
using CityBrain.Testing;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>Who was let in does what its rules allow, and hears of each refusal as far as its version can say it.</summary>
public sealed class IdentityTests : IAsyncLifetime
{
    private const MqttVersion V3 = MqttVersion.V311, V5 = MqttVersion.V5;
    private MqttBroker _broker = null!;
    private volatile bool _revoked;
    private volatile string _sensorsMay = "in/+";

    public async Task InitializeAsync() => _broker = await MqttBroker.StartAsync(
        new MqttBrokerOptions { Port = 0, Authenticate = LogIn });

    public async Task DisposeAsync() => await _broker.DisposeAsync();

    private MqttAdmission LogIn(MqttLogin login) => login.UserName switch
    {
        "sensor" => MqttAdmission.Admit(new MqttIdentity("sensor", [_sensorsMay], ["out/sensor"], () => _revoked)),
        "brain" => MqttAdmission.Admit(new MqttIdentity("brain", ["out/#"], ["in/+", "deep/+/x"])),
        _ => MqttAdmission.Refuse(ReasonCode.BadUserNameOrPassword),
    };

    private async Task<RawPeer> LogInAsync(
        string user, MqttVersion version, string id = "", bool clean = true, byte[]? properties = null)
    {
        RawPeer peer = await RawPeer.ConnectAsync(_broker.Port);
        await peer.SendAsync(Connect(id, version, clean, user: user, password: "", properties: properties));
        Assert.Equal(0, (await peer.ReadAsync(PacketType.ConnAck))[3]);
        return peer;
    }

    private static async Task<byte> SubscribeAsync(RawPeer peer, string filter, MqttVersion version)
    {
        await peer.SendAsync(Subscribe(9, filter, new(Qos.ExactlyOnce), version));
        return (await peer.ReadAsync(PacketType.SubAck))[^1];
    }

    [Theory]
    [InlineData(Qos.AtLeastOnce, PacketType.PubAck)]
    [InlineData(Qos.ExactlyOnce, PacketType.PubRec)]
    public async Task A_publish_that_is_not_allowed_is_told_so_in_5(Qos qos, PacketType answer)
    {
        using RawPeer brain = await LogInAsync("brain", V5);
        Assert.Equal(2, await SubscribeAsync(brain, "in/+", V5));
        using RawPeer sensor = await LogInAsync("sensor", V5);
        await sensor.SendAsync(Publish("out/x", "forged", V5, qos, 7, retain: true));
        Assert.Equal([(byte)((byte)answer << 4), 3, 0, 7, 0x87], await sensor.ReadAsync());
        await sensor.SendAsync(Publish("in/x", "right", V5, qos, 7)); // the identifier is free again
        Assert.Equal(0, (await sensor.ReadAsync(answer))[1] - 2);
        byte[] heard = await brain.ReadAsync(PacketType.Publish);
        Assert.EndsWith("right", System.Text.Encoding.UTF8.GetString(heard), StringComparison.Ordinal);
        Assert.Equal((1L, 0), (_broker.Counters.PublishesRefused, _broker.Counters.Retained));
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task A_publish_with_qos_0_that_is_not_allowed_is_dropped_and_counted(MqttVersion version)
    {
        using RawPeer brain = await LogInAsync("brain", version);
        await SubscribeAsync(brain, "in/+", version);
        using RawPeer sensor = await LogInAsync("sensor", version);
        await sensor.SendAsync(Publish("deep/1/x", "no", version));
        await sensor.SendAsync(Publish("in/1", "yes", version));
        Assert.Equal(Publish("in/1", "yes", version), await brain.ReadAsync());
        Assert.Equal(1, _broker.Counters.PublishesRefused);
    }

    [Theory]
    [InlineData(Qos.AtLeastOnce)]
    [InlineData(Qos.ExactlyOnce)]
    public async Task In_3_1_1_it_ends_the_connection_instead_of_an_acknowledgement(Qos qos)
    {
        using RawPeer sensor = await LogInAsync("sensor", V3);
        await sensor.SendAsync(Publish("out/x", "forged", V3, qos, 7));
        Assert.Null(await sensor.ReadAsync());
        Assert.Equal(1, _broker.Counters.PublishesRefused);
    }

    [Fact]
    public async Task A_topic_alias_is_no_way_round_the_rules()
    {
        using RawPeer sensor = await LogInAsync("sensor", V5);
        await sensor.SendAsync(Publish("out/x", "a", V5, Qos.AtLeastOnce, 1, properties: Hex("23 0001")));
        await sensor.SendAsync(Publish("", "b", V5, Qos.AtLeastOnce, 2, properties: Hex("23 0001")));
        Assert.Equal([0x40, 3, 0, 1, 0x87], await sensor.ReadAsync());
        Assert.Equal([0x40, 3, 0, 2, 0x87], await sensor.ReadAsync());
    }

    [Theory]
    [InlineData("#")]
    [InlineData("in/#")]
    [InlineData("+/x")]
    [InlineData("deep/#")]
    [InlineData("deep/+/+")]
    [InlineData("out/sensor")]
    [InlineData("$share/group/#")]
    [InlineData("$SYS/#")]
    public async Task A_subscription_wider_than_the_rules_is_refused(string filter)
    {
        using RawPeer five = await LogInAsync("brain", V5);
        Assert.Equal(0x87, await SubscribeAsync(five, filter, V5));
        if (!filter.StartsWith('$'))
        {
            using RawPeer three = await LogInAsync("brain", V3);
            Assert.Equal(0x80, await SubscribeAsync(three, filter, V3));
        }

        Assert.Equal(0, _broker.Counters.Subscriptions);
        Assert.True(_broker.Counters.SubscriptionsRefused > 0);
    }

    [Theory]
    [InlineData("in/+")]
    [InlineData("in/7")]
    [InlineData("deep/1/x")]
    [InlineData("$share/group/in/+")]
    public async Task A_subscription_within_the_rules_is_granted(string filter)
    {
        using RawPeer peer = await LogInAsync("brain", V5);
        Assert.Equal(2, await SubscribeAsync(peer, filter, V5));
    }

    [Theory]
    [InlineData(V3, 5)]
    [InlineData(V5, 0x87)]
    public async Task A_will_that_may_not_be_published_is_refused_at_the_door(MqttVersion version, byte code)
    {
        using RawPeer peer = await RawPeer.ConnectAsync(_broker.Port);
        await peer.SendAsync(Connect("w", version, user: "sensor", password: "", willTopic: "out/x"));
        Assert.Equal(code, (await peer.ReadAsync(PacketType.ConnAck))[3]);
        Assert.Equal(1, _broker.Counters.PublishesRefused);
    }

    [Fact]
    public async Task Another_user_with_the_same_client_id_neither_takes_over_nor_inherits()
    {
        byte[] hour = Hex("11 00000E10");
        using (RawPeer brain = await LogInAsync("brain", V5, "one", properties: hour))
        {
            await SubscribeAsync(brain, "in/+", V5);
            using RawPeer thief = await LogInAsync("sensor", V5, "one", clean: false, properties: hour);
            await brain.SendAsync(0xC0, 0);
            Assert.Equal([0xD0, 0], await brain.ReadAsync()); // still there
            await brain.SendAsync(0xE0, 0);
            Assert.Null(await brain.ReadAsync());
        }

        _broker.Publish("in/secret"u8, "x"u8, Qos.AtLeastOnce);
        using RawPeer again = await RawPeer.ConnectAsync(_broker.Port);
        await again.SendAsync(Connect("one", V5, clean: false, user: "sensor", password: "", properties: hour));
        await again.ReadAsync(PacketType.ConnAck);
        await again.SendAsync(0xC0, 0);
        Assert.Equal([0xD0, 0], await again.ReadAsync()); // nothing of the other's
        using RawPeer owner = await RawPeer.ConnectAsync(_broker.Port);
        await owner.SendAsync(Connect("one", V5, clean: false, user: "brain", password: "", properties: hour));
        Assert.Equal(1, (await owner.ReadAsync(PacketType.ConnAck))[2]);
        await owner.ReadAsync(PacketType.Publish);
    }

    [Fact]
    public async Task Rights_taken_back_end_the_connection_and_are_not_inherited()
    {
        byte[] hour = Hex("11 00000E10");
        using RawPeer sensor = await LogInAsync("sensor", V5, "s", properties: hour);
        _sensorsMay = "else/+";
        _revoked = true;
        Assert.Equal([0xE0, 1, 0x87], await sensor.ReadAsync());
        Assert.Null(await sensor.ReadAsync());
        Assert.Equal(1, _broker.Counters.Revoked);
        _revoked = false;
        using RawPeer again = await RawPeer.ConnectAsync(_broker.Port);
        await again.SendAsync(Connect("s", V5, clean: false, user: "sensor", password: "", properties: hour));
        Assert.Equal(0, (await again.ReadAsync(PacketType.ConnAck))[2]); // a session of other rights is not gone on with
    }

    [Fact]
    public async Task A_client_in_the_process_is_who_the_host_says_and_needs_no_port()
    {
        var inbox = new Inbox();
        var brain = new MqttIdentity("host", ["out/#"], ["in/#"]);
        await using var client = new MqttClient(
            new MqttClientOptions { Open = () => _broker.Connect(brain), ReconnectMin = TimeSpan.FromMilliseconds(5) },
            inbox.Handle);
        await client.ConnectAsync();
        Assert.Equal(ReasonCode.NotAuthorized, await client.SubscribeAsync("#"));
        Assert.Equal(ReasonCode.GrantedQos1, await client.SubscribeAsync("in/#", Qos.AtLeastOnce));
        Assert.Equal(ReasonCode.NotAuthorized, await client.PublishAsync("in/1", "x"u8.ToArray(), Qos.AtLeastOnce));
        using RawPeer sensor = await LogInAsync("sensor", V5);
        for (int i = 0; i < 50; i++) await sensor.SendAsync(Publish("in/1", new string('x', 50_000), V5));
        Received[] got = await inbox.WaitAsync(50);
        Assert.All(got, m => Assert.Equal(50_000, m.Payload.Length));
        using RawPeer stranger = await RawPeer.ConnectAsync(_broker.Port);
        await stranger.SendAsync(Connect("", V5));
        Assert.Equal(0x86, (await stranger.ReadAsync(PacketType.ConnAck))[3]);
    }

    [Fact]
    public async Task A_client_in_the_process_sees_the_brokers_end()
    {
        await using var client = new MqttClient(new MqttClientOptions { Open = () => _broker.Connect(null) });
        await Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync()); // null logs in like anybody
        await using var known = new MqttClient(
            new MqttClientOptions { Open = () => _broker.Connect(new MqttIdentity("h", [], [])) });
        await known.ConnectAsync();
        await _broker.DisposeAsync();
        await Eventually.True(() => !known.IsConnected, "the end of the connection");
    }

    [RealPartFact("mosquitto_pub")]
    public async Task Mosquittos_client_is_told_of_a_refusal()
    {
        using ForeignProcess refused = ForeignProcess.Start(
            "mosquitto_pub", "-h", "127.0.0.1", "-p", $"{_broker.Port}", "-V", "5", "-u", "sensor", "-P", "x", "-q", "1",
            "-t", "out/x", "-m", "x");
        await refused.EndAsync();
        Assert.Contains(refused.Errors, line => line.Contains("Not authorized", StringComparison.Ordinal));
        using ForeignProcess allowed = ForeignProcess.Start(
            "mosquitto_pub", "-h", "127.0.0.1", "-p", $"{_broker.Port}", "-V", "311", "-u", "sensor", "-P", "x", "-q", "1",
            "-t", "in/x", "-m", "x");
        await allowed.EndAsync();
        Assert.Equal((1L, 1L), (_broker.Counters.PublishesRefused, _broker.Counters.MessagesReceived));
    }
}
