using System.Net;

namespace CityBrain.Mqtt.Broker;

/// <summary>The broker cannot listen: another program has the port.</summary>
public sealed class MqttPortBusyException : Exception
{
    public MqttPortBusyException(IPEndPoint endPoint, Exception inner)
        : base($"Port {endPoint.Port} on {endPoint.Address} is already in use by another program.", inner) =>
        EndPoint = endPoint;

    public IPEndPoint EndPoint { get; }
}
