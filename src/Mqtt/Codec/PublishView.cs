namespace CityBrain.Mqtt.Codec;

/// <summary>
/// One PUBLISH packet (MQTT 5 §3.3) as it lies in the receive buffer. Nothing is copied: the spans are valid only
/// until the handler that was given the view returns.
/// </summary>
public readonly ref struct PublishView
{
    private readonly byte _flags;

    /// <summary>A message to encode; parsing makes the ones that were received.</summary>
    public PublishView(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false,
        bool dup = false, ushort packetId = 0, ReadOnlySpan<byte> properties = default)
    {
        Topic = topic;
        Payload = payload;
        Properties = properties;
        PacketId = packetId;
        _flags = (byte)(((byte)qos << 1) | (retain ? 1 : 0) | (dup ? 8 : 0));
    }

    private PublishView(
        byte flags, ushort packetId, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> properties,
        ReadOnlySpan<byte> payload)
    {
        Topic = topic;
        Payload = payload;
        Properties = properties;
        PacketId = packetId;
        _flags = flags;
    }

    /// <summary>The topic name, UTF-8. Empty only in MQTT 5 when a topic alias stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; }

    /// <summary>The application message; may be empty.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>The validated MQTT 5 properties without their length, for a property reader.</summary>
    public ReadOnlySpan<byte> Properties { get; }

    /// <summary>Packet identifier, 1 to 65,535; 0 with QoS 0, which has none.</summary>
    public ushort PacketId { get; }

    public Qos Qos => (Qos)((_flags >> 1) & 3);

    public bool Retain => (_flags & 1) != 0;

    /// <summary>True when the sender says that it may have sent this packet before.</summary>
    public bool Dup => (_flags & 8) != 0;

    /// <summary>The low four bits of the first byte.</summary>
    public byte Flags => _flags;
}

/// <summary>
/// Receives a message on the read loop. It must copy what it keeps and should not block: the connection waits for it.
/// </summary>
public delegate void MqttMessageHandler(in PublishView message);
