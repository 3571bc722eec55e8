using System.Text;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Broker;

/// <summary>CONNECT and CONNACK (MQTT 5 §3.1.4, §3.2).</summary>
internal sealed partial class BrokerPeer
{
    private bool _sawConnect;
    private string? _clientId;

    private ReasonCode OnConnect(in FixedHeader header, ReadOnlySpan<byte> body)
    {
        _sawConnect = true;
        ReasonCode reason = ConnectView.TryParse(body, out MqttVersion version, out ConnectView connect);
        Version = version;
        if (reason == ReasonCode.Success && version == MqttVersion.V5 && !header.IsMinimal)
        {
            reason = ReasonCode.MalformedPacket;
        }

        if (reason == ReasonCode.Success)
        {
            Request = ConnectRequest.From(connect);
            Stopped = true; // the rest needs to wait: for the session, perhaps for its former connection
        }

        return reason;
    }

    /// <summary>
    /// Checks who comes, gives it its session and answers. False when refused, which <see cref="Refusal"/> then
    /// explains, or when another connection still has the session: <paramref name="former"/> must leave first.
    /// </summary>
    public bool TryEnter(out BrokerPeer? former)
    {
        ConnectRequest request = Request!;
        former = null;
        _clientId ??= request.ClientId.Length > 0 ? request.ClientId : "auto-" + Guid.NewGuid().ToString("N");
        Refusal = Judge(request, _clientId);
        if (Refusal != ReasonCode.Success)
        {
            return false;
        }

        AttachResult result = router.Attach(
            new SessionKey(_identity?.Name, _clientId), request.CleanStart, request.Version, this, out Session session);
        if (result is AttachResult.Occupied or AttachResult.Refused)
        {
            former = result == AttachResult.Occupied ? session.Connection : null;
            Refusal = result == AttachResult.Refused ? ReasonCode.QuotaExceeded : ReasonCode.ServerBusy;
            return false;
        }

        _session = session;
        session.Identity = _identity;
        var longest = (uint)Math.Min(uint.MaxValue - 1, options.MaxSessionExpiry.TotalSeconds);
        session.ExpirySeconds = Math.Min(request.ExpirySeconds, longest);
        session.Will = request.Will;
        if (result == AttachResult.Fresh)
        {
            session.Received.Clear();
        }

        session.Outbox.Open(request.Version, request.ReceiveMaximum, request.MaxPacketBytes, Accept(request, result));
        LinkTally.Add(ref tally.Accepted);
        Stopped = false;
        return true;
    }

    private ReasonCode Judge(ConnectRequest request, string clientId)
    {
        if (request.HasAuthMethod)
        {
            return ReasonCode.BadAuthenticationMethod;
        }

        if (request is { Version: MqttVersion.V311, CleanStart: false, ClientId.Length: 0 })
        {
            return ReasonCode.ClientIdentifierNotValid; // MQTT-3.1.3-8 of 3.1.1
        }

        if (Volatile.Read(ref tally.Open) > options.MaxConnections)
        {
            return ReasonCode.QuotaExceeded;
        }

        if (request.Will is not null && request.Will.Qos > options.MaximumQos)
        {
            return ReasonCode.QosNotSupported;
        }

        ReasonCode reason = Admit(request, clientId);
        if (reason == ReasonCode.Success && request.Will is not null && _identity?.MayPublish(request.Will.Topic) == false)
        {
            LinkTally.Add(ref tally.PublishesRefused);
            return ReasonCode.NotAuthorized;
        }

        return reason;
    }

    /// <summary>Asks who this is, once; a take-over may let <see cref="TryEnter"/> come here again.</summary>
    private ReasonCode Admit(ConnectRequest request, string clientId)
    {
        if (_isAdmitted || options.Authenticate is null)
        {
            return ReasonCode.Success;
        }

        MqttAdmission admission = options.Authenticate(
            new MqttLogin(clientId, request.UserName, request.Password, origin.Remote, origin.Certificate));
        if (admission.Reason != ReasonCode.Success)
        {
            LinkTally.Add(ref tally.LoginsRefused);
            return request.Version == MqttVersion.V311 && admission.Reason == ReasonCode.BadUserNameOrPassword
                ? ReasonCode.NotAuthorized // code 4 of 3.1.1 is for what is malformed
                : admission.Reason;
        }

        _identity = admission.Identity;
        _isAdmitted = true;
        return ReasonCode.Success;
    }

    private byte[] Accept(ConnectRequest request, AttachResult result)
    {
        var properties = new PropertyWriter(new byte[128]);
        if (request.Version == MqttVersion.V5)
        {
            properties.Add(PropertyId.ReceiveMaximum, options.ReceiveMaximum);
            properties.Add(PropertyId.MaximumPacketSize, (uint)options.MaxPacketBytes);
            properties.Add(PropertyId.TopicAliasMaximum, MaxTopicAlias);
            if (options.MaximumQos != Qos.ExactlyOnce)
            {
                properties.Add(PropertyId.MaximumQos, (uint)options.MaximumQos);
            }

            if (request.ClientId.Length == 0)
            {
                properties.Add(PropertyId.AssignedClientIdentifier, Encoding.UTF8.GetBytes(_clientId!));
            }

            if (_session!.ExpirySeconds != request.ExpirySeconds)
            {
                properties.Add(PropertyId.SessionExpiryInterval, _session.ExpirySeconds);
            }
        }

        return EncodeConnAck(new ConnAckView
        {
            SessionPresent = result == AttachResult.Resumed, Properties = properties.Written,
        });
    }

    /// <summary>
    /// The CONNACK that refuses; empty where there is none to send. A 3.1.1 client whose CONNECT was malformed, and
    /// anyone who sent something else first, gets no answer (MQTT-3.1.4-1 of 3.1.1, §4.13 of 5).
    /// </summary>
    public byte[] RefusalPacket(ReasonCode reason)
    {
        bool malformed = Failure is not (ReasonCode.Success or ReasonCode.UnsupportedProtocolVersion);
        bool answers = _sawConnect && reason != ReasonCode.Success && !(malformed && Version == MqttVersion.V311);
        return answers ? EncodeConnAck(new ConnAckView { Reason = reason }) : [];
    }

    private byte[] EncodeConnAck(in ConnAckView ack)
    {
        var packet = new byte[PacketWriter.ConnAckLength(ack, Version)];
        PacketWriter.WriteConnAck(packet, ack, Version);
        return packet;
    }
}
