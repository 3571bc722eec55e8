using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using CityBrain.Model;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CityBrain.Dashboard.Tests;

/// <summary>A map of the world under the city: off unless asked for, from a file of our own or one host more.</summary>
[Collection(BrowserTestsShare.Name)]
public sealed class BasemapTests(Browser browser) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-basemap-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(byte[] archive)
    {
        string path = Path.Combine(_folder, "world.pmtiles");
        File.WriteAllBytes(path, archive);
        return path;
    }

    private static async Task<string> ConnectPolicyAsync(RunningDashboard d) =>
        (await d.Http.GetAsync("/")).Headers.GetValues("Content-Security-Policy").Single()
            .Split("; ").Single(part => part.StartsWith("connect-src", StringComparison.Ordinal));

    [Fact]
    public async Task Without_one_the_page_may_ask_its_own_server_only()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 0);
        Assert.Equal("connect-src 'self'", await ConnectPolicyAsync(d));
        Assert.Null((await d.Http.GetFromJsonAsync<CityView>("/api/v1/city", DashboardJson.Options))!.Basemap);
        Assert.Equal(HttpStatusCode.NotFound, (await d.Http.GetAsync(Basemap.FilePath)).StatusCode);
    }

    [Theory]
    [InlineData("https://tiles.example.org:8443/v1/{z}/{x}/{y}.png?key=a;b", BasemapKind.Raster, "https://tiles.example.org:8443")]
    [InlineData("http://tiles.example.org/{z}/{x}/{y}.mvt", BasemapKind.Vector, "http://tiles.example.org")]
    [InlineData("https://example.org/europe.pmtiles", BasemapKind.Pmtiles, "https://example.org")]
    public async Task An_address_opens_the_policy_for_its_host_alone(string address, BasemapKind kind, string host)
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { Basemap = Basemap.Of(address, "Made-up maps") }, steps: 0);
        Assert.Equal($"connect-src 'self' {host}", await ConnectPolicyAsync(d));
        BasemapView shown = (await d.Http.GetFromJsonAsync<CityView>("/api/v1/city", DashboardJson.Options))!.Basemap!;
        Assert.Equal(new BasemapView(kind, address, "Made-up maps"), shown);
    }

    [Theory]
    [InlineData("https://tiles.example.org/{z}/{x}.png")]
    [InlineData("https://tiles.example.org/{z}/{x}/{y}")]
    [InlineData("https://{s}.example.org/{z}/{x}/{y}.png")]
    [InlineData("https://me:secret@tiles.example.org/{z}/{x}/{y}.png")]
    [InlineData("ftp://tiles.example.org/{z}/{x}/{y}.png")]
    [InlineData("https://*; script-src *")]
    [InlineData("/nowhere/world.pmtiles")]
    public void What_is_no_basemap_is_refused_in_a_sentence(string source) =>
        Assert.EndsWith(".", Assert.Throws<DashboardStartException>(() => Basemap.Of(source)).Message.TrimEnd('\''), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_no_archive_is_refused() =>
        Assert.Throws<DashboardStartException>(() => Basemap.Of(Write("PMTiles\u0002 of an older kind"u8.ToArray())));

    [Fact]
    public async Task A_file_is_read_by_ranges_by_those_who_may_look()
    {
        byte[] archive = TinyPmtiles.Picture();
        await using RunningDashboard d = await RunningDashboard.StartAsync(
            o => o with { Basemap = Basemap.Of(Write(archive)), OpenViewing = false }, steps: 0);
        Assert.Equal("connect-src 'self'", await ConnectPolicyAsync(d));
        Assert.Equal(HttpStatusCode.Unauthorized, (await d.Http.GetAsync(Basemap.FilePath)).StatusCode);
        using HttpClient admin = await d.LogInAsync();
        HttpResponseMessage part = await Range(admin, 0, 126);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(archive[..127], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal(archive.Length, part.Content.Headers.ContentRange!.Length);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await Range(admin, archive.Length, archive.Length + 9)).StatusCode);
        // Another file in its place is told from the one that was read before.
        await File.WriteAllBytesAsync(Path.Combine(_folder, "world.pmtiles"), [.. archive, 0]);
        Assert.NotEqual(part.Headers.ETag, (await Range(admin, 0, 126)).Headers.ETag);
    }

    private static Task<HttpResponseMessage> Range(HttpClient http, int from, int to) =>
        http.SendAsync(new HttpRequestMessage(HttpMethod.Get, Basemap.FilePath) { Headers = { Range = new RangeHeaderValue(from, to) } });

    [BrowserTheory]
    [InlineData("plain", false), InlineData("plain", true), InlineData("gl", false), InlineData("gl", true)]
    public async Task It_lies_under_the_city_with_its_credit(string ground, bool vector)
    {
        string file = Write(vector ? TinyPmtiles.Sea() : TinyPmtiles.Picture());
        await using RunningDashboard d = await RunningDashboard.StartAsync(
            o => o with { Basemap = Basemap.Of(file), City = MadeUpCity.Build(2, 2, new GeoOrigin(30.25, 120.16)) });
        d.Play(300);
        var complaints = new List<string>();
        IPage page = await browser.OpenAsync(d, $"/map?ground={ground}", complaints, 500, 400);
        await Expect(page.Locator("[data-testid=map][data-ready=true]")).ToBeVisibleAsync(new() { Timeout = 180_000 });
        await Expect(page.GetByTestId("credit")).ToHaveTextAsync("Made-up maps", new() { Timeout = 60_000 });
        // The sea is the page's own colour of water; the picture shows through the land.
        string wanted = vector ? "(r, g, b) => Math.abs(r - 26) + Math.abs(g - 54) + Math.abs(b - 72) < 9" : "(r, g, b) => r > 60 && b > 60 && g < 45";
        double share = 0;
        for (int i = 0; i < 100 && share < 0.15; i++)
        {
            share = await page.ShareOfPixelsAsync(await page.Locator(".mapbox").ScreenshotAsync(new() { Timeout = 180_000 }), wanted);
            if (share < 0.15) await page.WaitForTimeoutAsync(200);
        }
        // A picture that is saved shows it too, although WebGL forgets what it drew.
        double saved = vector ? 1 : await page.ShareOfPixelsAsync(await Browser.SavedAsync(page, "PNG"), wanted);
        await page.Context.DisposeAsync();
        Assert.True(saved >= 0.05, $"{saved:P0} of the saved picture shows the basemap");
        Assert.True(share >= 0.15, $"{share:P0} of the map shows the basemap");
        Assert.Empty(complaints);
    }
}
