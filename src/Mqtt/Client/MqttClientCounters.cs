namespace CityBrain.Mqtt.Client;

/// <summary>What a client has counted since it was made. A snapshot: the fields are read one after the other.</summary>
public readonly record struct MqttClientCounters
{
    public long PacketsReceived { get; init; }

    public long BytesReceived { get; init; }

    public long PacketsSent { get; init; }

    public long BytesSent { get; init; }

    /// <summary>PUBLISH packets given to the handler.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages accepted for sending, of every QoS.</summary>
    public long MessagesQueued { get; init; }

    /// <summary>QoS 1 and 2 messages that the broker has acknowledged.</summary>
    public long MessagesAcknowledged { get; init; }

    /// <summary>QoS 2 messages received again before their PUBREL, and not given to the handler twice.</summary>
    public long DuplicatesReceived { get; init; }

    /// <summary>Messages sent again after a reconnect.</summary>
    public long MessagesResent { get; init; }

    /// <summary>Messages dropped because a queue was full.</summary>
    public long DroppedFull { get; init; }

    /// <summary>QoS 0 messages dropped because there was no connection.</summary>
    public long DroppedOffline { get; init; }

    /// <summary>Messages dropped because they are longer than the broker's or the queue's limit.</summary>
    public long DroppedOversize { get; init; }

    /// <summary>Packets from the broker that broke the protocol; each ended its connection.</summary>
    public long Malformed { get; init; }

    public long ConnectionsLost { get; init; }

    public long Reconnects { get; init; }

    /// <summary>Attempts to connect that failed.</summary>
    public long ConnectFailures { get; init; }
}
