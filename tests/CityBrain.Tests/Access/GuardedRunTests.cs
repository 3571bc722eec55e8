using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Tests.Access;

/// <summary>The product as it is started in a city: users made on the command line, TLS, and clients over real sockets.</summary>
public sealed class GuardedRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("guarded-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using RunningProgram product = RunningProgram.Product(arguments);
        int code = await product.EndAsync();
        return (code, string.Join('\n', product.Output), string.Join('\n', product.Errors));
    }

    private string CityFile()
    {
        File.WriteAllBytes(In("city.json"), CityJson.Write(TinyCity.Describe()));
        return In("city.json");
    }

    /// <summary>A certificate for 127.0.0.1 that is its own authority.</summary>
    private (string Cert, string Key) Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(In("cert.pem"), made.ExportCertificatePem());
        PrivateFile.WriteNew(In("key.pem"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        return (In("cert.pem"), In("key.pem"));
    }

    [Fact]
    public async Task The_dashboard_speaks_tls_with_a_certificate_from_a_file_and_nothing_else_then()
    {
        (string cert, string key) = Certificate();
        using RunningProgram run = RunningProgram.Product("run", "--city", CityFile(), "--port", "0", "--mqtt-port", "0",
            "--dashboard-cert", cert, "--dashboard-key", key);
        var address = new Uri((await run.LineWithAsync("dashboard ")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        Assert.Equal("https", address.Scheme);
        using X509Certificate2 trusted = X509Certificate2.CreateFromPem(File.ReadAllText(cert));
        using var handler = new HttpClientHandler
        { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Thumbprint == trusted.Thumbprint };
        using var https = new HttpClient(handler) { BaseAddress = address };
        HttpResponseMessage answer = await https.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.Contains("Strict-Transport-Security"));
        using var http = new HttpClient { BaseAddress = new UriBuilder(address) { Scheme = "http" }.Uri };
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync("/health/live"));
    }

    [Fact]
    public async Task Users_come_over_tls_do_what_is_theirs_and_are_gone_when_removed()
    {
        string users = In("users.json");
        var made = await RunAsync("broker", "users", "add", "j1", "--role", "controller", "--users", users);
        Assert.Equal(0, made.Code);
        string password = made.Output.Trim();
        Assert.Equal(20, password.Length);
        Assert.DoesNotContain(password, File.ReadAllText(users));
        (string cert, string key) = Certificate();
        using RunningProgram run = RunningProgram.Product("run", "--city", CityFile(), "--no-dashboard", "--mqtt-port", "0",
            "--mqtt-users", users, "--mqtt-cert", cert, "--mqtt-key", key);
        string line = await run.LineWithAsync("MQTT ");
        Assert.Contains("mqtts://", line);
        int port = int.Parse(line.Split(':')[2].Split(' ')[0]);
        var options = new MqttClientOptions
        {
            Port = port, UserName = "j1", Password = password, Tls = new MqttTls { CaFile = cert },
            ReconnectMin = TimeSpan.FromMilliseconds(20), ReconnectMax = TimeSpan.FromMilliseconds(50),
        };
        await using var stranger = new MqttClient(options with { Password = "wrong" });
        Assert.Equal(ReasonCode.BadUserNameOrPassword,
            (await Assert.ThrowsAsync<MqttConnectException>(() => stranger.ConnectAsync())).Reason);
        await using var plain = new MqttClient(options with { Tls = null });
        await Assert.ThrowsAsync<MqttConnectException>(() => plain.ConnectAsync());
        await using var cabinet = new MqttClient(options);
        await cabinet.ConnectAsync();
        Assert.Equal(ReasonCode.GrantedQos1, await cabinet.SubscribeAsync("citybrain/1/d/command/j1", Qos.AtLeastOnce));
        Assert.Equal(ReasonCode.NotAuthorized, await cabinet.SubscribeAsync("citybrain/1/d/command/+"));
        Assert.Equal(ReasonCode.NotAuthorized,
            await cabinet.PublishAsync("citybrain/1/d/command/j1", "{}"u8.ToArray(), Qos.AtLeastOnce));
        Assert.Equal(0, (await RunAsync("broker", "users", "remove", "j1", "--users", users)).Code);
        for (int i = 0; cabinet.IsConnected && i < 1200; i++) await Task.Delay(50);
        Assert.False(cabinet.IsConnected);
        Assert.DoesNotContain(password, run.ToString());
    }

    [Theory]
    [InlineData(2, "--mqtt-key", "--mqtt-cert", "c.pem")]
    [InlineData(2, "--mqtt-users", "--mqtt-cert", "c.pem", "--mqtt-key", "k.pem", "--mqtt-client-ca", "ca.pem")]
    [InlineData(2, "embedded broker", "--broker", "mqtt://127.0.0.1", "--mqtt-users", "u.json")]
    [InlineData(2, "need --broker", "--broker-user", "u")]
    [InlineData(2, "mqtts://", "--broker", "mqtt://127.0.0.1", "--broker-ca", "ca.pem")]
    [InlineData(66, "no-such.json", "--mqtt-users", "no-such.json")]
    [InlineData(66, "no-such.pem", "--mqtt-cert", "no-such.pem", "--mqtt-key", "k.pem")]
    [InlineData(66, "no-such", "--broker", "mqtt://127.0.0.1", "--broker-user", "u", "--broker-password-file", "no-such")]
    public async Task What_does_not_go_together_is_said(int code, string said, params string[] options)
    {
        var result = await RunAsync(["run", "--city", CityFile(), "--no-dashboard", "--mqtt-port", "0", .. options]);
        Assert.Contains(said, result.Errors);
        Assert.Equal(code, result.Code);
    }

    [Fact]
    public async Task A_password_in_a_wrong_address_is_not_repeated()
    {
        var result = await RunAsync("run", "--city", CityFile(), "--broker", "http://u:topsecret@127.0.0.1");
        Assert.Equal(2, result.Code);
        Assert.Contains("127.0.0.1", result.Errors);
        Assert.DoesNotContain("topsecret", result.Errors);
    }
}
