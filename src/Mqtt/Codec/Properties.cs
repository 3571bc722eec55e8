namespace CityBrain.Mqtt.Codec;

/// <summary>Property identifiers of MQTT 5 (table 2-4).</summary>
public enum PropertyId : byte
{
    PayloadFormatIndicator = 0x01,
    MessageExpiryInterval = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0B,
    SessionExpiryInterval = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelayInterval = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1A,
    ServerReference = 0x1C,
    ReasonString = 0x1F,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2A,
}

/// <summary>How a property's value is written (MQTT 5 table 2-4).</summary>
public enum PropertyKind : byte
{
    None,
    Byte,
    UInt16,
    UInt32,
    VariableInt,
    Text,
    Binary,
    TextPair,
}

/// <summary>Which properties a place in a packet may carry: a bit for each <see cref="PropertyId"/>.</summary>
public static class PropertySet
{
    public static readonly ulong Publish = B(PropertyId.PayloadFormatIndicator) | B(PropertyId.MessageExpiryInterval)
        | B(PropertyId.ContentType) | B(PropertyId.ResponseTopic) | B(PropertyId.CorrelationData)
        | B(PropertyId.SubscriptionIdentifier) | B(PropertyId.TopicAlias) | B(PropertyId.UserProperty);

    public static readonly ulong Will = B(PropertyId.PayloadFormatIndicator) | B(PropertyId.MessageExpiryInterval)
        | B(PropertyId.ContentType) | B(PropertyId.ResponseTopic) | B(PropertyId.CorrelationData)
        | B(PropertyId.WillDelayInterval) | B(PropertyId.UserProperty);

    public static readonly ulong Connect = B(PropertyId.SessionExpiryInterval) | B(PropertyId.AuthenticationMethod)
        | B(PropertyId.AuthenticationData) | B(PropertyId.RequestProblemInformation)
        | B(PropertyId.RequestResponseInformation) | B(PropertyId.ReceiveMaximum)
        | B(PropertyId.TopicAliasMaximum) | B(PropertyId.UserProperty) | B(PropertyId.MaximumPacketSize);

    public static readonly ulong ConnAck = B(PropertyId.SessionExpiryInterval) | B(PropertyId.AssignedClientIdentifier)
        | B(PropertyId.ServerKeepAlive) | B(PropertyId.AuthenticationMethod) | B(PropertyId.AuthenticationData)
        | B(PropertyId.ResponseInformation) | B(PropertyId.ServerReference) | B(PropertyId.ReasonString)
        | B(PropertyId.ReceiveMaximum) | B(PropertyId.TopicAliasMaximum) | B(PropertyId.MaximumQos)
        | B(PropertyId.RetainAvailable) | B(PropertyId.UserProperty) | B(PropertyId.MaximumPacketSize)
        | B(PropertyId.WildcardSubscriptionAvailable) | B(PropertyId.SubscriptionIdentifierAvailable)
        | B(PropertyId.SharedSubscriptionAvailable);

    public static readonly ulong Subscribe = B(PropertyId.SubscriptionIdentifier) | B(PropertyId.UserProperty);

    public static readonly ulong Unsubscribe = B(PropertyId.UserProperty);

    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK.</summary>
    public static readonly ulong Ack = B(PropertyId.ReasonString) | B(PropertyId.UserProperty);

    public static readonly ulong Disconnect = B(PropertyId.SessionExpiryInterval) | B(PropertyId.ServerReference)
        | B(PropertyId.ReasonString) | B(PropertyId.UserProperty);

    public static readonly ulong Auth = B(PropertyId.AuthenticationMethod) | B(PropertyId.AuthenticationData)
        | B(PropertyId.ReasonString) | B(PropertyId.UserProperty);

    /// <summary>
    /// Checks a property section: known identifiers that this place allows, each at most once unless it may repeat,
    /// values whole, of the right kind and in range. <paramref name="present"/> gets a bit for each one found.
    /// </summary>
    /// <returns>Success, MalformedPacket or ProtocolError (MQTT 5 §2.2.2.2).</returns>
    public static ReasonCode Validate(
        ReadOnlySpan<byte> properties, ulong allowed, ulong repeatable, out ulong present)
    {
        present = 0;
        var reader = new PropertyReader(properties);
        while (reader.MoveNext())
        {
            ulong bit = 1UL << (int)reader.Id;
            if ((allowed & bit) == 0)
            {
                return ReasonCode.MalformedPacket;
            }

            if (((present & bit) != 0 && (repeatable & bit) == 0) || !reader.InRange)
            {
                return ReasonCode.ProtocolError;
            }

            present |= bit;
        }

        return reader.Failed ? ReasonCode.MalformedPacket : ReasonCode.Success;
    }

    /// <summary>As above, where only user properties may repeat.</summary>
    public static ReasonCode Validate(ReadOnlySpan<byte> properties, ulong allowed) =>
        properties.IsEmpty
            ? ReasonCode.Success
            : Validate(properties, allowed, B(PropertyId.UserProperty), out _);

    /// <summary>The bit of one property.</summary>
    public static ulong Bit(PropertyId id) => 1UL << (int)id;

    private static ulong B(PropertyId id) => 1UL << (int)id;
}
