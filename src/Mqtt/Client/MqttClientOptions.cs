using System.Globalization;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Client;

/// <summary>What happens to a QoS 0 message when the outgoing queue is full.</summary>
public enum OverflowPolicy
{
    /// <summary>The new message is dropped and counted.</summary>
    DropNewest,

    /// <summary>The oldest queued messages are dropped and counted until the new one fits.</summary>
    DropOldest,

    /// <summary><c>PublishAsync</c> waits for room; <c>TryPublish</c> drops the new message and counts it.</summary>
    Wait,
}

/// <summary>The message that the broker publishes when this client is lost (MQTT 5 §3.1.2.5).</summary>
public sealed record MqttWill(
    string Topic, ReadOnlyMemory<byte> Payload, Qos Qos = Qos.AtMostOnce, bool Retain = false, uint DelaySeconds = 0);

/// <summary>
/// TLS of a client. The server's certificate is always checked: against <see cref="CaFile"/> where one is given,
/// against the machine's store otherwise.
/// </summary>
public sealed record MqttTls
{
    /// <summary>PEM file with the certificate authorities to trust instead of the machine's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The name the certificate must carry, where it is not the host connected to.</summary>
    public string? ServerName { get; init; }

    /// <summary>PEM file of the client's own certificate, with <see cref="ClientKeyFile"/>.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file of the client certificate's private key.</summary>
    public string? ClientKeyFile { get; init; }
}

/// <summary>How a client connects, how much it may queue and how it comes back.</summary>
public sealed record MqttClientOptions
{
    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 1883;

    public MqttVersion Version { get; init; } = MqttVersion.V5;

    /// <summary>Empty lets the broker choose one (with <see cref="CleanStart"/> only).</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Ask the broker to forget an earlier session of this client id on the first connection.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>
    /// Seconds that the broker keeps the session after a lost connection; 0 forgets it at once. In 3.1.1 any value
    /// but 0 clears the clean-session flag.
    /// </summary>
    public uint SessionExpirySeconds { get; init; }

    /// <summary>Seconds without a packet before a PINGREQ; 0 switches keep-alive off.</summary>
    public ushort KeepAliveSeconds { get; init; } = 30;

    public string? UserName { get; init; }

    public string? Password { get; init; }

    public MqttWill? Will { get; init; }

    /// <summary>Null for plain TCP.</summary>
    public MqttTls? Tls { get; init; }

    /// <summary>
    /// Opens the byte stream instead of TCP and TLS, for a broker in the same process; asked again at each reconnect.
    /// </summary>
    public Func<Stream>? Open { get; init; }

    /// <summary>Longest time for one attempt: TCP, TLS and CONNACK together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First delay before a reconnect; it doubles with each failure, with jitter.</summary>
    public TimeSpan ReconnectMin { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Bytes of encoded QoS 0 messages that may wait for the socket.</summary>
    public int QueueBytes { get; init; } = 4 << 20;

    public OverflowPolicy Overflow { get; init; } = OverflowPolicy.DropNewest;

    /// <summary>QoS 1 and 2 messages that may wait for their acknowledgement, sent or not; at most 32,767.</summary>
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>Bytes of encoded QoS 1 and 2 messages that may wait for their acknowledgement.</summary>
    public int InFlightBytes { get; init; } = 16 << 20;

    /// <summary>Largest packet to accept, in bytes; a larger one ends the connection.</summary>
    public int MaxPacketBytes { get; init; } = 1 << 20;

    /// <summary>First size of the receive buffer, in bytes; it grows up to <see cref="MaxPacketBytes"/>.</summary>
    public int ReceiveBufferBytes { get; init; } = 256 << 10;

    /// <summary>The broker's address; never a password.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Tls is null ? "mqtt" : "mqtts")}://{Host}:{Port}");

    /// <summary>
    /// Options from <c>mqtt://user:password@host:port</c>, or <c>mqtts://</c> for TLS (default ports 1883 and 8883).
    /// </summary>
    /// <exception cref="FormatException">Not such an address.</exception>
    public static MqttClientOptions FromUri(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0
            || uri.Scheme is not ("mqtt" or "mqtts"))
        {
            throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"'{address[(address.LastIndexOf('@') + 1)..]}' is not an address like mqtt://host:1883 or mqtts://host:8883"));
        }

        bool tls = uri.Scheme == "mqtts";
        string[] user = uri.UserInfo.Split(':', 2);
        return new MqttClientOptions
        {
            Host = uri.IdnHost,
            Port = uri.Port > 0 ? uri.Port : tls ? 8883 : 1883,
            Tls = tls ? new MqttTls() : null,
            UserName = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        };
    }
}
