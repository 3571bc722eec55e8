using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Broker;

/// <summary>What a broker counts besides its links.</summary>
internal sealed class BrokerTally
{
    public long Accepted;
    public long Refused;
    public long LoginsRefused;
    public long PublishesRefused;
    public long SubscriptionsRefused;
    public long Revoked;
    public long RateExceeded;
    public long KeepAliveTimeouts;
    public long ControlOverflows;
    public long Stalled;
    public int Open;

    public LinkTally Links { get; } = new();
}
