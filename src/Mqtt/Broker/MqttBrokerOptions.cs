using System.Net;
using System.Security.Cryptography.X509Certificates;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Broker;

/// <summary>Who asks to come in.</summary>
/// <param name="ClientId">As sent, or as the broker chose it.</param>
/// <param name="UserName">Null when none was sent.</param>
/// <param name="Password">Empty when none was sent; valid during the call only.</param>
/// <param name="RemoteEndPoint">Null for a connection that is not a socket.</param>
/// <param name="Certificate">The client's, checked against the broker's authorities; null when it showed none.</param>
public readonly record struct MqttLogin(
    string ClientId, string? UserName, ReadOnlyMemory<byte> Password, EndPoint? RemoteEndPoint,
    X509Certificate2? Certificate = null);

/// <summary>TLS of a broker, version 1.2 or 1.3.</summary>
/// <param name="Certificate">The broker's own, with its private key.</param>
public sealed record MqttBrokerTls(X509Certificate2 Certificate)
{
    /// <summary>Certificates between the broker's own and the one that clients trust.</summary>
    public X509Certificate2Collection? Chain { get; init; }

    /// <summary>Who may have issued a client's certificate; null asks clients for none.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>True refuses clients without a certificate; needs <see cref="ClientAuthorities"/>.</summary>
    public bool RequireClientCertificate { get; init; }
}

/// <summary>Where the embedded broker listens and what it allows. Every limit is per broker or per client, and counted.</summary>
public sealed record MqttBrokerOptions
{
    /// <summary>0 takes any free port: read it from <see cref="MqttBroker.Port"/>.</summary>
    public int Port { get; init; } = 1883;

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Null for plain TCP.</summary>
    public MqttBrokerTls? Tls { get; init; }

    /// <summary>Who is let in, and as whom. Called from any thread. Null lets everyone in and allows everything.</summary>
    public Func<MqttLogin, MqttAdmission>? Authenticate { get; init; }

    /// <summary>
    /// Clients at the same time. Each needs a file descriptor, and some kilobytes (docs/RELIABILITY.md has the figure).
    /// </summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>Largest packet to accept, in bytes (MQTT 5 Maximum Packet Size).</summary>
    public int MaxPacketBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of QoS 0 messages that may wait for one client; beyond, the oldest are dropped and counted.</summary>
    public int QueueBytesPerClient { get; init; } = 4 << 20;

    /// <summary>QoS 1 and 2 messages that may wait for one client's acknowledgement; more are dropped and counted.</summary>
    public int InFlightPerClient { get; init; } = 4096;

    /// <summary>Bytes of QoS 1 and 2 messages that may wait for one client's acknowledgement.</summary>
    public int InFlightBytesPerClient { get; init; } = 16 << 20;

    /// <summary>
    /// Bytes that may wait for all clients together, beyond 16 KiB in each one's queues: who does not read cannot
    /// make the broker keep more. Without room in it a client's queue is full.
    /// </summary>
    public long SharedQueueBytes { get; init; } = 64L << 20;

    /// <summary>QoS 1 and 2 messages a client may have unacknowledged towards the broker (MQTT 5 Receive Maximum).</summary>
    public ushort ReceiveMaximum { get; init; } = 1024;

    /// <summary>Messages a second from one client, averaged over a second; 0 for no limit.</summary>
    public int MessagesPerSecondPerClient { get; init; }

    public int SubscriptionsPerClient { get; init; } = 1000;

    public int MaxRetained { get; init; } = 100_000;

    public long MaxRetainedBytes { get; init; } = 256L << 20;

    /// <summary>Sessions, of clients that are there and that are away.</summary>
    public int MaxSessions { get; init; } = 40_000;

    /// <summary>Longest time that a session outlives its connection, whatever the client asks.</summary>
    public TimeSpan MaxSessionExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Time from accepting the connection to its CONNECT.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A client for which something waits and that takes nothing for so long is cut off, but for one inside this process.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Highest QoS to grant.</summary>
    public Qos MaximumQos { get; init; } = Qos.ExactlyOnce;
}
