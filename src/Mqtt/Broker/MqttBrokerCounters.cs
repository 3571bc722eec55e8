namespace CityBrain.Mqtt.Broker;

/// <summary>What a broker has counted since it started. A snapshot: the fields are read one after the other.</summary>
public readonly record struct MqttBrokerCounters
{
    public int ConnectionsOpen { get; init; }

    public long ConnectionsAccepted { get; init; }

    /// <summary>Connections refused by CONNACK, or closed before a CONNECT was complete.</summary>
    public long ConnectionsRefused { get; init; }

    /// <summary>Of those refused: user name, password or certificate.</summary>
    public long LoginsRefused { get; init; }

    /// <summary>Messages and wills that their sender was not allowed to publish.</summary>
    public long PublishesRefused { get; init; }

    /// <summary>Subscriptions that were not allowed.</summary>
    public long SubscriptionsRefused { get; init; }

    /// <summary>Connections closed because what they had been let in for was taken back.</summary>
    public long Revoked { get; init; }

    public int Sessions { get; init; }

    public int Subscriptions { get; init; }

    public int Retained { get; init; }

    /// <summary>Complete packets taken from the wire, the broken ones included.</summary>
    public long PacketsReceived { get; init; }

    public long BytesReceived { get; init; }

    public long PacketsSent { get; init; }

    public long BytesSent { get; init; }

    /// <summary>Messages taken in, each once, whatever its QoS and however many subscribers it has.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages queued for a subscriber.</summary>
    public long MessagesRouted { get; init; }

    /// <summary>QoS 2 messages received again before their PUBREL, and not routed twice.</summary>
    public long DuplicatesReceived { get; init; }

    /// <summary>Messages dropped because a subscriber's queue was full.</summary>
    public long DroppedFull { get; init; }

    /// <summary>Messages dropped because they exceed a subscriber's maximum packet size.</summary>
    public long DroppedOversize { get; init; }

    /// <summary>Messages dropped because their expiry passed while they waited.</summary>
    public long DroppedExpired { get; init; }

    /// <summary>Retained messages refused because the store was full.</summary>
    public long RetainedRefused { get; init; }

    /// <summary>Packets that could not be decoded (0x81, 0x95); each closed its connection.</summary>
    public long Malformed { get; init; }

    /// <summary>Well-formed packets that broke a rule (0x82 and its relatives); each closed its connection.</summary>
    public long ProtocolErrors { get; init; }

    /// <summary>Connections closed for sending faster than allowed (0x96).</summary>
    public long RateExceeded { get; init; }

    /// <summary>Connections closed because the client was silent for 1.5 times its keep-alive.</summary>
    public long KeepAliveTimeouts { get; init; }

    /// <summary>Connections closed because the client did not read its acknowledgements.</summary>
    public long ControlOverflows { get; init; }

    /// <summary>Connections closed because the client had taken nothing for too long while something waited for it.</summary>
    public long Stalled { get; init; }

    /// <summary>Bytes of the store that all clients share which are in use by waiting messages.</summary>
    public long SharedQueueBytes { get; init; }

    public long WillsPublished { get; init; }
}
