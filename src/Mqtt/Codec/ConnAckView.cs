namespace CityBrain.Mqtt.Codec;

/// <summary>A CONNACK packet (MQTT 5 §3.2), parsed in place or about to be encoded.</summary>
public readonly ref struct ConnAckView
{
    public bool SessionPresent { get; init; }

    /// <summary>In 3.1.1 the return code is carried over to the reason code that says the same.</summary>
    public ReasonCode Reason { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    /// <summary>Parses and validates the body of a CONNACK.</summary>
    public static ReasonCode TryParse(ReadOnlySpan<byte> body, MqttVersion version, out ConnAckView view)
    {
        view = default;
        var fields = new FieldReader(body);
        byte flags = fields.Byte();
        byte code = fields.Byte();
        ReadOnlySpan<byte> properties = version == MqttVersion.V5 ? fields.PropertyBytes() : default;
        bool known = version == MqttVersion.V5
            ? ReasonSets.Allows(PacketType.ConnAck, (ReasonCode)code)
            : code <= (byte)ConnectReturnCode.NotAuthorized;
        if (fields.Failed || !fields.AtEnd || flags > 1 || !known)
        {
            return ReasonCode.MalformedPacket;
        }

        if (flags == 1 && code != 0)
        {
            return ReasonCode.ProtocolError; // MQTT-3.2.2-6
        }

        view = new ConnAckView
        {
            SessionPresent = flags == 1,
            Reason = version == MqttVersion.V5 ? (ReasonCode)code : ((ConnectReturnCode)code).ToReason(),
            Properties = properties,
        };
        return PropertySet.Validate(properties, PropertySet.ConnAck);
    }
}
