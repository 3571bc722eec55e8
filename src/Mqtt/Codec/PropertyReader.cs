namespace CityBrain.Mqtt.Codec;

/// <summary>
/// Walks a property section (MQTT 5 §2.2.2) without copying. It never throws: it stops at the first property that is
/// unknown, cut off or ill-formed, and says so in <see cref="Failed"/>.
/// </summary>
public ref struct PropertyReader(ReadOnlySpan<byte> properties)
{
    private FieldReader _fields = new(properties);

    public PropertyId Id { get; private set; }

    /// <summary>The value of a number; 0 for text and binary data.</summary>
    public uint Number { get; private set; }

    /// <summary>The value of text or binary data; the name of a user property.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The value of a user property.</summary>
    public ReadOnlySpan<byte> PairValue { get; private set; }

    /// <summary>True when the walk ended because of bad bytes.</summary>
    public bool Failed { get; private set; }

    /// <summary>Bytes behind the current property.</summary>
    public readonly int Remaining => _fields.Remaining;

    /// <summary>True unless the standard calls this value of this property a protocol error.</summary>
    public readonly bool InRange => Id switch
    {
        PropertyId.PayloadFormatIndicator or PropertyId.RequestProblemInformation
            or PropertyId.RequestResponseInformation or PropertyId.MaximumQos or PropertyId.RetainAvailable
            or PropertyId.WildcardSubscriptionAvailable or PropertyId.SubscriptionIdentifierAvailable
            or PropertyId.SharedSubscriptionAvailable => Number <= 1,
        PropertyId.ReceiveMaximum or PropertyId.MaximumPacketSize or PropertyId.SubscriptionIdentifier => Number != 0,
        PropertyId.ResponseTopic => Utf8Text.IsTopicName(Bytes),
        _ => true,
    };

    /// <summary>Steps to the next property; false at the end and on bad bytes.</summary>
    public bool MoveNext()
    {
        if (_fields.AtEnd || Failed)
        {
            return false;
        }

        Number = 0;
        Bytes = default;
        PairValue = default;
        uint id = _fields.VariableInt();
        Id = (PropertyId)id;
        PropertyKind kind = id <= (uint)PropertyId.SharedSubscriptionAvailable ? KindOf(Id) : PropertyKind.None;
        ReadValue(kind);
        Failed = kind == PropertyKind.None || _fields.Failed;
        return !Failed;
    }

    /// <summary>How the property is written; <see cref="PropertyKind.None"/> for an unknown one.</summary>
    public static PropertyKind KindOf(PropertyId id) => id switch
    {
        PropertyId.PayloadFormatIndicator or PropertyId.RequestProblemInformation
            or PropertyId.RequestResponseInformation or PropertyId.MaximumQos or PropertyId.RetainAvailable
            or PropertyId.WildcardSubscriptionAvailable or PropertyId.SubscriptionIdentifierAvailable
            or PropertyId.SharedSubscriptionAvailable => PropertyKind.Byte,
        PropertyId.ServerKeepAlive or PropertyId.ReceiveMaximum or PropertyId.TopicAliasMaximum
            or PropertyId.TopicAlias => PropertyKind.UInt16,
        PropertyId.MessageExpiryInterval or PropertyId.SessionExpiryInterval or PropertyId.WillDelayInterval
            or PropertyId.MaximumPacketSize => PropertyKind.UInt32,
        PropertyId.SubscriptionIdentifier => PropertyKind.VariableInt,
        PropertyId.ContentType or PropertyId.ResponseTopic or PropertyId.AssignedClientIdentifier
            or PropertyId.AuthenticationMethod or PropertyId.ResponseInformation or PropertyId.ServerReference
            or PropertyId.ReasonString => PropertyKind.Text,
        PropertyId.CorrelationData or PropertyId.AuthenticationData => PropertyKind.Binary,
        PropertyId.UserProperty => PropertyKind.TextPair,
        _ => PropertyKind.None,
    };

    /// <summary>The number of the first property with this id, or <paramref name="otherwise"/>.</summary>
    public static uint Find(ReadOnlySpan<byte> properties, PropertyId id, uint otherwise)
    {
        var reader = new PropertyReader(properties);
        while (reader.MoveNext())
        {
            if (reader.Id == id)
            {
                return reader.Number;
            }
        }

        return otherwise;
    }

    /// <summary>Where the first property with this id begins (at its identifier), or -1.</summary>
    public static int OffsetOf(ReadOnlySpan<byte> properties, PropertyId id)
    {
        var reader = new PropertyReader(properties);
        int offset = 0;
        while (reader.MoveNext())
        {
            if (reader.Id == id)
            {
                return offset;
            }

            offset = properties.Length - reader.Remaining;
        }

        return -1;
    }

    /// <summary>The bytes of the first property with this id; empty where there is none.</summary>
    public static ReadOnlySpan<byte> FindBytes(ReadOnlySpan<byte> properties, PropertyId id)
    {
        var reader = new PropertyReader(properties);
        while (reader.MoveNext())
        {
            if (reader.Id == id)
            {
                return reader.Bytes;
            }
        }

        return default;
    }

    private void ReadValue(PropertyKind kind)
    {
        switch (kind)
        {
            case PropertyKind.Byte:
                Number = _fields.Byte();
                break;
            case PropertyKind.UInt16:
                Number = _fields.UInt16();
                break;
            case PropertyKind.UInt32:
                Number = _fields.UInt32();
                break;
            case PropertyKind.VariableInt:
                Number = _fields.VariableInt();
                break;
            case PropertyKind.Text:
                Bytes = _fields.Text();
                break;
            case PropertyKind.Binary:
                Bytes = _fields.Binary();
                break;
            case PropertyKind.TextPair:
                Bytes = _fields.Text();
                PairValue = _fields.Text();
                break;
        }
    }
}
