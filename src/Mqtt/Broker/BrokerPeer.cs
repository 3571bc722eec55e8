using System.Net;
using System.Security.Cryptography.X509Certificates;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Broker;

/// <summary>Where a connection comes from.</summary>
/// <param name="Remote">Null for what is no socket.</param>
/// <param name="Certificate">The client's, already checked; null without one.</param>
/// <param name="Identity">Who it is, where that is known beforehand; null lets the login decide.</param>
internal readonly record struct PeerOrigin(
    EndPoint? Remote = null, X509Certificate2? Certificate = null, MqttIdentity? Identity = null);

/// <summary>
/// The broker's half of one connection as a machine without I/O: bytes go in by <see cref="PacketReceiver.Receive(ReadOnlySpan{byte})"/>,
/// what is to be sent lies in the session's outbox. <see cref="BrokerConnection"/> moves the bytes over a socket; the
/// storm moves them over a simulated one.
/// </summary>
internal sealed partial class BrokerPeer(
    MqttBrokerOptions options, MessageRouter router, BrokerTally tally, PeerOrigin origin, Action<ReasonCode> abort)
    : PacketReceiver(options.MaxPacketBytes, tally.Links)
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Session? _session;
    private TokenBucket _rate = new(options.MessagesPerSecondPerClient, Environment.TickCount64);
    private MqttIdentity? _identity = origin.Identity;
    private bool _isAdmitted = origin.Identity is not null;
    private bool _keepWill = true;
    private int _messages;

    /// <summary>What the CONNECT asked for, once it was read.</summary>
    public ConnectRequest? Request { get; private set; }

    /// <summary>Why <see cref="TryEnter"/> refused.</summary>
    public ReasonCode Refusal { get; private set; }

    /// <summary>What is to be sent; null before the client was let in.</summary>
    public Outbox? Outbox => _session?.Outbox;

    /// <summary>Instant of the last bytes, milliseconds of <see cref="Environment.TickCount64"/>; set by who moves them.</summary>
    public long LastReadMs { get; set; } = Environment.TickCount64;

    /// <summary>Who the client is, once it was let in; null where nobody logs in.</summary>
    public MqttIdentity? Identity => _identity;

    /// <summary>True for a client inside this process, that is known without logging in.</summary>
    public bool IsInside => origin.Identity is not null;

    /// <summary>True once what the client was let in for has been taken back.</summary>
    public bool IsRevoked => _identity is { IsRevoked: true };

    /// <summary>True when no further packet is to be handled.</summary>
    public bool IsStopped => Stopped;

    /// <summary>Ends when the connection is over and its session is free again.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Makes the connection end with this reason; from any thread.</summary>
    public void Abort(ReasonCode reason) => abort(reason);

    /// <summary>Messages taken since the last call.</summary>
    public int TakeMessageCount()
    {
        int messages = _messages;
        _messages = 0;
        return messages;
    }

    /// <summary>The DISCONNECT with this reason, as far as the protocol lets a broker say goodbye.</summary>
    public void SayGoodbye(ReasonCode reason)
    {
        if (reason == ReasonCode.Success || Version != MqttVersion.V5)
        {
            return;
        }

        var packet = new ReasonView { Reason = reason };
        var bytes = new byte[PacketWriter.ReasonLength(packet, MqttVersion.V5)];
        PacketWriter.WriteReason(bytes, PacketType.Disconnect, packet, MqttVersion.V5);
        _session?.Outbox.Send(bytes);
    }

    /// <summary>The connection is over: frees the session and lets a take-over go on.</summary>
    public void Leave(long nowMs)
    {
        if (_session is { } session)
        {
            router.Detach(session, _keepWill, nowMs);
        }

        _finished.TrySetResult();
    }
}
