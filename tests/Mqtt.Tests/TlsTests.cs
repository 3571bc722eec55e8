using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Interop;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests;

/// <summary>TLS with certificates made on the spot: trusted, unknown and for another name.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tls-").FullName;
    private readonly TestAuthority _authority;

    public TlsTests() => _authority = new TestAuthority(_folder);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_server_is_trusted_by_its_ca_only_and_for_its_name_only()
    {
        using X509Certificate2 certificate = _authority.Issue("localhost");
        string caFile = _authority.CaFile;
        await using MqttBroker broker = await MqttBroker.StartAsync(
            new MqttBrokerOptions { Port = 0, Tls = new MqttBrokerTls(certificate) });
        Assert.StartsWith("mqtts://127.0.0.1:", broker.Uri, StringComparison.Ordinal);
        var inbox = new Inbox();
        await using MqttClient good = New(broker.Port, new MqttTls { CaFile = caFile, ServerName = "localhost" }, inbox);
        await good.ConnectAsync();
        await good.SubscribeAsync("a", Qos.AtLeastOnce);
        await good.PublishAsync("a", new byte[100_000], Qos.AtLeastOnce);
        Assert.Equal(100_000, (await inbox.WaitAsync(1))[0].Payload.Length);

        await using MqttClient unknownCa = New(broker.Port, new MqttTls { ServerName = "localhost" });
        Assert.Equal(ConnectFailure.Tls, (await Refused(unknownCa)).Failure);
        await using MqttClient wrongName = New(broker.Port, new MqttTls { CaFile = caFile, ServerName = "elsewhere" });
        Assert.Equal(ConnectFailure.Tls, (await Refused(wrongName)).Failure);
        await using MqttClient plain = New(broker.Port, null);
        Assert.NotNull(await Refused(plain));
    }

    [RealPartFact("mosquitto_pub")]
    public async Task Mosquittos_client_over_tls_at_our_broker()
    {
        using X509Certificate2 certificate = _authority.Issue("localhost");
        string caFile = _authority.CaFile;
        await using MqttBroker broker = await MqttBroker.StartAsync(
            new MqttBrokerOptions { Port = 0, Tls = new MqttBrokerTls(certificate) });
        using ForeignProcess publisher = ForeignProcess.Start(
            "mosquitto_pub", "-h", "localhost", "-p", $"{broker.Port}", "--cafile", caFile, "-t", "a", "-m", "x", "-r",
            "-q", "1");
        await publisher.EndAsync();
        Assert.Equal(1, broker.Counters.Retained);
    }

    [RealPartFact("mosquitto")]
    public async Task Our_client_over_tls_at_mosquitto()
    {
        using X509Certificate2 certificate = _authority.Issue("localhost");
        string caFile = _authority.CaFile;
        string certFile = Path.Combine(_folder, "server.pem");
        string keyFile = Path.Combine(_folder, "server.key");
        await File.WriteAllTextAsync(certFile, certificate.ExportCertificatePem());
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        using Mosquitto mosquitto = await Mosquitto.StartAsync(
            "user root", $"cafile {caFile}", $"certfile {certFile}", $"keyfile {keyFile}");
        await using MqttClient client = New(mosquitto.Port, new MqttTls { CaFile = caFile, ServerName = "localhost" });
        await client.ConnectAsync();
        Assert.False((await client.PublishAsync("a", default, Qos.AtLeastOnce)).IsError());
    }

    private static Task<MqttConnectException> Refused(MqttClient client) =>
        Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());

    private static MqttClient New(int port, MqttTls? tls, Inbox? inbox = null) => new(
        new MqttClientOptions { Port = port, Tls = tls, ConnectTimeout = TimeSpan.FromSeconds(5) },
        inbox is null ? null : inbox.Handle);
}
