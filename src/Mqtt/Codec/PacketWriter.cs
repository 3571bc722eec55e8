using System.Buffers;

namespace CityBrain.Mqtt.Codec;

/// <summary>
/// Encodes packets. Each <c>…Length</c> method gives the bytes of the whole packet and each <c>Write…</c> method fills
/// a span of at least that length and returns the bytes written. Strings longer than 65,535 bytes and bodies longer
/// than <see cref="FixedHeader.MaxBodyLength"/> are the caller's error; the public entry points of client and broker
/// refuse them.
/// </summary>
public static class PacketWriter
{
    /// <summary>A PINGREQ, whole.</summary>
    public static ReadOnlySpan<byte> PingReq => [0xC0, 0];

    /// <summary>A PINGRESP, whole.</summary>
    public static ReadOnlySpan<byte> PingResp => [0xD0, 0];

    public static int PublishLength(in PublishView message, MqttVersion version) =>
        Framed(PublishBodyLength(message, version));

    /// <summary>Encodes a PUBLISH (MQTT 5 §3.3).</summary>
    public static int WritePublish(Span<byte> destination, in PublishView message, MqttVersion version)
    {
        var fields = new FieldWriter(destination);
        fields.Header(PacketType.Publish, message.Flags, PublishBodyLength(message, version));
        fields.Binary(message.Topic);
        if (message.Qos != Qos.AtMostOnce)
        {
            fields.UInt16(message.PacketId);
        }

        fields.Properties(message.Properties, version);
        fields.Raw(message.Payload);
        return fields.Written;
    }

    /// <summary>Encodes a PUBLISH into a buffer writer.</summary>
    public static void WritePublish(IBufferWriter<byte> writer, in PublishView message, MqttVersion version)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Advance(WritePublish(writer.GetSpan(PublishLength(message, version)), message, version));
    }

    public static int ConnectLength(in ConnectView connect) => Framed(ConnectBodyLength(connect));

    /// <summary>Encodes a CONNECT (MQTT 5 §3.1).</summary>
    public static int WriteConnect(Span<byte> destination, in ConnectView connect)
    {
        var fields = new FieldWriter(destination);
        fields.Header(PacketType.Connect, 0, ConnectBodyLength(connect));
        fields.Binary("MQTT"u8);
        fields.Byte((byte)connect.Version);
        fields.Byte(connect.ConnectFlags);
        fields.UInt16(connect.KeepAliveSeconds);
        fields.Properties(connect.Properties, connect.Version);
        fields.Binary(connect.ClientId);
        if (connect.HasWill)
        {
            fields.Properties(connect.WillProperties, connect.Version);
            fields.Binary(connect.WillTopic);
            fields.Binary(connect.WillPayload);
        }

        if (connect.HasUserName)
        {
            fields.Binary(connect.UserName);
        }

        if (connect.HasPassword)
        {
            fields.Binary(connect.Password);
        }

        return fields.Written;
    }

    public static int ConnAckLength(in ConnAckView ack, MqttVersion version) =>
        Framed(2 + Section(ack.Properties, version));

    /// <summary>Encodes a CONNACK (MQTT 5 §3.2); in 3.1.1 the reason becomes the nearest return code.</summary>
    public static int WriteConnAck(Span<byte> destination, in ConnAckView ack, MqttVersion version)
    {
        var fields = new FieldWriter(destination);
        fields.Header(PacketType.ConnAck, 0, 2 + Section(ack.Properties, version));
        fields.Byte(ack.SessionPresent ? (byte)1 : (byte)0);
        fields.Byte(version == MqttVersion.V5 ? (byte)ack.Reason : (byte)ack.Reason.ToReturnCode());
        fields.Properties(ack.Properties, version);
        return fields.Written;
    }

    public static int AckLength(in AckView ack, MqttVersion version) => Framed(AckBodyLength(ack, version));

    /// <summary>Encodes a PUBACK, PUBREC, PUBREL or PUBCOMP in its shortest form (MQTT 5 §3.4.2.1).</summary>
    public static int WriteAck(Span<byte> destination, PacketType type, in AckView ack, MqttVersion version)
    {
        int length = AckBodyLength(ack, version);
        var fields = new FieldWriter(destination);
        fields.Header(type, type == PacketType.PubRel ? 2 : 0, length);
        fields.UInt16(ack.PacketId);
        if (length > 2)
        {
            fields.Byte((byte)ack.Reason);
        }

        if (length > 3)
        {
            fields.Properties(ack.Properties, version);
        }

        return fields.Written;
    }

    public static int SubAckLength(in SubAckView ack, MqttVersion version) =>
        Framed(2 + Section(ack.Properties, version) + ack.Codes.Length);

    /// <summary>Encodes a SUBACK or UNSUBACK (MQTT 5 §3.9, §3.11).</summary>
    public static int WriteSubAck(Span<byte> destination, PacketType type, in SubAckView ack, MqttVersion version)
    {
        var fields = new FieldWriter(destination);
        fields.Header(type, 0, 2 + Section(ack.Properties, version) + ack.Codes.Length);
        fields.UInt16(ack.PacketId);
        fields.Properties(ack.Properties, version);
        fields.Raw(ack.Codes);
        return fields.Written;
    }

    public static int ReasonLength(in ReasonView packet, MqttVersion version) =>
        Framed(ReasonBodyLength(packet, version));

    /// <summary>Encodes a DISCONNECT or AUTH in its shortest form (MQTT 5 §3.14, §3.15).</summary>
    public static int WriteReason(Span<byte> destination, PacketType type, in ReasonView packet, MqttVersion version)
    {
        int length = ReasonBodyLength(packet, version);
        var fields = new FieldWriter(destination);
        fields.Header(type, 0, length);
        if (length > 0)
        {
            fields.Byte((byte)packet.Reason);
        }

        if (length > 1)
        {
            fields.Properties(packet.Properties, version);
        }

        return fields.Written;
    }

    /// <summary>Bytes of a SUBSCRIBE or UNSUBSCRIBE for the filters given.</summary>
    public static int SubscribeLength(
        PacketType type, ReadOnlySpan<byte> properties, ReadOnlySpan<FilterText> filters, MqttVersion version) =>
        Framed(SubscribeBodyLength(type, properties, filters, version));

    /// <summary>Encodes a SUBSCRIBE or UNSUBSCRIBE (MQTT 5 §3.8, §3.10).</summary>
    public static int WriteSubscribe(
        Span<byte> destination, PacketType type, ushort packetId, ReadOnlySpan<byte> properties,
        ReadOnlySpan<FilterText> filters, MqttVersion version)
    {
        var fields = new FieldWriter(destination);
        fields.Header(type, 2, SubscribeBodyLength(type, properties, filters, version));
        fields.UInt16(packetId);
        fields.Properties(properties, version);
        foreach (FilterText filter in filters)
        {
            fields.Binary(filter.Utf8);
            if (type == PacketType.Subscribe)
            {
                fields.Byte(version == MqttVersion.V5 ? filter.Options.Value : (byte)filter.Options.Qos);
            }
        }

        return fields.Written;
    }

    private static int Framed(int bodyLength) => 1 + VarInt.Length((uint)bodyLength) + bodyLength;

    private static int Section(ReadOnlySpan<byte> properties, MqttVersion version) =>
        version == MqttVersion.V5 ? VarInt.Length((uint)properties.Length) + properties.Length : 0;

    private static int PublishBodyLength(in PublishView message, MqttVersion version) =>
        2 + message.Topic.Length + (message.Qos == Qos.AtMostOnce ? 0 : 2)
        + Section(message.Properties, version) + message.Payload.Length;

    private static int ConnectBodyLength(in ConnectView c) =>
        10 + Section(c.Properties, c.Version) + 2 + c.ClientId.Length
        + (c.HasWill ? Section(c.WillProperties, c.Version) + 4 + c.WillTopic.Length + c.WillPayload.Length : 0)
        + (c.HasUserName ? 2 + c.UserName.Length : 0) + (c.HasPassword ? 2 + c.Password.Length : 0);

    private static int AckBodyLength(in AckView ack, MqttVersion version) =>
        version == MqttVersion.V311 ? 2
        : !ack.Properties.IsEmpty ? 3 + Section(ack.Properties, version)
        : ack.Reason == ReasonCode.Success ? 2 : 3;

    private static int ReasonBodyLength(in ReasonView packet, MqttVersion version) =>
        version == MqttVersion.V311 ? 0
        : !packet.Properties.IsEmpty ? 1 + Section(packet.Properties, version)
        : packet.Reason == ReasonCode.Success ? 0 : 1;

    private static int SubscribeBodyLength(
        PacketType type, ReadOnlySpan<byte> properties, ReadOnlySpan<FilterText> filters, MqttVersion version)
    {
        int length = 2 + Section(properties, version);
        foreach (FilterText filter in filters)
        {
            length += 2 + filter.Utf8.Length + (type == PacketType.Subscribe ? 1 : 0);
        }

        return length;
    }
}

/// <summary>A topic filter to subscribe to, with its options.</summary>
public readonly record struct FilterText(byte[] Utf8, SubscriptionOptions Options);
