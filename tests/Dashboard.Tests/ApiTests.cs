using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

public sealed class ApiTests
{
    [Fact]
    public async Task The_city_comes_compressed_and_only_once()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        var ask = new HttpRequestMessage(HttpMethod.Get, "/api/v1/city");
        ask.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));
        HttpResponseMessage first = await d.Http.SendAsync(ask);
        Assert.Equal("br", Assert.Single(first.Content.Headers.ContentEncoding));
        using var plain = new BrotliStream(await first.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        CityView city = (await JsonSerializer.DeserializeAsync<CityView>(plain, DashboardJson.Options))!;
        Assert.Equal(4, city.Intersections.Length);
        Assert.Equal(d.City.Lanes.Length, city.Lanes.Length);
        var again = new HttpRequestMessage(HttpMethod.Get, "/api/v1/city");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await d.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task An_intersection_says_why()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        IntersectionView a = (await d.Http.GetFromJsonAsync<IntersectionView>("/api/v1/intersections/A1", DashboardJson.Options))!;
        Assert.Equal(Rule.Pressure, a.Reason.Rule);
        Assert.Contains("highest pressure", a.Reason.Sentence, StringComparison.Ordinal);
        Assert.Equal(3, a.Reason.Alternatives.Length);
        Assert.Equal(12, a.Groups.Length);
        Assert.Equal(8, a.Lanes.Length);
        HttpResponseMessage none = await d.Http.GetAsync("/api/v1/intersections/nowhere");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Contains("nowhere", await none.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_follows_the_pictures()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        Assert.Equal(HttpStatusCode.OK, (await d.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await d.Http.GetAsync("/health/ready")).StatusCode);
        d.Traffic.Step(d.Host.Frames);
        while ((await d.StateAsync()).Frame == 0) await Task.Delay(5);
        Assert.Equal(HttpStatusCode.OK, (await d.Http.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task Metrics_join_the_roots_own()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { Metrics = () => "brain_ticks_total 5\n" });
        string text = await d.Http.GetStringAsync("/metrics");
        Assert.Contains("citybrain_dashboard_viewers 0\n", text, StringComparison.Ordinal);
        Assert.EndsWith("brain_ticks_total 5\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_of_the_api_lists_every_path()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        using JsonDocument openApi = JsonDocument.Parse(await d.Http.GetStringAsync("/openapi/v1.json"));
        string[] paths = [.. openApi.RootElement.GetProperty("paths").EnumerateObject().Select(p => p.Name)];
        foreach (string path in (string[])["/api/v1/city", "/api/v1/state", "/api/v1/live", "/api/v1/intersections/{id}",
            "/api/v1/intersections/{id}/override", "/api/v1/session", "/api/v1/audit", "/api/v1/alarms", "/health/ready", "/metrics"])
            Assert.Contains(path, paths);
    }

    [Fact]
    public async Task Too_many_requests_are_told_to_wait()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { RequestsPerMinute = 40 }, steps: 0);
        HttpResponseMessage last = null!;
        for (int i = 0; i < 41; i++) last = await d.Http.GetAsync("/api/v1/state");
        Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(60), last.Headers.RetryAfter!.Delta);
        Assert.Equal(HttpStatusCode.OK, (await d.Http.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        foreach (string path in (string[])["/", "/api/v1/state", "/nothing.js"])
        {
            HttpResponseMessage answer = await d.Http.GetAsync(path);
            string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        }
    }

    [Fact]
    public async Task A_foreign_name_or_page_is_refused()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/v1/state") { Headers = { Host = "evil.example" } };
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await d.Http.SendAsync(rebound)).StatusCode);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", "http://evil.example");
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(Live(d), CancellationToken.None));
    }

    [Fact]
    public async Task A_busy_port_is_said_in_a_sentence()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        DashboardStartException e = await Assert.ThrowsAsync<DashboardStartException>(() =>
            RunningDashboard.StartAsync(o => o with { Port = d.Host.Address.Port }));
        Assert.Contains($"Port {d.Host.Address.Port} is in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bound_to_viewers_is_kept()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { MaxViewers = 1 });
        using var one = new ClientWebSocket();
        await one.ConnectAsync(Live(d), CancellationToken.None);
        while (d.Host.ViewerCount == 0) await Task.Delay(5);
        using var two = new ClientWebSocket();
        await Assert.ThrowsAsync<WebSocketException>(() => two.ConnectAsync(Live(d), CancellationToken.None));
    }

    [Fact]
    public async Task History_gives_curves_and_old_frames()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        for (int i = 0; i < 30; i++)
        {
            uint before = (await d.StateAsync()).Frame;
            d.Traffic.Step(d.Host.Frames);
            while ((await d.StateAsync()).Frame == before) await Task.Delay(2);
        }
        HistoryView h = (await d.Http.GetFromJsonAsync<HistoryView>("/api/v1/history", DashboardJson.Options))!;
        Assert.InRange(h.Samples.Length, 3, 5);
        byte[] old = await d.Http.GetByteArrayAsync($"/api/v1/history/frame?at={h.FromMs + 6000}");
        Assert.Equal(FrameEncoder.KeyKind, old[0]);
        Assert.InRange(BitConverter.ToDouble(old, 8), h.FromMs!.Value, h.FromMs.Value + 6000);
        Assert.Equal(HttpStatusCode.NotFound, (await d.Http.GetAsync($"/api/v1/history/frame?at={h.FromMs - 1}")).StatusCode);
    }

    internal static Uri Live(RunningDashboard d) => new($"ws://{d.Host.Address.Authority}/api/v1/live");
}
