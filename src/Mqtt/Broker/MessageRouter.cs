using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// Sessions, subscriptions and retained messages of one broker, and the way of a message from its publisher to the
/// outboxes of its subscribers. One lock guards all of it; no I/O happens under it.
/// </summary>
internal sealed partial class MessageRouter(MqttBrokerOptions options, LinkTally tally)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, Session> _sessions = [];
    private readonly SubscriptionTree _tree = new();
    private readonly RetainedStore _retained = new(options.MaxRetained, options.MaxRetainedBytes);
    private readonly List<Subscription> _matches = [];
    private readonly List<Session> _targets = [];
    private readonly PropertyScratch _properties = new();
    private readonly QueueStore _store = new(options.SharedQueueBytes);
    private long _stamp;
    private long _routed;
    private long _retainedRefused;
    private long _willsPublished;

    public (int Sessions, int Subscriptions, int Retained, long Routed, long RetainedRefused, long Wills) Counts
    {
        get
        {
            lock (_gate)
            {
                return (_sessions.Count, _tree.Count, _retained.Count, _routed, _retainedRefused, _willsPublished);
            }
        }
    }

    /// <summary>Bytes of the clients' common store that waiting messages use.</summary>
    public long QueueBytes => _store.UsedBytes;

    /// <summary>Hands a message to every subscriber. Returns to how many it was queued.</summary>
    public int Route(in PublishView message, Session? publisher)
    {
        lock (_gate)
        {
            return RouteLocked(message, publisher);
        }
    }

    /// <summary>Adds or replaces a subscription. Returns the SUBACK code; isNew is false when it was replaced.</summary>
    public ReasonCode Subscribe(
        Session session, ReadOnlySpan<byte> filter, SubscriptionOptions wanted, uint identifier, out bool isNew)
    {
        isNew = false;
        if (SubscriptionTree.Levels(filter) > SubscriptionTree.MaxLevels)
        {
            return ReasonCode.TopicFilterInvalid;
        }

        var granted = (Qos)Math.Min((byte)wanted.Qos, (byte)options.MaximumQos);
        lock (_gate)
        {
            var own = session.Subscriptions.GetAlternateLookup<ReadOnlySpan<byte>>();
            if (!own.TryGetValue(filter, out Subscription? subscription))
            {
                if (session.Subscriptions.Count >= options.SubscriptionsPerClient)
                {
                    return ReasonCode.QuotaExceeded;
                }

                isNew = true;
                subscription = new Subscription(session, filter.ToArray());
                session.Subscriptions.Add(subscription.Filter, subscription);
                _tree.Add(subscription);
            }

            subscription.Options = new SubscriptionOptions((byte)((wanted.Value & ~3) | (byte)granted));
            subscription.Identifier = identifier;
        }

        return (ReasonCode)granted;
    }

    /// <summary>Sends what is retained for a filter that was just subscribed to (MQTT 5 §3.3.1.3).</summary>
    public void SendRetained(Session session, ReadOnlySpan<byte> filter, bool isNew)
    {
        lock (_gate)
        {
            if (!session.Subscriptions.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(filter, out Subscription? s)
                || TopicFilter.IsShared(filter) || s.Options.RetainHandling == RetainHandling.DoNotSend
                || (s.Options.RetainHandling == RetainHandling.SendIfNew && !isNew))
            {
                return;
            }

            _retained.ForEachMatch(filter, Environment.TickCount64, (in PublishView message) =>
            {
                var qos = (Qos)Math.Min((byte)message.Qos, (byte)s.Options.Qos);
                Deliver(session, message, _properties.With(message.Properties, s.Identifier), qos, retain: true);
            });
        }
    }

    /// <summary>Removes a subscription; false when there was none.</summary>
    public bool Unsubscribe(Session session, ReadOnlySpan<byte> filter)
    {
        lock (_gate)
        {
            var own = session.Subscriptions.GetAlternateLookup<ReadOnlySpan<byte>>();
            if (!own.Remove(filter, out _, out Subscription? subscription))
            {
                return false;
            }

            _tree.Remove(subscription);
            return true;
        }
    }

    private int RouteLocked(in PublishView message, Session? publisher)
    {
        ReadOnlySpan<byte> properties = _properties.Without(message.Properties, PropertyId.TopicAlias);
        if (message.Retain && !_retained.TrySet(message, properties, Environment.TickCount64))
        {
            _retainedRefused++;
        }

        _matches.Clear();
        _targets.Clear();
        _stamp++;
        int delivered = 0;
        _tree.Match(message.Topic, _matches);
        foreach (Subscription match in _matches)
        {
            if (match.Options.NoLocal && match.Session == publisher)
            {
                continue;
            }

            if (TopicFilter.IsShared(match.Filter))
            {
                var qos = (Qos)Math.Min((byte)message.Qos, (byte)match.Options.Qos);
                bool retain = match.Options.RetainAsPublished && message.Retain;
                ReadOnlySpan<byte> own = _properties.With(properties, match.Identifier);
                delivered += Deliver(match.Session, message, own, qos, retain) ? 1 : 0;
            }
            else
            {
                Merge(match, message);
            }
        }

        foreach (Session target in _targets)
        {
            ReadOnlySpan<byte> own = _properties.With(properties, target.RouteIdentifiers);
            delivered += Deliver(target, message, own, target.RouteQos, target.RouteRetain) ? 1 : 0;
        }

        _routed += delivered;
        return delivered;
    }

    /// <summary>One copy for each client, at the highest QoS of its matching subscriptions (MQTT-3.3.4-2).</summary>
    private void Merge(Subscription match, in PublishView message)
    {
        Session session = match.Session;
        var qos = (Qos)Math.Min((byte)message.Qos, (byte)match.Options.Qos);
        bool retain = match.Options.RetainAsPublished && message.Retain;
        if (session.RouteStamp != _stamp)
        {
            session.RouteStamp = _stamp;
            session.RouteQos = qos;
            session.RouteRetain = retain;
            session.RouteIdentifiers.Clear();
            _targets.Add(session);
        }
        else
        {
            session.RouteQos = (Qos)Math.Max((byte)session.RouteQos, (byte)qos);
            session.RouteRetain |= retain;
        }

        if (match.Identifier != 0)
        {
            session.RouteIdentifiers.Add(match.Identifier);
        }
    }

    /// <summary>Queues one copy; 3.1.1 has no properties, and QoS 0 does not wait for a client that is away.</summary>
    private static bool Deliver(
        Session session, in PublishView message, ReadOnlySpan<byte> properties, Qos qos, bool retain)
    {
        if (qos == Qos.AtMostOnce && session.Connection is null)
        {
            return false;
        }

        var copy = new PublishView(
            message.Topic, message.Payload, qos, retain,
            properties: session.Outbox.Version == MqttVersion.V5 ? properties : default);
        return session.Outbox.Offer(copy) == OfferResult.Queued;
    }

    /// <summary>Publishes the will of a lost client, now.</summary>
    private void PublishWill(Session session)
    {
        Will? will = session.Will;
        session.Will = null;
        session.WillDueMs = 0;
        if (will is not null)
        {
            _willsPublished++;
            RouteLocked(
                new PublishView(will.Topic, will.Payload, will.Qos, will.Retain, properties: will.Properties), session);
        }
    }
}
