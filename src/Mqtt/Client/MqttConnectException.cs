using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Client;

/// <summary>Why a connection could not be made.</summary>
public enum ConnectFailure
{
    /// <summary>No TCP connection: wrong host or port, or nothing listens there.</summary>
    Unreachable,

    /// <summary>The TLS handshake failed: certificate, name or protocol.</summary>
    Tls,

    /// <summary>No CONNACK within the time allowed.</summary>
    Timeout,

    /// <summary>The broker refused: see <see cref="MqttConnectException.Reason"/>.</summary>
    Refused,

    /// <summary>The other side does not speak MQTT as it should.</summary>
    Protocol,
}

/// <summary>One attempt to connect failed; the message names the broker and what to look at.</summary>
public sealed class MqttConnectException : Exception
{
    public MqttConnectException(
        ConnectFailure failure, string message, ReasonCode reason = ReasonCode.UnspecifiedError, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
        Reason = reason;
    }

    public ConnectFailure Failure { get; }

    /// <summary>The broker's reason code when it refused.</summary>
    public ReasonCode Reason { get; }
}
