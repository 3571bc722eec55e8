using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Broker;

/// <summary>The packets of a connected client.</summary>
internal sealed partial class BrokerPeer
{
    /// <summary>Topic aliases that a client may use (MQTT 5 §3.3.2.3.4).</summary>
    private const int MaxTopicAlias = 64;

    private byte[]?[]? _aliases;

    protected override ReasonCode OnPublish(in PublishView message)
    {
        if (_session is null)
        {
            return ReasonCode.ProtocolError;
        }

        if (!_rate.TryTake(LastReadMs))
        {
            LinkTally.Add(ref tally.RateExceeded);
            return ReasonCode.MessageRateTooHigh;
        }

        if (message.Qos > options.MaximumQos)
        {
            return ReasonCode.QosNotSupported;
        }

        return message.Properties.IsEmpty ? Publish(message) : PublishWithProperties(message);
    }

    protected override ReasonCode OnPacket(in FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (_session is null)
        {
            bool first = header.Type == PacketType.Connect && !_sawConnect; // MQTT-3.1.0-1, MQTT-3.1.0-2
            return first ? OnConnect(header, body) : ReasonCode.ProtocolError;
        }

        return header.Type switch
        {
            PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp =>
                OnAck(header.Type, body),
            PacketType.Subscribe => OnSubscribe(body),
            PacketType.Unsubscribe => OnUnsubscribe(body),
            PacketType.PingReq => body.IsEmpty ? Answered(_session.Outbox.Send(PacketWriter.PingResp))
                : ReasonCode.MalformedPacket,
            PacketType.Disconnect => OnDisconnect(body),
            PacketType.Auth when Version == MqttVersion.V311 => ReasonCode.MalformedPacket,
            _ => ReasonCode.ProtocolError,
        };
    }

    private ReasonCode PublishWithProperties(in PublishView message)
    {
        if (PropertyReader.OffsetOf(message.Properties, PropertyId.SubscriptionIdentifier) >= 0)
        {
            return ReasonCode.ProtocolError; // MQTT-3.3.4-6
        }

        if (PropertyReader.OffsetOf(message.Properties, PropertyId.TopicAlias) < 0)
        {
            return Publish(message);
        }

        uint alias = PropertyReader.Find(message.Properties, PropertyId.TopicAlias, 0);
        if (alias is 0 or > MaxTopicAlias)
        {
            return ReasonCode.TopicAliasInvalid;
        }

        _aliases ??= new byte[MaxTopicAlias + 1][];
        if (!message.Topic.IsEmpty)
        {
            if (!message.Topic.SequenceEqual(_aliases[alias]))
            {
                _aliases[alias] = message.Topic.ToArray();
            }

            return Publish(message);
        }

        return _aliases[alias] is not { } topic ? ReasonCode.ProtocolError : Publish(new PublishView(
            topic, message.Payload, message.Qos, message.Retain, message.Dup, message.PacketId, message.Properties));
    }

    private ReasonCode Publish(in PublishView message)
    {
        Session session = _session!;
        if (_identity is { } publisher && !publisher.MayPublish(message.Topic))
        {
            return RefusePublish(message);
        }

        if (message.Qos == Qos.ExactlyOnce)
        {
            return PublishOnce(session, message);
        }

        _messages++;
        int reached = router.Route(message, session);
        if (message.Qos == Qos.AtMostOnce)
        {
            return ReasonCode.Success;
        }

        ReasonCode code = reached == 0 ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success;
        return Answered(session.Outbox.SendAck(PacketType.PubAck, message.PacketId, code));
    }

    /// <summary>QoS 2 as receiver: routed at the first PUBLISH, remembered until the PUBREL (MQTT 5 figure 4-3).</summary>
    private ReasonCode PublishOnce(Session session, in PublishView message)
    {
        ReasonCode code = ReasonCode.Success;
        if (!session.Received.Add(message.PacketId))
        {
            LinkTally.Add(ref tally.Links.DuplicatesReceived);
        }
        else if (session.Received.Count > options.ReceiveMaximum)
        {
            return ReasonCode.ReceiveMaximumExceeded;
        }
        else
        {
            _messages++;
            code = router.Route(message, session) == 0 ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success;
        }

        return Answered(session.Outbox.SendAck(PacketType.PubRec, message.PacketId, code));
    }

    /// <summary>
    /// The topic is not this client's to publish to. QoS 0 is dropped; QoS 1 and 2 are told so in 5. In 3.1.1 there is
    /// no way to tell (MQTT-3.3.5-2): the connection is closed, since an acknowledgement would be a lie.
    /// </summary>
    private ReasonCode RefusePublish(in PublishView message)
    {
        LinkTally.Add(ref tally.PublishesRefused);
        if (message.Qos == Qos.AtMostOnce)
        {
            return ReasonCode.Success;
        }

        if (Version == MqttVersion.V311)
        {
            return ReasonCode.NotAuthorized;
        }

        PacketType answer = message.Qos == Qos.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        return Answered(_session!.Outbox.SendAck(answer, message.PacketId, ReasonCode.NotAuthorized));
    }

    private ReasonCode OnAck(PacketType type, ReadOnlySpan<byte> body)
    {
        ReasonCode reason = AckView.TryParse(type, body, Version, out AckView ack);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        if (type != PacketType.PubRel)
        {
            return Answered(_session!.Outbox.OnAck(type, ack.PacketId, ack.Reason));
        }

        bool known = _session!.Received.Remove(ack.PacketId);
        return Answered(_session.Outbox.SendAck(
            PacketType.PubComp, ack.PacketId, known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound));
    }

    private ReasonCode OnSubscribe(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = SubscribeView.TryParse(PacketType.Subscribe, body, Version, out SubscribeView subscribe);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        Session session = _session!;
        uint identifier = PropertyReader.Find(subscribe.Properties, PropertyId.SubscriptionIdentifier, 0);
        var codes = new byte[subscribe.Count];
        var isNew = new bool[subscribe.Count];
        int i = 0;
        foreach (FilterView filter in subscribe)
        {
            ReasonCode code = MaySubscribe(filter.Filter)
                ? router.Subscribe(session, filter.Filter, filter.Options, identifier, out isNew[i])
                : ReasonCode.NotAuthorized;
            codes[i++] = Version == MqttVersion.V311 && code.IsError() ? (byte)ReasonCode.UnspecifiedError : (byte)code;
        }

        if (!SendSubAck(PacketType.SubAck, subscribe.PacketId, codes))
        {
            return Answered(false);
        }

        i = 0;
        foreach (FilterView filter in subscribe)
        {
            if (!((ReasonCode)codes[i]).IsError())
            {
                router.SendRetained(session, filter.Filter, isNew[i]);
            }

            i++;
        }

        return ReasonCode.Success;
    }

    private bool MaySubscribe(ReadOnlySpan<byte> filter)
    {
        if (_identity is null || _identity.MaySubscribe(filter))
        {
            return true;
        }

        LinkTally.Add(ref tally.SubscriptionsRefused);
        return false;
    }

    private ReasonCode OnUnsubscribe(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = SubscribeView.TryParse(PacketType.Unsubscribe, body, Version, out SubscribeView view);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        var codes = new byte[view.Count];
        int i = 0;
        foreach (FilterView filter in view)
        {
            bool had = router.Unsubscribe(_session!, filter.Filter);
            codes[i++] = (byte)(had ? ReasonCode.Success : ReasonCode.NoSubscriptionExisted);
        }

        return Answered(SendSubAck(PacketType.UnsubAck, view.PacketId, Version == MqttVersion.V5 ? codes : []));
    }

    private bool SendSubAck(PacketType type, ushort packetId, byte[] codes)
    {
        var ack = new SubAckView { PacketId = packetId, Codes = codes };
        var packet = new byte[PacketWriter.SubAckLength(ack, Version)];
        PacketWriter.WriteSubAck(packet, type, ack, Version);
        return _session!.Outbox.Send(packet);
    }

    private ReasonCode OnDisconnect(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = ReasonView.TryParse(PacketType.Disconnect, body, Version, out ReasonView packet);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        uint expiry = PropertyReader.Find(
            packet.Properties, PropertyId.SessionExpiryInterval, _session!.ExpirySeconds);
        if (expiry != 0 && _session.ExpirySeconds == 0)
        {
            return ReasonCode.ProtocolError; // §3.14.2.2.2: a session that was to end at once cannot be kept after all
        }

        _session.ExpirySeconds = Math.Min(expiry, (uint)Math.Min(uint.MaxValue - 1, options.MaxSessionExpiry.TotalSeconds));
        _keepWill = packet.Reason != ReasonCode.Success;
        Stopped = true;
        return ReasonCode.Success;
    }

    /// <summary>A client that lets its acknowledgements pile up is closed.</summary>
    private ReasonCode Answered(bool sent)
    {
        if (sent)
        {
            return ReasonCode.Success;
        }

        LinkTally.Add(ref tally.ControlOverflows);
        return ReasonCode.QuotaExceeded;
    }
}
