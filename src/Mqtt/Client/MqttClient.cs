using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Client;

public sealed class MqttClient : IAsyncDisposable
{
    public MqttClient(MqttClientOptions options, MqttMessageHandler? onMessage = null, Action? onBatch = null) =>
        throw new NotSupportedException();

    public bool IsConnected => throw new NotSupportedException();

    public MqttClientCounters Counters => throw new NotSupportedException();

    /// <summary>Ends when the client was disconnected for good; faults when a handler threw.</summary>
    public Task Completion => throw new NotSupportedException();

    /// <summary>Raised with true after each CONNACK and with false after each loss.</summary>
    public event Action<bool>? ConnectionChanged { add { } remove { } }

    /// <summary>Connects, and from then on reconnects by itself. With keepTrying the first attempt may fail too.</summary>
    public Task ConnectAsync(bool keepTrying = false, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>QoS 0: completes when queued. QoS 1, 2: completes with the broker's acknowledgement.</summary>
    public ValueTask<ReasonCode> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false,
        CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <summary>Queues without waiting or allocating; false when dropped (and counted).</summary>
    public bool TryPublish(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false) =>
        throw new NotSupportedException();

    /// <summary>Completes with the SUBACK's code; remembered and repeated after each reconnect.</summary>
    public Task<ReasonCode> SubscribeAsync(
        string filter, Qos qos = Qos.AtMostOnce, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    public Task<ReasonCode> UnsubscribeAsync(string filter, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>Sends what is queued, then DISCONNECT; the will is not published.</summary>
    public Task DisconnectAsync(CancellationToken cancellation = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
