using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Broker;

/// <summary>A will as it waits for its client to be lost.</summary>
internal sealed record Will(
    byte[] Topic, byte[] Payload, byte[] Properties, Qos Qos, bool Retain, uint DelaySeconds);

/// <summary>One client's subscription. A shared one belongs to a <see cref="ShareGroup"/>.</summary>
internal sealed class Subscription(Session session, byte[] filter)
{
    public Session Session { get; } = session;

    /// <summary>As asked for, with <c>$share/name/</c> if it is shared.</summary>
    public byte[] Filter { get; } = filter;

    public SubscriptionOptions Options { get; set; }

    /// <summary>Subscription identifier of MQTT 5; 0 for none.</summary>
    public uint Identifier { get; set; }
}

/// <summary>Whose session it is: a client id is one user's own, so nobody takes over or inherits another's session.</summary>
internal readonly record struct SessionKey(string? User, string ClientId);

/// <summary>
/// What the broker knows of one client id of one user, for as long as the session lives (MQTT 5 §4.1). Guarded by the router's
/// lock, except for the outbox, which has its own, and the received identifiers, which only the connection uses.
/// </summary>
internal sealed class Session(SessionKey key, Outbox outbox)
{
    public SessionKey Key { get; } = key;

    /// <summary>Who has it, with the rights that its subscriptions were granted by; null where nobody logs in.</summary>
    public MqttIdentity? Identity { get; set; }

    public Outbox Outbox { get; } = outbox;

    public ReceivedIds Received { get; } = new();

    public Dictionary<byte[], Subscription> Subscriptions { get; } = new(Utf8Comparer.Instance);

    /// <summary>Null while the client is away.</summary>
    public BrokerPeer? Connection { get; set; }

    /// <summary>Seconds that the session outlives its connection; <see cref="uint.MaxValue"/> without end.</summary>
    public uint ExpirySeconds { get; set; }

    /// <summary>When the session ends, in milliseconds of <see cref="Environment.TickCount64"/>, if away.</summary>
    public long EndsAtMs { get; set; }

    public Will? Will { get; set; }

    /// <summary>When a delayed will is due, in milliseconds of <see cref="Environment.TickCount64"/>; 0 for none.</summary>
    public long WillDueMs { get; set; }

    // Used by the router while it hands out one message, so that overlapping subscriptions give one copy.
    public long RouteStamp { get; set; }

    public Qos RouteQos { get; set; }

    public bool RouteRetain { get; set; }

    public List<uint> RouteIdentifiers { get; } = [];
}
