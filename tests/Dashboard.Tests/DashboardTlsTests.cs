using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>TLS at the dashboard itself, without a proxy in front.</summary>
public sealed class DashboardTlsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = SelfSigned();

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public async Task Logins_cookies_and_answers_are_as_behind_a_proxy_with_tls()
    {
        await using RunningDashboard d = await StartAsync();
        Assert.Equal("https", d.Host.Address.Scheme);
        using HttpClient http = Client(d);
        HttpResponseMessage login = await http.PostAsJsonAsync(
            "/api/v1/session", new LoginRequest(RunningDashboard.AdministratorName, d.AdministratorPassword));
        string cookie = login.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("max-age=31536000", login.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/audit")).StatusCode);
    }

    [Fact]
    public async Task Plain_http_and_tls_1_1_get_nothing()
    {
        await using RunningDashboard d = await StartAsync();
        using var plain = new HttpClient { BaseAddress = new UriBuilder(d.Host.Address) { Scheme = "http" }.Uri };
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync("/health/live"));
        foreach ((SslProtocols spoken, bool good) in ((SslProtocols, bool)[])
            [(Old, false), (SslProtocols.Tls12, true), (SslProtocols.Tls13, true)])
        {
            Assert.Equal(good, await SpeaksAsync(d.Host.Address.Port, spoken));
        }
    }

#pragma warning disable CA5397, SYSLIB0039 // that it is not spoken is what is tested
    private const SslProtocols Old = SslProtocols.Tls11;
#pragma warning restore CA5397, SYSLIB0039

    private async Task<bool> SpeaksAsync(int port, SslProtocols protocols)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(socket.GetStream(), false, IsOurs);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            { TargetHost = "localhost", EnabledSslProtocols = protocols });
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return false;
        }
    }

    private Task<RunningDashboard> StartAsync() =>
        RunningDashboard.StartAsync(o => o with { Tls = new DashboardTls(_certificate) }, steps: 0);

    private HttpClient Client(RunningDashboard d) => new(new HttpClientHandler
    { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Thumbprint == _certificate.Thumbprint })
    { BaseAddress = d.Host.Address };

    private bool IsOurs(object _, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is X509Certificate2 certificate && certificate.Thumbprint == _certificate.Thumbprint;

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
