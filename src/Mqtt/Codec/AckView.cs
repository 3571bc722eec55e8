namespace CityBrain.Mqtt.Codec;

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP (MQTT 5 §3.4 to §3.7), parsed in place or about to be encoded.</summary>
public readonly ref struct AckView
{
    public ushort PacketId { get; init; }

    /// <summary>Always Success in 3.1.1.</summary>
    public ReasonCode Reason { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    /// <summary>Parses and validates the body of an acknowledgement of the type given.</summary>
    public static ReasonCode TryParse(
        PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out AckView view)
    {
        view = default;
        var fields = new FieldReader(body);
        ushort id = fields.UInt16();
        bool short5 = version == MqttVersion.V311 || fields.AtEnd;
        ReasonCode code = short5 ? ReasonCode.Success : (ReasonCode)fields.Byte();
        ReadOnlySpan<byte> properties = short5 || fields.AtEnd ? default : fields.PropertyBytes();
        if (fields.Failed || !fields.AtEnd || !ReasonSets.Allows(type, code))
        {
            return ReasonCode.MalformedPacket;
        }

        view = new AckView { PacketId = id, Reason = code, Properties = properties };
        return id == 0 ? ReasonCode.ProtocolError : PropertySet.Validate(properties, PropertySet.Ack);
    }
}

/// <summary>DISCONNECT or AUTH (MQTT 5 §3.14, §3.15), parsed in place or about to be encoded.</summary>
public readonly ref struct ReasonView
{
    public ReasonCode Reason { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    /// <summary>Parses and validates the body. In 3.1.1 a DISCONNECT has none and AUTH does not exist.</summary>
    public static ReasonCode TryParse(
        PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out ReasonView view)
    {
        view = default;
        if (version == MqttVersion.V311)
        {
            return type == PacketType.Disconnect && body.IsEmpty ? ReasonCode.Success : ReasonCode.MalformedPacket;
        }

        var fields = new FieldReader(body);
        ReasonCode code = fields.AtEnd ? ReasonCode.Success : (ReasonCode)fields.Byte();
        ReadOnlySpan<byte> properties = fields.AtEnd ? default : fields.PropertyBytes();
        if (fields.Failed || !fields.AtEnd || !ReasonSets.Allows(type, code))
        {
            return ReasonCode.MalformedPacket;
        }

        view = new ReasonView { Reason = code, Properties = properties };
        return PropertySet.Validate(
            properties, type == PacketType.Auth ? PropertySet.Auth : PropertySet.Disconnect);
    }
}

/// <summary>The reason codes that each packet type may carry in MQTT 5 (its own table in chapter 3).</summary>
public static class ReasonSets
{
    public static bool Allows(PacketType type, ReasonCode code) => type switch
    {
        PacketType.ConnAck => (byte)code is 0x00 or (>= 0x80 and <= 0x8A) or 0x8C or 0x90 or 0x95 or 0x97
            or (>= 0x99 and <= 0x9D) or 0x9F,
        PacketType.PubAck or PacketType.PubRec =>
            (byte)code is 0x00 or 0x10 or 0x80 or 0x83 or 0x87 or 0x90 or 0x91 or 0x97 or 0x99,
        PacketType.PubRel or PacketType.PubComp => (byte)code is 0x00 or 0x92,
        PacketType.SubAck => (byte)code is <= 0x02 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91 or 0x97 or 0x9E
            or 0xA1 or 0xA2,
        PacketType.UnsubAck => (byte)code is 0x00 or 0x11 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91,
        PacketType.Disconnect => (byte)code is 0x00 or 0x04 or (>= 0x80 and <= 0x83) or 0x87 or 0x89
            or (>= 0x8B and <= 0x90) or (>= 0x93 and <= 0xA2),
        PacketType.Auth => (byte)code is 0x00 or 0x18 or 0x19,
        _ => false,
    };
}
