using System.Text;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Client;

/// <summary>What all connections of one client share and what outlives them.</summary>
internal sealed record ClientState(
    MqttClientOptions Options, Outbox Outbox, SubscriptionBook Subscriptions, ReceivedIds Received, LinkTally Tally,
    MqttMessageHandler? OnMessage, Action? OnBatch);

/// <summary>
/// The client's half of one connection as a machine without I/O: bytes go in by <see cref="PacketReceiver.Receive(ReadOnlySpan{byte})"/>,
/// what is to be sent lies in the outbox. <see cref="ClientConnection"/> moves the bytes over a stream; the storm moves
/// them over a simulated one.
/// </summary>
internal sealed class ClientPeer : PacketReceiver
{
    private readonly ClientState _state;
    private readonly bool _cleanStart;
    private bool _connected;
    private int _messages;

    public ClientPeer(ClientState state, bool cleanStart)
        : base(state.Options.MaxPacketBytes, state.Tally)
    {
        _state = state;
        _cleanStart = cleanStart;
        KeepAliveSeconds = state.Options.KeepAliveSeconds;
        Version = state.Options.Version;
    }

    /// <summary>The broker's answer to CONNECT; null before it came.</summary>
    public ReasonCode? Answer { get; private set; }

    /// <summary>What the broker said in its DISCONNECT, or Success.</summary>
    public ReasonCode CloseReason { get; private set; }

    /// <summary>As the broker wants it.</summary>
    public ushort KeepAliveSeconds { get; private set; }

    public MqttVersion SpokenVersion => Version;

    /// <summary>True when no further packet is to be handled.</summary>
    public bool IsStopped => Stopped;

    /// <summary>Messages handed over since the last call.</summary>
    public int TakeMessageCount()
    {
        int messages = _messages;
        _messages = 0;
        return messages;
    }

    /// <summary>The DISCONNECT with this reason.</summary>
    public byte[] EncodeDisconnect(ReasonCode reason)
    {
        var packet = new byte[4];
        int length = PacketWriter.WriteReason(
            packet, PacketType.Disconnect, new ReasonView { Reason = reason }, Version);
        return packet[..length];
    }

    /// <summary>The CONNECT that opens the connection.</summary>
    public byte[] EncodeConnect()
    {
        MqttClientOptions options = _state.Options;
        var properties = new PropertyWriter(new byte[32]);
        properties.Add(PropertyId.SessionExpiryInterval, options.SessionExpirySeconds);
        properties.Add(PropertyId.MaximumPacketSize, (uint)options.MaxPacketBytes);
        var willProperties = new PropertyWriter(new byte[8]);
        if (options.Will is { DelaySeconds: > 0 })
        {
            willProperties.Add(PropertyId.WillDelayInterval, options.Will.DelaySeconds);
        }

        bool clean = Version == MqttVersion.V5 ? _cleanStart : options.SessionExpirySeconds == 0;
        var connect = new ConnectView
        {
            Version = Version, CleanStart = clean, KeepAliveSeconds = options.KeepAliveSeconds,
            ClientId = Encoding.UTF8.GetBytes(options.ClientId), Properties = properties.Written,
            HasWill = options.Will is not null, WillQos = options.Will?.Qos ?? Qos.AtMostOnce,
            WillRetain = options.Will?.Retain ?? false, WillTopic = Encoding.UTF8.GetBytes(options.Will?.Topic ?? ""),
            WillPayload = options.Will is null ? default : options.Will.Payload.Span,
            WillProperties = willProperties.Written,
            HasUserName = options.UserName is not null, UserName = Encoding.UTF8.GetBytes(options.UserName ?? ""),
            HasPassword = options.Password is not null, Password = Encoding.UTF8.GetBytes(options.Password ?? ""),
        };
        var packet = new byte[PacketWriter.ConnectLength(connect)];
        PacketWriter.WriteConnect(packet, connect);
        return packet;
    }

    protected override ReasonCode OnPublish(in PublishView message)
    {
        if (!_connected || message.Topic.IsEmpty)
        {
            return _connected ? ReasonCode.TopicAliasInvalid : ReasonCode.ProtocolError; // no alias was allowed
        }

        if (message.Qos == Qos.ExactlyOnce && !_state.Received.Add(message.PacketId))
        {
            LinkTally.Add(ref _state.Tally.DuplicatesReceived);
        }
        else
        {
            _messages++;
            _state.OnMessage?.Invoke(message);
        }

        bool reads = message.Qos switch
        {
            Qos.AtLeastOnce => _state.Outbox.SendAck(PacketType.PubAck, message.PacketId),
            Qos.ExactlyOnce => _state.Outbox.SendAck(PacketType.PubRec, message.PacketId),
            _ => true,
        };
        return reads ? ReasonCode.Success : ReasonCode.QuotaExceeded;
    }

    protected override ReasonCode OnPacket(in FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (!_connected)
        {
            return header.Type == PacketType.ConnAck ? OnConnAck(body) : ReasonCode.ProtocolError;
        }

        return header.Type switch
        {
            PacketType.PubAck or PacketType.PubRec or PacketType.PubComp or PacketType.PubRel =>
                OnAck(header.Type, body),
            PacketType.SubAck or PacketType.UnsubAck => OnSubAck(header.Type, body),
            PacketType.PingResp => body.IsEmpty ? ReasonCode.Success : ReasonCode.MalformedPacket,
            PacketType.Disconnect when Version == MqttVersion.V5 => OnDisconnect(body),
            _ => ReasonCode.ProtocolError,
        };
    }

    private ReasonCode OnConnAck(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = ConnAckView.TryParse(body, Version, out ConnAckView ack);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        if (ack.Reason != ReasonCode.Success)
        {
            Stopped = true;
            Answer = ack.Reason;
            return ReasonCode.Success;
        }

        _connected = true;
        KeepAliveSeconds = (ushort)PropertyReader.Find(ack.Properties, PropertyId.ServerKeepAlive, KeepAliveSeconds);
        uint receiveMaximum = PropertyReader.Find(ack.Properties, PropertyId.ReceiveMaximum, ushort.MaxValue);
        uint maxPacket = PropertyReader.Find(ack.Properties, PropertyId.MaximumPacketSize, int.MaxValue);
        if (!ack.SessionPresent)
        {
            _state.Received.Clear();
            _state.Outbox.ForgetReleased();
        }

        _state.Outbox.Open(Version, (int)receiveMaximum, (int)Math.Min(maxPacket, int.MaxValue));
        _state.Subscriptions.OnConnected(ack.SessionPresent);
        Answer = ReasonCode.Success;
        return ReasonCode.Success;
    }

    private ReasonCode OnAck(PacketType type, ReadOnlySpan<byte> body)
    {
        ReasonCode reason = AckView.TryParse(type, body, Version, out AckView ack);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        bool reads = true;
        if (type == PacketType.PubRel)
        {
            bool known = _state.Received.Remove(ack.PacketId);
            reads = _state.Outbox.SendAck(
                PacketType.PubComp, ack.PacketId, known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound);
        }
        else
        {
            reads = _state.Outbox.OnAck(type, ack.PacketId, ack.Reason);
        }

        return reads ? ReasonCode.Success : ReasonCode.QuotaExceeded;
    }

    private ReasonCode OnSubAck(PacketType type, ReadOnlySpan<byte> body)
    {
        ReasonCode reason = SubAckView.TryParse(type, body, Version, out SubAckView ack);
        return reason != ReasonCode.Success ? reason
            : _state.Subscriptions.OnAck(ack) ? ReasonCode.Success : ReasonCode.ProtocolError;
    }

    private ReasonCode OnDisconnect(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = ReasonView.TryParse(PacketType.Disconnect, body, Version, out ReasonView packet);
        CloseReason = packet.Reason;
        Stopped = true;
        return reason;
    }
}
