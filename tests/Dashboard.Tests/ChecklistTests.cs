using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>Points of docs/ASVS.md that no other test of the dashboard shows.</summary>
public sealed class ChecklistTests
{
    private static HttpRequestMessage LogIn(RunningDashboard d, bool behindTls)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/session")
        {
            Content = JsonContent.Create(new LoginRequest(RunningDashboard.AdministratorName, d.AdministratorPassword)),
        };
        if (behindTls) request.Headers.Add("X-Forwarded-Proto", "https");
        return request;
    }

    private static string CookieOf(HttpResponseMessage answer) => answer.Headers.GetValues("Set-Cookie").Single();

    [Fact]
    public async Task Behind_a_proxy_with_tls_the_cookie_is_for_tls_and_this_host_only()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        string cookie = CookieOf(await d.Http.SendAsync(LogIn(d, behindTls: true)));
        Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; path=/;", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        foreach ((string proto, HttpStatusCode status) in ((string, HttpStatusCode)[])
            [("https", HttpStatusCode.OK), ("http", HttpStatusCode.Unauthorized)])
        {
            using var bare = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = d.Host.Address };
            bare.DefaultRequestHeaders.Add("Cookie", cookie.Split(';')[0]);
            bare.DefaultRequestHeaders.Add("X-Forwarded-Proto", proto);
            Assert.Equal(status, (await bare.GetAsync("/api/v1/audit")).StatusCode);
        }
    }

    [Fact]
    public async Task Browsers_are_told_to_stay_with_tls_only_where_there_is_tls()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        Assert.False((await d.Http.GetAsync("/")).Headers.Contains("Strict-Transport-Security"));
        d.Http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        foreach (string path in (string[])["/", "/api/v1/state", "/nothing.js"])
            Assert.Equal("max-age=31536000", (await d.Http.GetAsync(path)).Headers.GetValues("Strict-Transport-Security").Single());
    }

    [Fact]
    public async Task A_session_that_was_there_before_the_login_is_not_the_one_after()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        HttpRequestMessage planted = LogIn(d, behindTls: false);
        planted.Headers.Add("Cookie", "citybrain_session=planted-by-somebody-else");
        using var bare = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = d.Host.Address };
        string first = CookieOf(await bare.SendAsync(planted)).Split(';')[0];
        Assert.DoesNotContain("planted", first, StringComparison.Ordinal);
        HttpRequestMessage again = LogIn(d, behindTls: false);
        again.Headers.Add("Cookie", first);
        string second = CookieOf(await bare.SendAsync(again)).Split(';')[0];
        Assert.NotEqual(first, second);
        foreach ((string cookie, HttpStatusCode status) in ((string, HttpStatusCode)[])
            [(first, HttpStatusCode.Unauthorized), (second, HttpStatusCode.OK)])
        {
            var ask = new HttpRequestMessage(HttpMethod.Get, "/api/v1/audit") { Headers = { { "Cookie", cookie } } };
            Assert.Equal(status, (await bare.SendAsync(ask)).StatusCode);
        }
    }

    [Fact]
    public async Task What_a_session_is_refused_is_in_the_audit_trail()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        using HttpClient admin = await d.LogInAsync();
        await d.AddAccountAsync("kim", Role.Viewer);
        using HttpClient kim = await d.LogInAsync("kim", Browser.OperatorPassword);
        Assert.Equal(HttpStatusCode.Forbidden, (await kim.GetAsync("/api/v1/accounts")).StatusCode);
        kim.DefaultRequestHeaders.Remove(Access.CsrfHeader);
        Assert.Equal(HttpStatusCode.Forbidden, (await kim.DeleteAsync("/api/v1/session")).StatusCode);
        await admin.PutAsJsonAsync("/api/v1/session/password", new PasswordRequest("guess", Browser.OperatorPassword));
        AuditEntry[] log = (await admin.GetFromJsonAsync<AuditEntry[]>("/api/v1/audit", DashboardJson.Options))!;
        Assert.Equal([("admin", "password", "admin", false), ("kim", "refused", "DELETE /api/v1/session", false),
            ("kim", "refused", "GET /api/v1/accounts", false)], log[..3].Select(e => (e.Who, e.What, e.Where, e.Done)));
        Assert.Contains("Administrator", log[2].Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/state")]
    [InlineData("/api/v1/session")]
    [InlineData("/api/v1/nothing")]
    public async Task An_answer_of_the_api_is_a_file_in_utf_8_and_not_kept(string path)
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        HttpResponseMessage answer = await d.Http.GetAsync(path);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("TRACE", "/")]
    [InlineData("OPTIONS", "/api/v1/state")]
    [InlineData("POST", "/")]
    [InlineData("DELETE", "/api/v1/state")]
    [InlineData("PROPFIND", "/api/v1/session")]
    public async Task A_method_that_a_path_has_not_is_405(string method, string path)
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await d.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path))).StatusCode);
    }

    [Fact]
    public async Task A_body_too_long_or_of_another_type_is_refused()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        string login = $"{{\"name\":\"admin\",\"password\":\"{d.AdministratorPassword}\"}}";
        async Task<HttpStatusCode> Post(string body, string type) =>
            (await d.Http.PostAsync("/api/v1/session", new StringContent(body, Encoding.UTF8, type))).StatusCode;
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await Post(login, "text/plain"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await Post(login + new string(' ', 65 << 10), "application/json"));
        Assert.Equal(HttpStatusCode.OK, await Post(login, "application/json"));
    }

    [Fact]
    public async Task Who_sends_a_head_or_a_body_a_byte_at_a_time_is_cut_off()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        const string Line = "POST /api/v1/session HTTP/1.1\r\n";
        const string Head = Line + "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n";
        // Closing while bytes still come resets the connection, which may take the answer with it.
        foreach (string answer in await Task.WhenAll(Trickle(d, Line + "X-Slow: "), Trickle(d, Head)))
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer);
        Assert.Equal(HttpStatusCode.OK, (await d.Http.GetAsync("/api/v1/state")).StatusCode);
    }

    /// <summary>
    /// Sends a beginning and then a byte every half second until the other side closes; returns what it said. Throws when it
    /// has not closed within 90 s.
    /// </summary>
    private static async Task<string> Trickle(RunningDashboard d, string beginning)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(d.Host.Address.Host, d.Host.Address.Port, patience.Token);
        NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning), patience.Token);
        Task<string> answer = ReadAsync(stream, patience.Token);
        while (!answer.IsCompleted)
        {
            try
            {
                await stream.WriteAsync(" "u8.ToArray(), patience.Token);
            }
            catch (IOException)
            {
                break;
            }
            await Task.WhenAny(answer, Task.Delay(500, patience.Token));
        }
        return await answer;
    }

    /// <summary>All that comes until the other side closes or resets the connection.</summary>
    private static async Task<string> ReadAsync(NetworkStream stream, CancellationToken cancel)
    {
        var said = new StringBuilder();
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer, cancel) is > 0 and int n) said.Append(Encoding.ASCII.GetString(buffer, 0, n));
        }
        catch (IOException)
        {
            // Reset: there is no more to come.
        }
        return said.ToString();
    }

    [Theory]
    [InlineData("/../accounts.json")]
    [InlineData("/%2e%2e/accounts.json")]
    [InlineData("/assets/..%2f..%2faccounts.json")]
    [InlineData("/assets/%2e%2e%5caccounts.json")]
    [InlineData("/page.js.map")]
    [InlineData("/notes.bak")]
    public async Task Only_files_of_the_front_end_of_known_types_are_served(string path)
    {
        string folder = Directory.CreateTempSubdirectory("citybrain-web").FullName;
        try
        {
            string web = Directory.CreateDirectory(Path.Combine(folder, "web")).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, "accounts.json"), "secret");
            await File.WriteAllTextAsync(Path.Combine(web, "page.js"), "served");
            await File.WriteAllTextAsync(Path.Combine(web, "page.js.map"), "secret");
            await File.WriteAllTextAsync(Path.Combine(web, "notes.bak"), "secret");
            await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { WebFolder = web }, steps: 0);
            Assert.Equal("served", await d.Http.GetStringAsync("/page.js"));
            string raw = await RawAsync(d.Host.Address, path);
            Assert.DoesNotContain("secret", raw, StringComparison.Ordinal);
            Assert.Matches("^HTTP/1.1 (400|404)", raw);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A request as it is written here: HttpClient would tidy the path.</summary>
    private static async Task<string> RawAsync(Uri address, string path)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port);
        await using System.Net.Sockets.NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    [Fact]
    public async Task A_page_that_is_not_ours_may_not_write_and_an_opaque_origin_neither()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        foreach (string origin in (string[])["null", "http://evil.example", $"http://{d.Host.Address.Authority}.evil.example"])
        {
            HttpRequestMessage request = LogIn(d, behindTls: false);
            request.Headers.Add("Origin", origin);
            Assert.Equal(HttpStatusCode.Forbidden, (await d.Http.SendAsync(request)).StatusCode);
        }
    }
}
