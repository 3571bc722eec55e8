using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace CityBrain.Mqtt.Codec;

/// <summary>
/// One PUBLISH packet (MQTT 5 §3.3) as it lies in the receive buffer. Nothing is copied: the spans are valid only
/// until the handler that was given the view returns.
/// </summary>
public readonly ref struct PublishView
{
    private const byte QosMask = 0x06;
    private const byte DupFlag = 0x08;

    /// <summary>A message to encode; <see cref="TryParse"/> makes the ones that were received.</summary>
    public PublishView(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false,
        bool dup = false, ushort packetId = 0, ReadOnlySpan<byte> properties = default)
    {
        Topic = topic;
        Payload = payload;
        Properties = properties;
        PacketId = packetId;
        Flags = (byte)(((byte)qos << 1) | (retain ? 1 : 0) | (dup ? DupFlag : 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private PublishView(
        byte flags, ushort packetId, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> properties,
        ReadOnlySpan<byte> payload)
    {
        Topic = topic;
        Payload = payload;
        Properties = properties;
        PacketId = packetId;
        Flags = flags;
    }

    /// <summary>The topic name, UTF-8. Empty only in MQTT 5 when a topic alias stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; }

    /// <summary>The application message; may be empty.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The validated MQTT 5 properties without their length, for <see cref="PropertyReader"/>.</summary>
    public ReadOnlySpan<byte> Properties { get; }

    /// <summary>Packet identifier, 1 to 65,535; 0 with QoS 0, which has none.</summary>
    public ushort PacketId { get; }

    /// <summary>The low four bits of the first byte.</summary>
    public byte Flags { get; }

    public Qos Qos => (Qos)((Flags & QosMask) >> 1);

    public bool Retain => (Flags & 1) != 0;

    /// <summary>True when the sender says that it may have sent this packet before.</summary>
    public bool Dup => (Flags & DupFlag) != 0;

    /// <summary>Parses and fully validates the body of a PUBLISH: everything behind the fixed header.</summary>
    /// <returns>Success, or the reason for which the connection has to be closed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReasonCode TryParse(
        byte flags, ReadOnlySpan<byte> body, MqttVersion version, out PublishView view)
    {
        // The common case in one piece: 3.1.1 or no properties, QoS 0 and a plain topic.
        if ((flags & (QosMask | DupFlag)) == 0 && body.Length > 2)
        {
            int end = 2 + BinaryPrimitives.ReadUInt16BigEndian(body);
            if (version == MqttVersion.V311 && end <= body.Length && Utf8Text.IsTopicName(body[2..end]))
            {
                view = new PublishView(flags, 0, body[2..end], default, body[end..]);
                return ReasonCode.Success;
            }

            if (version == MqttVersion.V5 && end < body.Length && body[end] == 0
                && Utf8Text.IsTopicName(body[2..end]))
            {
                view = new PublishView(flags, 0, body[2..end], default, body[(end + 1)..]);
                return ReasonCode.Success;
            }
        }

        return TryParseAny(flags, body, version, out view);
    }

    private static ReasonCode TryParseAny(
        byte flags, ReadOnlySpan<byte> body, MqttVersion version, out PublishView view)
    {
        view = default;
        int qos = (flags & QosMask) >> 1;
        if (qos == 3 || (qos == 0 && (flags & DupFlag) != 0))
        {
            return ReasonCode.MalformedPacket;
        }

        var fields = new FieldReader(body);
        ReadOnlySpan<byte> topic = fields.Text();
        ushort packetId = qos == 0 ? (ushort)0 : fields.UInt16();
        ReadOnlySpan<byte> properties = version == MqttVersion.V5 ? fields.PropertyBytes() : default;
        if (fields.Failed)
        {
            return ReasonCode.MalformedPacket;
        }

        if (qos != 0 && packetId == 0)
        {
            return ReasonCode.ProtocolError;
        }

        ulong repeatable = PropertySet.Bit(PropertyId.UserProperty) | PropertySet.Bit(PropertyId.SubscriptionIdentifier);
        ReasonCode reason = PropertySet.Validate(properties, PropertySet.Publish, repeatable, out ulong present);
        if (reason == ReasonCode.Success)
        {
            reason = CheckTopic(topic, (present & PropertySet.Bit(PropertyId.TopicAlias)) != 0);
        }

        if (reason == ReasonCode.Success)
        {
            view = new PublishView(flags, packetId, topic, properties, fields.TakeRest());
        }

        return reason;
    }

    private static ReasonCode CheckTopic(ReadOnlySpan<byte> topic, bool hasAlias) =>
        topic.IsEmpty
            ? hasAlias ? ReasonCode.Success : ReasonCode.ProtocolError
            : Utf8Text.IsTopicName(topic) ? ReasonCode.Success : ReasonCode.TopicNameInvalid;
}

/// <summary>
/// Receives a message on the read loop. It must copy what it keeps and should not block: the connection waits for it.
/// </summary>
public delegate void MqttMessageHandler(in PublishView message);
