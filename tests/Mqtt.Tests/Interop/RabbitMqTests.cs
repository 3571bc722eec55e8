using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests.Interop;

/// <summary>
/// Our client with RabbitMQ's MQTT plugin, which has no QoS 2, and MQTT 5 from version 3.13 on only
/// (RabbitMQ's documentation, "MQTT Plugin").
/// </summary>
public sealed class RabbitMqTests(RabbitMq rabbit) : IClassFixture<RabbitMq>
{
    private static readonly Version FirstWith5 = new(3, 13);

    private MqttClientOptions Options(string id, MqttVersion version = MqttVersion.V311) =>
        new() { Port = rabbit.Port, Version = version, ClientId = id, ReconnectMin = TimeSpan.FromMilliseconds(10) };

    [RealPartTheory("rabbitmq-server", "epmd")]
    [InlineData(Qos.AtMostOnce)]
    [InlineData(Qos.AtLeastOnce)]
    public async Task Messages_come_back_in_their_order(Qos qos)
    {
        var inbox = new Inbox();
        await using var client = new MqttClient(Options($"order{qos}"), inbox.Handle);
        await client.ConnectAsync();
        Assert.Equal((ReasonCode)qos, await client.SubscribeAsync($"order{qos}/+/街", qos));
        for (int i = 0; i < 100; i++)
            Assert.False((await client.PublishAsync($"order{qos}/1/街", System.Text.Encoding.ASCII.GetBytes($"{i}"), qos)).IsError());
        Received[] got = await inbox.WaitAsync(100);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), got.Select(m => m.Payload));
        Assert.All(got, m => Assert.Equal(($"order{qos}/1/街", qos), (m.Topic, m.Qos)));
        Assert.Equal(0, client.Counters.Malformed);
    }

    [RealPartFact("rabbitmq-server", "epmd")]
    public async Task A_subscription_with_qos_2_is_granted_1()
    {
        var inbox = new Inbox();
        await using var client = new MqttClient(Options("two"), inbox.Handle);
        await client.ConnectAsync();
        Assert.Equal(ReasonCode.GrantedQos1, await client.SubscribeAsync("two", Qos.ExactlyOnce));
        await client.PublishAsync("two", "x"u8.ToArray(), Qos.AtLeastOnce);
        Assert.Equal(Qos.AtLeastOnce, (await inbox.WaitAsync(1))[0].Qos);
    }

    [RealPartFact("rabbitmq-server", "epmd")]
    public async Task A_cut_connection_loses_nothing_acknowledged_and_shows_the_will()
    {
        using var proxy = new CuttableProxy(rabbit.Port);
        var inbox = new Inbox();
        await using var watcher = new MqttClient(Options("watcher"), inbox.Handle);
        await using var unlucky = new MqttClient(Options("unlucky") with
        { Port = proxy.Port, CleanStart = false, Will = new MqttWill("will", "lost"u8.ToArray(), Qos.AtLeastOnce) });
        await watcher.ConnectAsync();
        await watcher.SubscribeAsync("will", Qos.AtLeastOnce);
        await watcher.SubscribeAsync("n", Qos.AtLeastOnce);
        await unlucky.ConnectAsync();
        var publishing = new List<Task<ReasonCode>>();
        for (int i = 0; i < 200; i++)
        {
            publishing.Add(unlucky.PublishAsync("n", System.Text.Encoding.ASCII.GetBytes($"{i}"), Qos.AtLeastOnce).AsTask());
            if (i == 100) proxy.Cut();
        }

        Assert.All(await Task.WhenAll(publishing), code => Assert.False(code.IsError()));
        await Eventually.True(
            () => inbox.All.Where(m => m.Topic == "n").Select(m => m.Payload).Distinct().Count() == 200, "all messages");
        await Eventually.True(() => inbox.All.Any(m => m is { Topic: "will", Payload: "lost" }), "the will");
        Assert.True(unlucky.Counters.Reconnects >= 1);
    }

    /// <summary>Without and with a certificate of our own.</summary>
    [RealPartTheory("rabbitmq-server", "epmd")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Over_tls_messages_come_back_whole(bool certificate)
    {
        var tls = new MqttTls { CaFile = rabbit.Authority.CaFile, ServerName = "localhost" };
        if (certificate)
        {
            (string cert, string key) = rabbit.Authority.IssueFiles("device");
            tls = tls with { ClientCertificateFile = cert, ClientKeyFile = key };
        }

        var inbox = new Inbox();
        await using var client = new MqttClient(
            Options($"tls{certificate}") with { Port = rabbit.TlsPort, Tls = tls }, inbox.Handle);
        await client.ConnectAsync();
        await client.SubscribeAsync($"tls{certificate}", Qos.AtLeastOnce);
        string large = new('x', 100_000);
        await client.PublishAsync($"tls{certificate}", System.Text.Encoding.ASCII.GetBytes(large), Qos.AtLeastOnce);
        Assert.Equal(large, (await inbox.WaitAsync(1))[0].Payload);
    }

    [RealPartFact("rabbitmq-server", "epmd")]
    public async Task Over_tls_neither_side_takes_a_stranger()
    {
        string folder = Directory.CreateTempSubdirectory("stranger-").FullName;
        try
        {
            using var stranger = new TestAuthority(folder, "stranger");
            (string cert, string key) = stranger.IssueFiles("device");
            var known = new MqttTls { CaFile = rabbit.Authority.CaFile, ServerName = "localhost" };
            MqttTls[] wrong =
            [
                known with { CaFile = stranger.CaFile },
                known with { ServerName = "elsewhere" },
                known with { ClientCertificateFile = cert, ClientKeyFile = key },
            ];
            foreach (MqttTls tls in wrong)
            {
                await using var client = new MqttClient(Options("stranger") with { Port = rabbit.TlsPort, Tls = tls });
                await Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [RealPartFact("rabbitmq-server", "epmd")]
    public async Task Version_5_is_spoken_where_they_have_it_and_else_a_failure_that_says_so()
    {
        var inbox = new Inbox();
        await using var client = new MqttClient(Options("five", MqttVersion.V5), inbox.Handle);
        if (rabbit.Version < FirstWith5)
        {
            MqttConnectException failed = await Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());
            Assert.Contains(failed.Failure, (ConnectFailure[])[ConnectFailure.Protocol, ConnectFailure.Refused]);
            return;
        }

        await client.ConnectAsync();
        Assert.Equal(ReasonCode.GrantedQos1, await client.SubscribeAsync("five", Qos.AtLeastOnce));
        Assert.False((await client.PublishAsync("five", "x"u8.ToArray(), Qos.AtLeastOnce)).IsError());
        Assert.Equal("x", (await inbox.WaitAsync(1))[0].Payload);
    }
}
