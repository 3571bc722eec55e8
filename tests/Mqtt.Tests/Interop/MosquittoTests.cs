using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests.Interop;

/// <summary>Our client with Debian's mosquitto, and mosquitto's clients with our broker.</summary>
public class MosquittoTests
{
    public static TheoryData<MqttVersion, Qos> Cases => new()
    {
        { MqttVersion.V311, Qos.AtMostOnce }, { MqttVersion.V311, Qos.AtLeastOnce }, { MqttVersion.V311, Qos.ExactlyOnce },
        { MqttVersion.V5, Qos.AtMostOnce }, { MqttVersion.V5, Qos.AtLeastOnce }, { MqttVersion.V5, Qos.ExactlyOnce },
    };

    [RealPartTheory("mosquitto", "mosquitto_pub", "mosquitto_sub")]
    [MemberData(nameof(Cases))]
    public async Task Our_client_with_their_broker_and_clients(MqttVersion version, Qos qos)
    {
        using Mosquitto mosquitto = await Mosquitto.StartAsync();
        var inbox = new Inbox();
        await using var client = new MqttClient(
            new MqttClientOptions { Port = mosquitto.Port, Version = version, ClientId = "ours" }, inbox.Handle);
        await client.ConnectAsync();
        Assert.Equal((ReasonCode)qos, await client.SubscribeAsync("to/ours/#", qos));
        using ForeignProcess publisher = Publish(mosquitto.Port, version, qos, "to/ours/街", "hello");
        await publisher.EndAsync();
        Received message = (await inbox.WaitAsync(1))[0];
        Assert.Equal(("to/ours/街", "hello", qos, false), (message.Topic, message.Payload, message.Qos, message.Retain));

        // Retained, so that it does not matter when their subscriber is ready.
        ReasonCode answer = await client.PublishAsync("to/theirs", "hi"u8.ToArray(), qos, retain: true);
        Assert.False(answer.IsError());
        await client.SubscribeAsync("to/theirs"); // its answer comes after the message was handled
        using ForeignProcess subscriber = Subscribe(mosquitto.Port, version, qos, "to/+", 1);
        Assert.Equal(["to/theirs hi"], await subscriber.EndAsync());
        Assert.Equal(0, client.Counters.Malformed);
    }

    [RealPartTheory("mosquitto_pub", "mosquitto_sub")]
    [MemberData(nameof(Cases))]
    public async Task Their_clients_with_our_broker(MqttVersion version, Qos qos)
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        using ForeignProcess subscriber = Subscribe(broker.Port, version, qos, "city/+/loop/#", 3);
        await Eventually.True(() => broker.Counters.Subscriptions == 1, "the subscription");
        foreach (string text in (string[])["one", "two", "three"])
        {
            using ForeignProcess publisher = Publish(broker.Port, version, qos, "city/7/loop/街", text);
            await publisher.EndAsync();
        }

        Assert.Equal(
            ["city/7/loop/街 one", "city/7/loop/街 two", "city/7/loop/街 three"], await subscriber.EndAsync());
        Assert.Equal(0, broker.Counters.Malformed + broker.Counters.ProtocolErrors);
    }

    [RealPartTheory("mosquitto")]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_cut_connection_to_their_broker_loses_nothing_acknowledged_and_shows_the_will(MqttVersion version)
    {
        using Mosquitto mosquitto = await Mosquitto.StartAsync();
        using var proxy = new CuttableProxy(mosquitto.Port);
        var inbox = new Inbox();
        var options = new MqttClientOptions
        {
            Port = mosquitto.Port, Version = version, ReconnectMin = TimeSpan.FromMilliseconds(10),
        };
        await using var watcher = new MqttClient(options, inbox.Handle);
        await using var unlucky = new MqttClient(options with
        {
            Port = proxy.Port, ClientId = "unlucky", CleanStart = false, SessionExpirySeconds = 60,
            Will = new MqttWill("will", "lost"u8.ToArray(), Qos.AtLeastOnce),
        });
        await watcher.ConnectAsync();
        await unlucky.ConnectAsync();
        await watcher.SubscribeAsync("will", Qos.AtLeastOnce);
        await watcher.SubscribeAsync("n", Qos.AtLeastOnce);
        var publishing = new List<Task<ReasonCode>>();
        for (int i = 0; i < 300; i++)
        {
            publishing.Add(unlucky.PublishAsync("n", System.Text.Encoding.ASCII.GetBytes($"{i}"), Qos.AtLeastOnce).AsTask());
            if (i % 100 == 50)
            {
                proxy.Cut();
                await Task.Delay(20);
            }
        }

        Assert.All(await Task.WhenAll(publishing), code => Assert.False(code.IsError()));
        await Eventually.True(
            () => inbox.All.Where(m => m.Topic == "n").Select(m => m.Payload).Distinct().Count() == 300, "all messages");
        await Eventually.True(() => inbox.All.Any(m => m is { Topic: "will", Payload: "lost" }), "the will");
        Assert.True(unlucky.Counters.Reconnects >= 1);
    }

    [RealPartFact("mosquitto")]
    public async Task Their_broker_refuses_a_wrong_password()
    {
        string file = Path.GetTempFileName();
        try
        {
            // An empty password file lets nobody in.
            using Mosquitto mosquitto = await Mosquitto.StartAsync(
                "user root", "allow_anonymous false", $"password_file {file}");
            await using var client = new MqttClient(
                new MqttClientOptions { Port = mosquitto.Port, UserName = "sensor", Password = "wrong" });
            MqttConnectException refused = await Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());
            Assert.Equal((ConnectFailure.Refused, ReasonCode.NotAuthorized), (refused.Failure, refused.Reason));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ForeignProcess Publish(int port, MqttVersion version, Qos qos, string topic, string text) =>
        ForeignProcess.Start(
            "mosquitto_pub", "-h", "127.0.0.1", "-p", $"{port}", "-V", Name(version), "-q", $"{(int)qos}", "-t", topic,
            "-m", text);

    private static ForeignProcess Subscribe(int port, MqttVersion version, Qos qos, string filter, int count) =>
        ForeignProcess.Start(
            "mosquitto_sub", "-h", "127.0.0.1", "-p", $"{port}", "-V", Name(version), "-q", $"{(int)qos}", "-t", filter,
            "-v", "-C", $"{count}", "-W", "50");

    private static string Name(MqttVersion version) => version == MqttVersion.V5 ? "mqttv5" : "mqttv311";
}
