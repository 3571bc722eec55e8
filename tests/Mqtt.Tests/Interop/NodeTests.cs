using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests.Interop;

/// <summary>The packages of tests/node, installed once when a test first needs them.</summary>
public sealed class NodePackages : IAsyncLifetime
{
    public static string Folder => Path.Combine(RealPart.Root, "tests", "node");

    public async Task InitializeAsync()
    {
        if (RealPart.Missing("node", "npm") is null && !Directory.Exists(Path.Combine(Folder, "node_modules", "mqtt")))
        {
            using ForeignProcess npm = ForeignProcess.Start("npm", Folder, ["ci", "--no-progress"]);
            await npm.EndAsync();
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>npm's mqtt with our broker and with our client, both ways and in both versions.</summary>
public class NodeTests : IClassFixture<NodePackages>
{
    public static TheoryData<MqttVersion, Qos> Cases => MosquittoTests.Cases;

    [RealPartTheory("node", "npm")]
    [MemberData(nameof(Cases))]
    public async Task A_node_subscriber_at_our_broker(MqttVersion version, Qos qos)
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        await using var client = new MqttClient(new MqttClientOptions { Port = broker.Port, Version = version });
        await client.ConnectAsync();
        using ForeignProcess node = Start("sub", broker.Port, version, "a/+", qos, 10);
        await node.WaitForLinesAsync(1, "ready");
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(ReasonCode.Success, await client.PublishAsync("a/b", "x"u8.ToArray(), qos));
        }

        JsonElement[] messages = [.. (await node.EndAsync()).Skip(1).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(10, messages.Length);
        Assert.All(messages, m => Assert.Equal(
            ("a/b", "x", (int)qos),
            (m.GetProperty("topic").GetString(), m.GetProperty("payload").GetString(), m.GetProperty("qos").GetInt32())));
        Assert.Equal(0, broker.Counters.Malformed + broker.Counters.ProtocolErrors);
    }

    [RealPartTheory("node", "npm")]
    [MemberData(nameof(Cases))]
    public async Task A_node_publisher_at_our_broker(MqttVersion version, Qos qos)
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions { Port = 0 });
        var inbox = new Inbox();
        await using var client = new MqttClient(new MqttClientOptions { Port = broker.Port, Version = version }, inbox.Handle);
        await client.ConnectAsync();
        await client.SubscribeAsync("a/#", qos);
        using ForeignProcess node = Start("pub", broker.Port, version, "a/b", qos, 10);
        await node.EndAsync();
        Received[] got = await inbox.WaitAsync(10);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"m{i}"), got.Select(m => m.Payload));
        Assert.All(got, m => Assert.Equal(qos, m.Qos));
        if (version == MqttVersion.V5)
        {
            Assert.True(PropertyReader.FindBytes(got[0].Properties, PropertyId.ContentType).SequenceEqual("text/plain"u8));
            Assert.True(PropertyReader.FindBytes(got[0].Properties, PropertyId.UserProperty).SequenceEqual("from"u8));
        }
    }

    /// <summary>A user with rules, over TLS: what it may it can, and what it may not it is told, in both versions.</summary>
    [RealPartTheory("node", "npm")]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task A_node_user_over_tls_at_our_broker(MqttVersion version)
    {
        string folder = Directory.CreateTempSubdirectory("node-").FullName;
        try
        {
            using var authority = new TestAuthority(folder);
            using X509Certificate2 certificate = authority.Issue("localhost");
            var rules = new MqttIdentity("device", ["a/+"], ["a/#"]);
            await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions
            {
                Port = 0, Tls = new MqttBrokerTls(certificate),
                Authenticate = login => login.UserName == "device" && login.Password.Span.SequenceEqual("secret"u8)
                    ? MqttAdmission.Admit(rules) : MqttAdmission.Refuse(ReasonCode.BadUserNameOrPassword),
            });
            (string, string)[] right = [("PEER_CA", authority.CaFile), ("PEER_USER", "device"), ("PEER_PASSWORD", "secret")];
            using ForeignProcess subscriber = Start("sub", broker.Port, version, "a/b", Qos.ExactlyOnce, 5, right);
            await subscriber.WaitForLinesAsync(1, "ready");
            using ForeignProcess publisher = Start("pub", broker.Port, version, "a/b", Qos.ExactlyOnce, 5, right);
            await publisher.EndAsync();
            Assert.Equal(6, (await subscriber.EndAsync()).Length);

            using ForeignProcess nosy = Start("sub", broker.Port, version, "#", Qos.AtMostOnce, 1, right);
            Assert.NotEqual(0, await nosy.ExitCodeAsync());
            (string, string)[] guess = [.. right[..2], ("PEER_PASSWORD", "guess")];
            using ForeignProcess guesser = Start("sub", broker.Port, version, "a/b", Qos.AtMostOnce, 1, guess);
            Assert.NotEqual(0, await guesser.ExitCodeAsync());
            using ForeignProcess distrustful = Start("sub", broker.Port, version, "a/b", Qos.AtMostOnce, 1, right[1..]);
            Assert.NotEqual(0, await distrustful.ExitCodeAsync());
            MqttBrokerCounters counters = broker.Counters;
            Assert.Equal((1, 1), (counters.SubscriptionsRefused, counters.LoginsRefused));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ForeignProcess Start(
        string mode, int port, MqttVersion version, string topic, Qos qos, int count, (string, string)[]? secrets = null)
    {
        string address = secrets is null ? $"mqtt://127.0.0.1:{port}" : $"mqtts://localhost:{port}";
        return ForeignProcess.Start("node", NodePackages.Folder,
            ["peer.mjs", mode, address, $"{(int)version}", topic, $"{(int)qos}", $"{count}"], secrets ?? []);
    }
}
