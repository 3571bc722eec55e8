using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Codec;

/// <summary>What to do with retained messages when a subscription is made (MQTT 5 §3.8.3.1).</summary>
public enum RetainHandling : byte
{
    Send = 0,
    SendIfNew = 1,
    DoNotSend = 2,
}

/// <summary>The options byte of one subscription (MQTT 5 §3.8.3.1); 3.1.1 has the QoS only.</summary>
public readonly record struct SubscriptionOptions(byte Value)
{
    public SubscriptionOptions(
        Qos qos, bool noLocal = false, bool retainAsPublished = false, RetainHandling retain = RetainHandling.Send)
        : this((byte)((byte)qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | ((byte)retain << 4)))
    {
    }

    public Qos Qos => (Qos)(Value & 3);

    /// <summary>Do not send the client its own messages.</summary>
    public bool NoLocal => (Value & 4) != 0;

    /// <summary>Keep the retain flag as the publisher set it.</summary>
    public bool RetainAsPublished => (Value & 8) != 0;

    public RetainHandling RetainHandling => (RetainHandling)((Value >> 4) & 3);

    internal bool IsValid(MqttVersion version) =>
        version == MqttVersion.V311 ? Value <= 2 : Value < 0x30 && (Value & 3) != 3;
}

/// <summary>A SUBSCRIBE or UNSUBSCRIBE packet (MQTT 5 §3.8, §3.10), parsed in place.</summary>
public readonly ref struct SubscribeView
{
    private readonly ReadOnlySpan<byte> _filters;
    private readonly bool _hasOptions;

    private SubscribeView(
        ushort packetId, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> filters, bool hasOptions, int count)
    {
        PacketId = packetId;
        Properties = properties;
        Count = count;
        _filters = filters;
        _hasOptions = hasOptions;
    }

    public ushort PacketId { get; }

    public ReadOnlySpan<byte> Properties { get; }

    /// <summary>Number of topic filters, at least one.</summary>
    public int Count { get; }

    /// <summary>Walks the topic filters and their options.</summary>
    public Enumerator GetEnumerator() => new(_filters, _hasOptions);

    /// <summary>Parses and validates the body of a SUBSCRIBE or UNSUBSCRIBE, every filter included.</summary>
    public static ReasonCode TryParse(
        PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out SubscribeView view)
    {
        view = default;
        bool hasOptions = type == PacketType.Subscribe;
        var fields = new FieldReader(body);
        ushort id = fields.UInt16();
        ReadOnlySpan<byte> properties = version == MqttVersion.V5 ? fields.PropertyBytes() : default;
        ReadOnlySpan<byte> filters = fields.TakeRest();
        if (fields.Failed)
        {
            return ReasonCode.MalformedPacket;
        }

        ReasonCode reason = id == 0
            ? ReasonCode.ProtocolError
            : PropertySet.Validate(properties, hasOptions ? PropertySet.Subscribe : PropertySet.Unsubscribe);
        int count = 0;
        if (reason == ReasonCode.Success)
        {
            reason = CheckFilters(filters, hasOptions, version, out count);
        }

        view = new SubscribeView(id, properties, filters, hasOptions, count);
        return reason;
    }

    private static ReasonCode CheckFilters(
        ReadOnlySpan<byte> bytes, bool hasOptions, MqttVersion version, out int count)
    {
        count = 0;
        var fields = new FieldReader(bytes);
        while (!fields.AtEnd)
        {
            ReadOnlySpan<byte> filter = fields.Text();
            var options = new SubscriptionOptions(hasOptions ? fields.Byte() : (byte)0);
            if (fields.Failed || !TopicFilter.IsValid(filter) || !options.IsValid(version))
            {
                return ReasonCode.MalformedPacket;
            }

            if (options.NoLocal && TopicFilter.IsShared(filter))
            {
                return ReasonCode.ProtocolError; // MQTT-3.8.3-4
            }

            count++;
        }

        return fields.Failed ? ReasonCode.MalformedPacket
            : count == 0 ? ReasonCode.ProtocolError : ReasonCode.Success; // MQTT-3.8.3-2, MQTT-3.10.3-2
    }

    /// <summary>Walks filters that have been validated.</summary>
    public ref struct Enumerator
    {
        private readonly bool _hasOptions;
        private FieldReader _fields;

        internal Enumerator(ReadOnlySpan<byte> filters, bool hasOptions)
        {
            _fields = new FieldReader(filters);
            _hasOptions = hasOptions;
        }

        public FilterView Current { get; private set; }

        public bool MoveNext()
        {
            if (_fields.AtEnd)
            {
                return false;
            }

            ReadOnlySpan<byte> filter = _fields.Binary();
            Current = new FilterView(filter, new SubscriptionOptions(_hasOptions ? _fields.Byte() : (byte)0));
            return true;
        }
    }
}

/// <summary>One topic filter of a SUBSCRIBE or UNSUBSCRIBE.</summary>
public readonly ref struct FilterView(ReadOnlySpan<byte> filter, SubscriptionOptions options)
{
    public ReadOnlySpan<byte> Filter { get; } = filter;

    public SubscriptionOptions Options { get; } = options;
}

/// <summary>A SUBACK or UNSUBACK packet (MQTT 5 §3.9, §3.11), parsed in place or about to be encoded.</summary>
public readonly ref struct SubAckView
{
    public ushort PacketId { get; init; }

    public ReadOnlySpan<byte> Properties { get; init; }

    /// <summary>A reason code for each filter; none in an UNSUBACK of 3.1.1.</summary>
    public ReadOnlySpan<byte> Codes { get; init; }

    /// <summary>Parses and validates the body of a SUBACK or UNSUBACK.</summary>
    public static ReasonCode TryParse(
        PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out SubAckView view)
    {
        view = default;
        var fields = new FieldReader(body);
        ushort id = fields.UInt16();
        ReadOnlySpan<byte> properties = version == MqttVersion.V5 ? fields.PropertyBytes() : default;
        ReadOnlySpan<byte> codes = fields.TakeRest();
        bool bare = version == MqttVersion.V311 && type == PacketType.UnsubAck;
        if (fields.Failed || codes.IsEmpty != bare || !CodesAllowed(type, codes, version))
        {
            return ReasonCode.MalformedPacket;
        }

        view = new SubAckView { PacketId = id, Properties = properties, Codes = codes };
        return id == 0 ? ReasonCode.ProtocolError : PropertySet.Validate(properties, PropertySet.Ack);
    }

    private static bool CodesAllowed(PacketType type, ReadOnlySpan<byte> codes, MqttVersion version)
    {
        foreach (byte code in codes)
        {
            bool allowed = version == MqttVersion.V5
                ? ReasonSets.Allows(type, (ReasonCode)code)
                : code is <= 2 or 0x80; // 3.1.1 §3.9.3
            if (!allowed)
            {
                return false;
            }
        }

        return true;
    }
}
