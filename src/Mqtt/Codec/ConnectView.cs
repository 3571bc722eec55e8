namespace CityBrain.Mqtt.Codec;

/// <summary>A CONNECT packet (MQTT 5 §3.1), parsed in place or about to be encoded.</summary>
public readonly ref struct ConnectView
{
    private const byte CleanFlag = 0x02;
    private const byte WillFlag = 0x04;
    private const byte WillRetainFlag = 0x20;
    private const byte PasswordFlag = 0x40;
    private const byte UserNameFlag = 0x80;

    public MqttVersion Version { get; init; }

    /// <summary>Clean Start of MQTT 5, Clean Session of 3.1.1.</summary>
    public bool CleanStart { get; init; }

    /// <summary>Seconds; 0 for none.</summary>
    public ushort KeepAliveSeconds { get; init; }

    public ReadOnlySpan<byte> ClientId { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    public bool HasWill { get; init; }

    public Qos WillQos { get; init; }

    public bool WillRetain { get; init; }

    public ReadOnlySpan<byte> WillTopic { get; init; }

    public ReadOnlySpan<byte> WillPayload { get; init; }

    public ReadOnlySpan<byte> WillProperties { get; init; }

    public bool HasUserName { get; init; }

    public ReadOnlySpan<byte> UserName { get; init; }

    public bool HasPassword { get; init; }

    public ReadOnlySpan<byte> Password { get; init; }

    /// <summary>The connect flags byte (MQTT 5 §3.1.2.3).</summary>
    internal byte ConnectFlags => (byte)(
        (CleanStart ? CleanFlag : 0) | (HasUserName ? UserNameFlag : 0) | (HasPassword ? PasswordFlag : 0)
        | (HasWill ? WillFlag | ((byte)WillQos << 3) | (WillRetain ? WillRetainFlag : 0) : 0));

    /// <summary>
    /// Parses and validates a CONNECT's body. <paramref name="version"/> is the level asked for, also when it is one
    /// that is not spoken here, so that the refusal can be written in the nearest version.
    /// </summary>
    public static ReasonCode TryParse(ReadOnlySpan<byte> body, out MqttVersion version, out ConnectView view)
    {
        view = default;
        version = MqttVersion.V311;
        var fields = new FieldReader(body);
        ReadOnlySpan<byte> name = fields.Text();
        byte level = fields.Byte();
        if (fields.Failed)
        {
            return ReasonCode.MalformedPacket;
        }

        version = level >= (byte)MqttVersion.V5 ? MqttVersion.V5 : MqttVersion.V311;
        bool known = name.SequenceEqual("MQTT"u8) && level is (byte)MqttVersion.V311 or (byte)MqttVersion.V5;
        return known ? ParseFrom(fields, version, out view) : ReasonCode.UnsupportedProtocolVersion;
    }

    private static ReasonCode ParseFrom(FieldReader fields, MqttVersion version, out ConnectView view)
    {
        view = default;
        byte flags = fields.Byte();
        ushort keepAlive = fields.UInt16();
        ReadOnlySpan<byte> properties = version == MqttVersion.V5 ? fields.PropertyBytes() : default;
        ReadOnlySpan<byte> clientId = fields.Text();
        bool will = (flags & WillFlag) != 0;
        ReadOnlySpan<byte> willProperties = will && version == MqttVersion.V5 ? fields.PropertyBytes() : default;
        ReadOnlySpan<byte> willTopic = will ? fields.Text() : default;
        ReadOnlySpan<byte> willPayload = will ? fields.Binary() : default;
        bool hasUser = (flags & UserNameFlag) != 0;
        ReadOnlySpan<byte> user = hasUser ? fields.Text() : default;
        bool hasPassword = (flags & PasswordFlag) != 0;
        ReadOnlySpan<byte> password = hasPassword ? fields.Binary() : default;
        if (fields.Failed || !fields.AtEnd || !FlagsAllowed(flags, version))
        {
            return ReasonCode.MalformedPacket;
        }

        ReasonCode reason = PropertySet.Validate(properties, PropertySet.Connect);
        reason = reason != ReasonCode.Success ? reason : PropertySet.Validate(willProperties, PropertySet.Will);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        if (will && !Utf8Text.IsTopicName(willTopic))
        {
            return ReasonCode.TopicNameInvalid;
        }

        view = new ConnectView
        {
            Version = version, CleanStart = (flags & CleanFlag) != 0, KeepAliveSeconds = keepAlive,
            ClientId = clientId, Properties = properties, HasWill = will, WillQos = (Qos)((flags >> 3) & 3),
            WillRetain = (flags & WillRetainFlag) != 0, WillTopic = willTopic, WillPayload = willPayload,
            WillProperties = willProperties, HasUserName = hasUser, UserName = user, HasPassword = hasPassword,
            Password = password,
        };
        return ReasonCode.Success;
    }

    /// <summary>MQTT-3.1.2-3 (reserved bit), -11 to -15 (will bits), and -22 of 3.1.1 (no password without a user).</summary>
    private static bool FlagsAllowed(byte flags, MqttVersion version)
    {
        int willQos = (flags >> 3) & 3;
        bool will = (flags & WillFlag) != 0;
        bool passwordAlone = (flags & PasswordFlag) != 0 && (flags & UserNameFlag) == 0;
        return (flags & 1) == 0 && willQos != 3
            && (will || (willQos == 0 && (flags & WillRetainFlag) == 0))
            && !(passwordAlone && version == MqttVersion.V311);
    }
}
