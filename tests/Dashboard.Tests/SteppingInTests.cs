using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

public sealed class SteppingInTests
{
    private const string GoodPassword = "correct horse battery";
    private static readonly OverrideBody Hold = new(OverrideKind.Hold, null, 5, "parade on Market Street");

    private static Task<HttpResponseMessage> Override(HttpClient http, OverrideBody body, string id = "A1") =>
        http.PostAsJsonAsync($"/api/v1/intersections/{id}/override", body, DashboardJson.Options);

    private static async Task<HttpClient> As(RunningDashboard d, Role role)
    {
        using HttpClient admin = await d.LogInAsync();
        HttpResponseMessage made = await admin.PutAsJsonAsync("/api/v1/accounts/kim", new AccountRequest(role, GoodPassword), DashboardJson.Options);
        Assert.Equal(HttpStatusCode.NoContent, made.StatusCode);
        return await d.LogInAsync("kim", GoodPassword);
    }

    [Fact]
    public async Task An_operators_hold_reaches_the_brain_and_the_log()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using HttpClient kim = await As(d, Role.Operator);
        Assert.Equal(HttpStatusCode.Accepted, (await Override(kim, Hold)).StatusCode);
        Assert.True(d.Overrides.Reader.TryRead(out OverrideRequest? request));
        Assert.Equal(new OverrideRequest(0, OverrideKind.Hold, -1, 300, "kim", "parade on Market Street"), request);
        AuditEntry[] log = (await kim.GetFromJsonAsync<AuditEntry[]>("/api/v1/audit", DashboardJson.Options))!;
        Assert.Equal(("kim", "override Hold for 5 min", "A1", true), (log[0].Who, log[0].What, log[0].Where, log[0].Done));
    }

    [Theory]
    [InlineData(Role.Viewer, OverrideKind.Hold, HttpStatusCode.Forbidden)]
    [InlineData(Role.Operator, OverrideKind.Programme, HttpStatusCode.Forbidden)]
    [InlineData(Role.Engineer, OverrideKind.Programme, HttpStatusCode.Accepted)]
    public async Task A_role_may_do_only_its_own(Role role, OverrideKind kind, HttpStatusCode answer)
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using HttpClient kim = await As(d, role);
        Assert.Equal(answer, (await Override(kim, Hold with { Kind = kind })).StatusCode);
        Assert.Equal(answer == HttpStatusCode.Accepted, d.Overrides.Reader.TryRead(out _));
        if (role < Role.Administrator) Assert.Equal(HttpStatusCode.Forbidden, (await kim.GetAsync("/api/v1/accounts")).StatusCode);
    }

    [Fact]
    public async Task Without_a_session_or_its_token_nothing_is_changed()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await Override(d.Http, Hold)).StatusCode);
        using HttpClient admin = await d.LogInAsync();
        admin.DefaultRequestHeaders.Remove(Access.CsrfHeader);
        Assert.Equal(HttpStatusCode.Forbidden, (await Override(admin, Hold)).StatusCode);
        admin.DefaultRequestHeaders.Add(Access.CsrfHeader, "guessed");
        Assert.Equal(HttpStatusCode.Forbidden, (await Override(admin, Hold)).StatusCode);
        Assert.False(d.Overrides.Reader.TryRead(out _));
    }

    [Theory]
    [InlineData(null, null, 5, "a reason", "kind is")]
    [InlineData(OverrideKind.Hold, null, 5, " x ", "A reason of")]
    [InlineData(OverrideKind.Hold, null, 5, "two\nlines", "in one line")]
    [InlineData(OverrideKind.Hold, null, 0, "a reason", "minutes is")]
    [InlineData(OverrideKind.Hold, null, null, "a reason", "minutes is")]
    [InlineData(OverrideKind.Force, null, 5, "a reason", "needs a stage")]
    [InlineData(OverrideKind.Force, 4, 5, "a reason", "no stage 4")]
    [InlineData((OverrideKind)9, null, 5, "a reason", "kind is")]
    public async Task A_wrong_request_is_told_what_is_wrong(OverrideKind? kind, int? stage, int? minutes, string reason, string said)
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using HttpClient admin = await d.LogInAsync();
        HttpResponseMessage answer = await Override(admin, new OverrideBody(kind, stage, minutes, reason));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(said, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_a_bad_request()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using HttpClient admin = await d.LogInAsync();
        foreach (string body in (string[])["", "{", "[]", "{\"kind\":\"Dance\"}", "{\"minutes\":1e99}", "null"])
        {
            var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            HttpResponseMessage answer = await admin.PostAsync("/api/v1/intersections/A1/override", content);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_full_queue_is_said_and_logged()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using HttpClient admin = await d.LogInAsync();
        for (int i = 0; i < 8; i++) Assert.Equal(HttpStatusCode.Accepted, (await Override(admin, Hold)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Override(admin, Hold)).StatusCode);
        AuditEntry[] log = (await admin.GetFromJsonAsync<AuditEntry[]>("/api/v1/audit", DashboardJson.Options))!;
        Assert.False(log[0].Done);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_for_the_guesser()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        for (int i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.Unauthorized, await TryLogIn(d, "wrong password " + i));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryLogIn(d, "wrong password", "nobody"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryLogIn(d, d.AdministratorPassword));
    }

    private static async Task<HttpStatusCode> TryLogIn(RunningDashboard d, string password, string name = RunningDashboard.AdministratorName) =>
        (await d.Http.PostAsJsonAsync("/api/v1/session", new LoginRequest(name, password))).StatusCode;

    [Fact]
    public async Task The_cookie_is_out_of_reach_and_a_logout_ends_it()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        HttpResponseMessage answer = await d.Http.PostAsJsonAsync("/api/v1/session", new LoginRequest("admin", d.AdministratorPassword));
        string cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        using HttpClient admin = await d.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/audit")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync("/api/v1/session")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.GetAsync("/api/v1/audit")).StatusCode);
    }

    [Fact]
    public async Task Viewing_can_be_closed_too()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { OpenViewing = false }, steps: 0);
        foreach (string path in (string[])["/api/v1/city", "/api/v1/state", "/api/v1/intersections/A1", "/api/v1/live", "/api/v1/alarms"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await d.Http.GetAsync(path)).StatusCode);
        using HttpClient admin = await d.LogInAsync();
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/v1/city")).StatusCode);
    }

    [Theory]
    [InlineData("logout"), InlineData("idle"), InlineData("role")]
    public async Task A_live_connection_ends_with_its_session(string how)
    {
        var time = new ManualTime();
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { OpenViewing = false, Time = time }, steps: 0);
        using HttpClient admin = await d.LogInAsync();
        await d.AddAccountAsync("kim", Role.Viewer);
        HttpResponseMessage login = await d.Http.PostAsJsonAsync("/api/v1/session", new LoginRequest("kim", Browser.OperatorPassword));
        string cookie = login.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await socket.ConnectAsync(new Uri($"ws://{d.Host.Address.Authority}/api/v1/live"), limit.Token);
        // Two states, a second apart: the connection stays while the session lasts.
        for (int i = 0; i < 2; i++) Assert.Equal(WebSocketMessageType.Text, (await NextAsync(socket, limit.Token)).MessageType);
        if (how == "idle") time.Pass(TimeSpan.FromMinutes(31));
        else if (how == "role") await admin.PutAsJsonAsync("/api/v1/accounts/kim", new AccountRequest(Role.Operator, GoodPassword), DashboardJson.Options);
        else
        {
            var session = await login.Content.ReadFromJsonAsync<SessionView>(DashboardJson.Options);
            using var end = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/session");
            end.Headers.Add("Cookie", cookie);
            end.Headers.Add(Access.CsrfHeader, session!.CsrfToken);
            using var bare = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = d.Host.Address };
            Assert.Equal(HttpStatusCode.NoContent, (await bare.SendAsync(end)).StatusCode);
        }
        WebSocketReceiveResult got;
        do got = await NextAsync(socket, limit.Token);
        while (got.MessageType != WebSocketMessageType.Close);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, got.CloseStatus);
    }

    private static async Task<WebSocketReceiveResult> NextAsync(ClientWebSocket socket, CancellationToken cancel)
    {
        byte[] buffer = new byte[1 << 16];
        WebSocketReceiveResult got;
        do got = await socket.ReceiveAsync(buffer, cancel);
        while (!got.EndOfMessage);
        return got;
    }

    [Fact]
    public async Task The_last_administrator_stays_and_a_weak_password_is_refused()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using HttpClient admin = await d.LogInAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.DeleteAsync("/api/v1/accounts/admin")).StatusCode);
        foreach (string weak in (string[])["short", "aaaaaaaaaaaaaaaa", "kim-kim-kim-kim"])
            Assert.Equal(HttpStatusCode.BadRequest, (await admin.PutAsJsonAsync("/api/v1/accounts/kim", new AccountRequest(Role.Viewer, weak), DashboardJson.Options)).StatusCode);
    }

    [Fact]
    public async Task An_alarm_is_acknowledged_by_name()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        d.Traffic.CameraUp = false;
        d.Traffic.Step(d.Host.Frames);
        using HttpClient kim = await As(d, Role.Operator);
        Alarm[] alarms;
        do alarms = (await kim.GetFromJsonAsync<Alarm[]>("/api/v1/alarms", DashboardJson.Options))!;
        while (alarms.Length == 0);
        Alarm down = Assert.Single(alarms, a => a.Kind == AlarmKind.FeedDown);
        Assert.Equal("camera", down.Detail);
        HttpResponseMessage answer = await kim.PostAsync($"/api/v1/alarms/{down.Id}/acknowledge", null);
        Assert.Equal("kim", (await answer.Content.ReadFromJsonAsync<Alarm>(DashboardJson.Options))!.AcknowledgedBy);
        Assert.Equal(HttpStatusCode.NotFound, (await kim.PostAsync("/api/v1/alarms/999/acknowledge", null)).StatusCode);
    }
}
