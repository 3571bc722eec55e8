using System.Net.Http.Json;
using CityBrain.Testing;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CityBrain.Dashboard.Tests;

/// <summary>The dashboard in a real browser, against made-up traffic.</summary>
public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions PatientText = new() { Timeout = 60_000 };

    [BrowserFact]
    public async Task The_map_draws_and_the_figures_move()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 120);
        d.Play(1000);
        var complaints = new List<string>();
        IPage page = await browser.OpenAsync(d, "/map", complaints, 800, 600);
        // Drawing WebGL in software takes its time on a busy machine.
        await Expect(page.Locator("[data-testid=map][data-ready=true]")).ToBeVisibleAsync(new() { Timeout = 180_000 });
        await Expect(page.GetByTestId("worst").Locator("li").First).ToBeVisibleAsync(Patient);
        string before = await page.Locator(".vital b").InnerTextAsync();
        await Expect(page.Locator(".vital b")).Not.ToHaveTextAsync(before, new() { Timeout = 60_000 });
        await d.PauseAsync();
        byte[] map = await page.Locator(".maplibregl-canvas").ScreenshotAsync(new() { Timeout = 180_000 });
        Assert.True(map.Length > 8_000, $"the map's picture has {map.Length} bytes: nothing is drawn");
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task Both_languages_are_there_from_the_first_load_and_the_choice_is_kept()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        IPage page = await browser.OpenAsync(d, "/feeds", locale: "zh-CN");
        await Expect(page.Locator("h1")).ToHaveTextAsync("数据源", new() { Timeout = 60_000 });
        Assert.Equal("zh-CN", await page.Locator("html").GetAttributeAsync("lang"));
        await page.Locator(".tools select").SelectOptionAsync("en");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Feeds");
        await page.ReloadAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Feeds", new() { Timeout = 60_000 });
    }

    [BrowserFact]
    public async Task An_operator_holds_a_stage_from_click_to_signal()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 30);
        using HttpClient admin = await d.LogInAsync();
        await admin.PutAsJsonAsync("/api/v1/accounts/kim", new AccountRequest(Role.Operator, "correct horse battery"), DashboardJson.Options);
        d.Play(500);
        IPage page = await browser.OpenAsync(d, "/intersection?id=A1");
        await page.GetByText("Log in as an operator").ClickAsync();
        await page.Locator("input[autocomplete=username]").FillAsync("kim");
        await page.Locator("input[type=password]").FillAsync("correct horse battery");
        await page.Locator("button.main").ClickAsync();
        await Expect(page.GetByTestId("stepin")).ToContainTextAsync("What will happen", PatientText);
        await page.GetByTestId("kind").SelectOptionAsync("Hold");
        await page.GetByTestId("reason").FillAsync("parade on Market Street");
        await page.GetByTestId("stepin").Locator("button.main").ClickAsync();
        await Expect(page.GetByTestId("stepin")).ToContainTextAsync("In force: Hold this stage", PatientText);
        await page.GotoAsync("/audit");
        await Expect(page.GetByTestId("audit")).ToContainTextAsync("parade on Market Street", PatientText);
    }

    [BrowserFact]
    public async Task A_viewer_is_told_that_the_role_cannot_step_in()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 30);
        using HttpClient admin = await d.LogInAsync();
        await admin.PutAsJsonAsync("/api/v1/accounts/vic", new AccountRequest(Role.Viewer, "correct horse battery"), DashboardJson.Options);
        IPage page = await browser.OpenAsync(d, "/login?back=A1");
        await page.Locator("input[autocomplete=username]").FillAsync("vic");
        await page.Locator("input[type=password]").FillAsync("correct horse battery");
        await page.Locator("button.main").ClickAsync();
        await Expect(page.GetByTestId("stepin")).ToContainTextAsync("Your role (viewer) cannot step in", PatientText);
        await Expect(page.GetByTestId("kind")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_dead_feed_shows_on_the_feeds_and_as_an_alarm()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        d.Traffic.CameraUp = false;
        d.Play(500);
        IPage page = await browser.OpenAsync(d, "/feeds");
        await Expect(page.GetByTestId("feeds").Locator("tr", new() { HasText = "Cameras" })).ToContainTextAsync("down", PatientText);
        await page.GotoAsync("/alarms");
        await Expect(page.Locator("section", new() { HasText = "Feed down" })).ToContainTextAsync("urgent", PatientText);
    }

    [BrowserFact]
    public async Task A_dead_server_is_said_and_its_return_is_found()
    {
        RunningDashboard d = await RunningDashboard.StartAsync();
        int port = d.Host.Address.Port;
        IPage page = await browser.OpenAsync(d, "/city");
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Live", new() { Timeout = 60_000 });
        await d.DisposeAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The server does not answer", PatientText);
        await using RunningDashboard again = await RunningDashboard.StartAsync(o => o with { Port = port });
        again.Play(500);
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Live", new() { Timeout = 60_000 });
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_silent_brain_is_stale_not_live()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        IPage page = await browser.OpenAsync(d, "/city");
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Stale", new() { Timeout = 60_000 });
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The brain has sent nothing", PatientText);
    }

    /// <summary>axe-core with the rules of WCAG 2.2 A and AA, on every screen, in both looks.</summary>
    [BrowserTheory]
    [InlineData("/map", "dark"), InlineData("/map?as=table", "light"), InlineData("/intersection?id=A1", "light")]
    [InlineData("/intersection?id=A1", "dark"), InlineData("/city", "dark"), InlineData("/city", "light"), InlineData("/corridor", "dark")]
    [InlineData("/alarms", "light"), InlineData("/feeds", "dark"), InlineData("/login", "light"), InlineData("/audit", "dark")]
    public async Task Axe_finds_nothing(string path, string look)
    {
        string axe = Path.Combine(RealPart.Root, "web", "node_modules", "axe-core", "axe.min.js");
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 120);
        IPage page = await browser.OpenAsync(d, path, look: look, width: 1200, height: 800);
        await Expect(page.Locator(".lamp").First).ToBeVisibleAsync(Patient);
        await page.WaitForTimeoutAsync(1500);
        // The policy of the page lets no foreign script in: axe comes through the debugger.
        await page.EvaluateAsync(await File.ReadAllTextAsync(axe) + ";window.axe=axe;undefined");
        string[] found = await page.EvaluateAsync<string[]>("""
            async () => {
              const result = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
              const nodes = result.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? ''}`));
              return result.passes.length > 5 ? nodes : [...nodes, `axe looked at next to nothing: ${result.passes.length} rules`];
            }
            """);
        Assert.Empty(found);
    }
}
