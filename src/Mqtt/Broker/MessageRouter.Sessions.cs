using System.Runtime.InteropServices;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Broker;

/// <summary>What came of a client's wish to have a session.</summary>
internal enum AttachResult
{
    /// <summary>A new session.</summary>
    Fresh,

    /// <summary>The session it had before, with what waits in it.</summary>
    Resumed,

    /// <summary>Another connection still has the session; it must end first.</summary>
    Occupied,

    /// <summary>The broker keeps as many sessions as it may.</summary>
    Refused,
}

/// <summary>Sessions: their beginning, take-over, end and expiry (MQTT 5 §3.1.2.4, §3.1.2.11.2, §4.1).</summary>
internal sealed partial class MessageRouter
{
    private readonly List<Session> _due = [];
    private long _nextRetainedSweepMs;

    /// <summary>
    /// Gives a connection its session. On success the session is the connection's and its will is cancelled; on
    /// <see cref="AttachResult.Occupied"/> <paramref name="session"/> is the one in use.
    /// </summary>
    public AttachResult Attach(
        SessionKey key, bool cleanStart, MqttVersion version, BrokerPeer connection, out Session session)
    {
        lock (_gate)
        {
            bool found = _sessions.TryGetValue(key, out Session? old);
            if (found && old!.Connection is not null)
            {
                session = old;
                return AttachResult.Occupied;
            }

            // What waits is encoded in the old session's version and was granted by the rights of then: a client that
            // comes back with others begins anew.
            if (found && !cleanStart && old!.Outbox.Version == version
                && MqttIdentity.HaveSameRights(old.Identity, connection.Identity))
            {
                session = old;
                session.Will = null;
                session.WillDueMs = 0;
                session.Connection = connection;
                return AttachResult.Resumed;
            }

            if (found)
            {
                End(old!);
            }

            // QoS 0 is for states: to who does not keep up the newest is worth most. The brain inside this process
            // has room of its own, whatever others make the broker keep.
            var limits = new OutboxLimits(options.QueueBytesPerClient, options.InFlightPerClient,
                options.InFlightBytesPerClient, DropOldest: true, connection.IsInside ? null : _store);
            session = new Session(key, new Outbox(limits, tally, version)) { Connection = connection };
            if (_sessions.Count >= options.MaxSessions)
            {
                return AttachResult.Refused;
            }

            _sessions.Add(key, session);
            return AttachResult.Fresh;
        }
    }

    /// <summary>
    /// The session's connection is gone. <paramref name="publishWill"/> is false after a DISCONNECT that cancels it.
    /// </summary>
    public void Detach(Session session, bool publishWill, long nowMs)
    {
        lock (_gate)
        {
            session.Connection = null;
            session.Outbox.Close();
            session.Outbox.ForgetTaken();
            session.EndsAtMs = session.ExpirySeconds == uint.MaxValue
                ? long.MaxValue
                : nowMs + (session.ExpirySeconds * 1000L);
            if (!publishWill)
            {
                session.Will = null;
            }
            else if (session.Will is { DelaySeconds: > 0 } will && session.ExpirySeconds > 0)
            {
                session.WillDueMs = nowMs + (will.DelaySeconds * 1000L);
            }
            else
            {
                PublishWill(session);
            }

            if (session.ExpirySeconds == 0)
            {
                End(session);
            }
        }
    }

    /// <summary>Publishes delayed wills that are due and ends sessions whose time is over.</summary>
    public void Sweep(long nowMs)
    {
        lock (_gate)
        {
            _due.Clear();
            foreach (Session session in _sessions.Values)
            {
                bool away = session.Connection is null;
                if (away && (session.EndsAtMs <= nowMs || (session.WillDueMs != 0 && session.WillDueMs <= nowMs)))
                {
                    _due.Add(session);
                }
            }

            foreach (Session session in _due)
            {
                PublishWill(session);
                if (session.EndsAtMs <= nowMs)
                {
                    End(session);
                }
            }

            if (nowMs >= _nextRetainedSweepMs)
            {
                _nextRetainedSweepMs = nowMs + 10_000;
                _retained.Sweep(nowMs);
            }
        }
    }

    /// <summary>Forgets a session. A will that still waits is published at the latest now (MQTT-3.1.3-9).</summary>
    private void End(Session session)
    {
        PublishWill(session);
        foreach (Subscription subscription in session.Subscriptions.Values)
        {
            _tree.Remove(subscription);
        }

        session.Subscriptions.Clear();
        session.Outbox.Abandon(ReasonCode.UnspecifiedError);
        if (_sessions.TryGetValue(session.Key, out Session? current) && current == session)
        {
            _sessions.Remove(session.Key);
        }
    }
}
