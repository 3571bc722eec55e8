using System.Security.Cryptography.X509Certificates;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Interop;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests.Broker;

/// <summary>Clients that show a certificate: their own authority's, another's, expired, of a server, or none.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("certs-").FullName;
    private readonly TestAuthority _authority;
    private readonly X509Certificate2 _server;

    public ClientCertificateTests()
    {
        _authority = new TestAuthority(_folder);
        _server = _authority.Issue("localhost");
    }

    public void Dispose()
    {
        _server.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<MqttBroker> StartAsync(bool required) => MqttBroker.StartAsync(new MqttBrokerOptions
    {
        Port = 0,
        Tls = new MqttBrokerTls(_server) { ClientAuthorities = _authority.Certificates, RequireClientCertificate = required },
        Authenticate = login => login.Certificate?.GetNameInfo(X509NameType.SimpleName, false) is { } name
            ? MqttAdmission.Admit(new MqttIdentity(name, [$"from/{name}"], []))
            : MqttAdmission.Refuse(ReasonCode.NotAuthorized),
    });

    private MqttClient New(MqttBroker broker, (string CertFile, string KeyFile)? own) => new(new MqttClientOptions
    {
        Port = broker.Port, ConnectTimeout = TimeSpan.FromSeconds(5),
        Tls = new MqttTls
        {
            CaFile = _authority.CaFile, ServerName = "localhost",
            ClientCertificateFile = own?.CertFile, ClientKeyFile = own?.KeyFile,
        },
    });

    [Fact]
    public async Task A_certificate_is_an_identity()
    {
        await using MqttBroker broker = await StartAsync(required: true);
        await using MqttClient client = New(broker, _authority.IssueFiles("j1"));
        await client.ConnectAsync();
        Assert.False((await client.PublishAsync("from/j1", default, Qos.AtLeastOnce)).IsError());
        Assert.Equal(ReasonCode.NotAuthorized, await client.PublishAsync("from/j2", default, Qos.AtLeastOnce));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("of another authority")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("of a server")]
    public async Task Any_other_certificate_does_not_get_as_far_as_mqtt(string which)
    {
        using var other = new TestAuthority(_folder, "other");
        (string, string)? own = which switch
        {
            "of another authority" => other.IssueFiles("j1"),
            "expired" => _authority.IssueFiles("j1", fromDay: -5, toDay: -4),
            "not yet valid" => _authority.IssueFiles("j1", fromDay: 4, toDay: 5),
            "of a server" => _authority.IssueFiles("j1", client: false),
            _ => null,
        };
        await using MqttBroker broker = await StartAsync(required: true);
        await using MqttClient client = New(broker, own);
        await Assert.ThrowsAsync<MqttConnectException>(() => client.ConnectAsync());
        Assert.Equal(0, broker.Counters.PacketsReceived);
    }

    [Fact]
    public async Task Where_it_is_optional_a_client_without_one_logs_in_otherwise_and_a_wrong_one_stays_out()
    {
        await using MqttBroker broker = await StartAsync(required: false);
        await using MqttClient none = New(broker, null);
        MqttConnectException refused = await Assert.ThrowsAsync<MqttConnectException>(() => none.ConnectAsync());
        Assert.Equal((ConnectFailure.Refused, ReasonCode.NotAuthorized), (refused.Failure, refused.Reason));
        using var other = new TestAuthority(_folder, "other");
        await using MqttClient wrong = New(broker, other.IssueFiles("j1"));
        await Assert.ThrowsAsync<MqttConnectException>(() => wrong.ConnectAsync());
        await using MqttClient right = New(broker, _authority.IssueFiles("j1"));
        await right.ConnectAsync();
    }

    [RealPartTheory("mosquitto_pub")]
    [InlineData("tlsv1.2")]
    [InlineData("tlsv1.3")]
    public async Task Mosquittos_client_with_a_certificate(string version)
    {
        (string certFile, string keyFile) = _authority.IssueFiles("j1");
        await using MqttBroker broker = await StartAsync(required: true);
        using ForeignProcess publisher = ForeignProcess.Start(
            "mosquitto_pub", "-h", "localhost", "-p", $"{broker.Port}", "--cafile", _authority.CaFile, "--cert", certFile,
            "--key", keyFile, "--tls-version", version, "-t", "from/j1", "-m", "x", "-r", "-q", "1");
        await publisher.EndAsync();
        Assert.Equal(1, broker.Counters.Retained);
    }

    [RealPartFact("openssl")]
    public async Task Tls_1_1_is_not_spoken()
    {
        await using MqttBroker broker = await StartAsync(required: false);
        using RunningProgram openssl = RunningProgram.Start(
            "openssl", "s_client", "-connect", $"127.0.0.1:{broker.Port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0");
        Assert.NotEqual(0, await openssl.EndAsync());
        using RunningProgram newer = RunningProgram.Start(
            "bash", "-c", $"openssl s_client -connect 127.0.0.1:{broker.Port} -tls1_2 </dev/null");
        Assert.Equal(0, await newer.EndAsync());
    }
}
