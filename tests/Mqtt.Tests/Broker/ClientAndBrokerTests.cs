using System.Text;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>Our client and our broker over real sockets.</summary>
public class ClientAndBrokerTests
{
    public static TheoryData<MqttVersion, Qos> All => new()
    {
        { MqttVersion.V311, Qos.AtMostOnce }, { MqttVersion.V311, Qos.AtLeastOnce }, { MqttVersion.V311, Qos.ExactlyOnce },
        { MqttVersion.V5, Qos.AtMostOnce }, { MqttVersion.V5, Qos.AtLeastOnce }, { MqttVersion.V5, Qos.ExactlyOnce },
    };

    [Theory]
    [MemberData(nameof(All))]
    public async Task Messages_arrive_once_and_in_order(MqttVersion version, Qos qos)
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        var options = new MqttClientOptions { Port = broker.Port, Version = version };
        var inbox = new Inbox();
        await using var subscriber = new MqttClient(options, inbox.Handle);
        await using var publisher = new MqttClient(options);
        await subscriber.ConnectAsync();
        await publisher.ConnectAsync();
        Assert.Equal((ReasonCode)qos, await subscriber.SubscribeAsync("city/+/loop/#", qos));

        for (int i = 0; i < 200; i++)
        {
            await publisher.PublishAsync($"city/7/loop/{i}", Encoding.UTF8.GetBytes($"n{i}"), qos);
        }

        Received[] got = await inbox.WaitAsync(200);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"n{i}"), got.Select(m => m.Payload));
        Assert.All(got, m => Assert.Equal(qos, m.Qos));
        Assert.Equal(200, broker.Counters.MessagesRouted);
        await Eventually.True(() => broker.Counters.MessagesReceived == 200, "the count of messages");
        Assert.Equal(0, broker.Counters.Malformed + broker.Counters.ProtocolErrors + broker.Counters.DroppedFull);
    }
}
