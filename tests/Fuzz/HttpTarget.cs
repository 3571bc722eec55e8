using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CityBrain.Dashboard;
using CityBrain.Model;

namespace CityBrain.Fuzz;

/// <summary>
/// Whole HTTP requests as bytes to a dashboard on the loopback address, its administrator logged in. An answer of 500 is
/// a finding, and so is a dashboard that answers no more. (The code runs on other threads, so coverage is not the same in
/// each run here.)
/// </summary>
internal sealed class HttpTarget : IDisposable
{
    private const int PatienceMs = 400;
    private readonly DashboardHost _host;
    private readonly string _password;
    private byte[] _login;
    private readonly byte[] _answer = new byte[256];

    public HttpTarget(City city)
    {
        string password = "";
        _host = DashboardHost.StartAsync(new DashboardOptions
        {
            City = city, Port = 0, PasswordIterations = 1000, RequestsPerMinute = int.MaxValue, FirstPassword = (_, p) => password = p,
        }, ["a"]).GetAwaiter().GetResult();
        _password = password;
        _login = LogIn().GetAwaiter().GetResult() ?? throw new InvalidOperationException("the administrator is not let in");
    }

    public static IReadOnlyList<byte[]> Words { get; } =
    [
        .. new[]
        {
            "GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "OPTIONS ", " HTTP/1.1\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
            "Content-Type: application/json\r\n", "\r\n\r\n", "%00", "%2e%2e/", "../", "?at=", "&", "=", "/api/v1/", "state", "city", "history",
            "intersections/", "session", "accounts/", "audit", "measures", "override", "{\"kind\":\"release\"}", "null", "Range: bytes=0-\r\n",
            "Accept-Encoding: br\r\n", "If-None-Match: *\r\n", "Origin: http://x\r\n", "Expect: 100-continue\r\n",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public static IEnumerable<byte[]> Seeds()
    {
        string[] gets =
        [
            "city", "state", "intersections/J11", "history?samples=10&points=10", "history/frame?at=1000", "usual", "intersections/J11/arrivals",
            "trails?lanes=a,b&after=5", "alarms", "replay", "tables", "journals", "measures?name=ped&from=1&to=2", "session", "accounts",
            "audit", "audit/check", "city/actions", "tables/events?from=2026-01-01&to=2026-01-02&format=csv",
        ];
        foreach (string get in gets) yield return Encoding.ASCII.GetBytes($"GET /api/v1/{get} HTTP/1.1\r\nHost: h\r\n\r\n");
        foreach (string get in (string[])["/", "/metrics", "/health/live", "/health/ready", "/openapi/v1.json", "/assets/x.js"])
            yield return Encoding.ASCII.GetBytes($"GET {get} HTTP/1.1\r\nHost: h\r\n\r\n");
        (string, string)[] bodies =
        [
            ("POST /api/v1/session", "{\"name\":\"admin\",\"password\":\"nothing at all\"}"),
            ("PUT /api/v1/session/password", "{\"old\":\"a\",\"new\":\"bbbbbbbbbbbbbb\"}"),
            ("PUT /api/v1/accounts/eve", "{\"role\":\"viewer\",\"password\":\"correct horse battery\"}"), ("DELETE /api/v1/accounts/eve", ""),
            ("POST /api/v1/intersections/J11/override", "{\"kind\":\"hold\",\"stage\":1,\"minutes\":5,\"reason\":\"a reason\"}"),
            ("POST /api/v1/city/actions", "{\"kind\":\"release\",\"district\":\"d\",\"minutes\":5,\"reason\":\"a reason\"}"),
            ("POST /api/v1/city/actions/1/confirm", ""), ("DELETE /api/v1/city/actions/1", ""), ("POST /api/v1/alarms/1/acknowledge", ""),
            ("POST /api/v1/replay", "{\"action\":\"seek\",\"atMs\":1000,\"speed\":2}"),
        ];
        foreach ((string line, string body) in bodies)
            yield return Encoding.ASCII.GetBytes(
                $"{line} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    public void Run(byte[] bytes)
    {
        int line = bytes.AsSpan().IndexOf("\r\n"u8);
        byte[] request = line < 0 ? bytes : [.. bytes.AsSpan(0, line + 2), .. _login, .. bytes.AsSpan(line + 2)];
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = PatienceMs, SendTimeout = PatienceMs, NoDelay = true };
        socket.Connect(IPAddress.Loopback, _host.Address.Port);
        int length = 0;
        try
        {
            socket.Send(request);
            socket.Shutdown(SocketShutdown.Send);
            for (int read = 1; read > 0 && length < _answer.Length; length += read) read = socket.Receive(_answer.AsSpan(length));
        }
        catch (SocketException)
        {
            // Closed on us, or an answer that does not end (live).
        }
        // It may have logged itself out.
        if (_answer.AsSpan(0, length).StartsWith("HTTP/1.1 401"u8)) _login = LogIn().GetAwaiter().GetResult() ?? _login;
        if (_answer.AsSpan(0, length).StartsWith("HTTP/1.1 500"u8)) throw new InvalidOperationException("answered 500");
    }

    public void Dispose() => _host.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>The lines of a request that carry the session; null while too many wrong passwords were tried.</summary>
    private async Task<byte[]?> LogIn()
    {
        using var http = new HttpClient { BaseAddress = _host.Address };
        HttpResponseMessage answer;
        try
        {
            answer = await http.PostAsJsonAsync("/api/v1/session", new { name = "admin", password = _password });
        }
        catch (Exception e) when (e is TaskCanceledException or HttpRequestException)
        {
            return null; // a machine so busy that it does not answer for minutes
        }
        if (!answer.IsSuccessStatusCode) return null;
        string cookie = answer.Headers.GetValues("Set-Cookie").First().Split(';')[0];
        using JsonDocument session = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return Encoding.ASCII.GetBytes($"Cookie: {cookie}\r\nX-CSRF-Token: {session.RootElement.GetProperty("csrfToken").GetString()}\r\n");
    }
}
