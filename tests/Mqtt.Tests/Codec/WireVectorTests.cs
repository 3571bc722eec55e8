using CityBrain.Mqtt.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Codec;

/// <summary>Packets byte for byte: examples of the standards' text and packets of mosquitto's clients.</summary>
public class WireVectorTests
{
    [Fact]
    public void Connect_of_3_1_1_section_3_1_2_figure_3_6()
    {
        // Protocol name and level, flags 0b11001110 (user, password, will QoS 1, will, clean), keep alive 10 s.
        byte[] packet = Hex("10 1C 00044D515454 04 CE 000A 0001 61 0001 77 0001 78 0001 75 0001 70 00")[..^1];
        packet[1] = (byte)(packet.Length - 2);
        Assert.Equal(ReasonCode.Success, ConnectView.TryParse(packet.AsSpan(2), out MqttVersion version, out ConnectView view));
        Assert.Equal(MqttVersion.V311, version);
        Assert.True(view.CleanStart && view.HasWill && view.HasUserName && view.HasPassword && !view.WillRetain);
        Assert.Equal(Qos.AtLeastOnce, view.WillQos);
        Assert.Equal(10, view.KeepAliveSeconds);
        Assert.True(view.ClientId.SequenceEqual("a"u8) && view.WillTopic.SequenceEqual("w"u8));
        Assert.True(view.WillPayload.SequenceEqual("x"u8) && view.UserName.SequenceEqual("u"u8));
        Assert.True(view.Password.SequenceEqual("p"u8));
        var again = new byte[PacketWriter.ConnectLength(view)];
        PacketWriter.WriteConnect(again, view);
        Assert.Equal(packet, again);
    }

    [Theory]
    [InlineData(MqttVersion.V311, "30 07 0003 612F62 6869")] // §3.3, topic a/b, payload hi
    [InlineData(MqttVersion.V5, "30 08 0003 612F62 00 6869")]
    public void Publish(MqttVersion version, string hex)
    {
        Assert.Equal(Hex(hex), Packets.Publish("a/b", "hi", version));
    }

    [Fact]
    public void Publish_with_everything()
    {
        byte[] packet = Packets.Publish("a/b", "x", MqttVersion.V5, Qos.ExactlyOnce, 10, true, true, [1, 1]);
        Assert.Equal(Hex("3D 0B 0003 612F62 000A 02 0101 78"), packet);
        Assert.Equal(ReasonCode.Success, PublishView.TryParse(0xD, packet.AsSpan(2), MqttVersion.V5, out PublishView view));
        Assert.Equal((Qos.ExactlyOnce, (ushort)10, true, true), (view.Qos, view.PacketId, view.Retain, view.Dup));
        Assert.True(view.Properties.SequenceEqual((byte[])[1, 1]) && view.Payload.SequenceEqual("x"u8));
    }

    [Fact]
    public void Subscribe_of_section_3_8_3()
    {
        // Figure 3-21 of MQTT 5: a/b with QoS 1 and c/d with QoS 2, packet identifier 10.
        byte[] packet = Hex("82 0F 000A 00 0003 612F62 01 0003 632F64 02");
        Assert.Equal(
            ReasonCode.Success,
            SubscribeView.TryParse(PacketType.Subscribe, packet.AsSpan(2), MqttVersion.V5, out SubscribeView view));
        Assert.Equal(2, view.Count);
        FilterText[] filters = [new(Utf8("a/b"), new(Qos.AtLeastOnce)), new(Utf8("c/d"), new(Qos.ExactlyOnce))];
        var again = new byte[packet.Length];
        PacketWriter.WriteSubscribe(again, PacketType.Subscribe, 10, [], filters, MqttVersion.V5);
        Assert.Equal(packet, again);
    }

    [Theory]
    [InlineData(PacketType.PubAck, MqttVersion.V311, ReasonCode.Success, "40 02 0007")]
    [InlineData(PacketType.PubRel, MqttVersion.V5, ReasonCode.Success, "62 02 0007")]
    [InlineData(PacketType.PubComp, MqttVersion.V5, ReasonCode.PacketIdentifierNotFound, "70 03 0007 92")]
    public void Acknowledgements_in_their_shortest_form(PacketType type, MqttVersion version, ReasonCode reason, string hex)
    {
        Assert.Equal(Hex(hex), Ack(type, 7, version, reason));
    }

    [Theory]
    [InlineData(0u, "00")]
    [InlineData(127u, "7F")]
    [InlineData(128u, "8001")]
    [InlineData(16_383u, "FF7F")]
    [InlineData(16_384u, "808001")]
    [InlineData(2_097_151u, "FFFF7F")]
    [InlineData(2_097_152u, "80808001")]
    [InlineData(268_435_455u, "FFFFFF7F")]
    public void Variable_byte_integers_of_table_1_1(uint value, string hex)
    {
        var bytes = new byte[4];
        int length = VarInt.Write(bytes, value);
        Assert.Equal(Hex(hex), bytes[..length]);
        Assert.Equal(length, VarInt.Length(value));
        Assert.True(VarInt.TryRead(bytes, out uint read, out int readLength));
        Assert.Equal((value, length), (read, readLength));
    }
}
