using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Broker;

public sealed class MqttBroker : IAsyncDisposable
{
    private MqttBroker() => throw new NotSupportedException();

    /// <summary>The port in use, also when 0 was asked for.</summary>
    public int Port => throw new NotSupportedException();

    public MqttBrokerCounters Counters => throw new NotSupportedException();

    /// <exception cref="MqttPortBusyException">Another program has the port.</exception>
    public static Task<MqttBroker> StartAsync(MqttBrokerOptions options, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    /// <summary>Publishes from inside the process, without a socket. Returns the number of subscribers it was queued for.</summary>
    public int Publish(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
