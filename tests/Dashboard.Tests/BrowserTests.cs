using System.Net.Http.Json;
using CityBrain.Model;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CityBrain.Dashboard.Tests;

/// <summary>What an operator does and meets, in a real browser, against made-up traffic.</summary>
[Collection(BrowserTestsShare.Name)]
public sealed class BrowserTests(Browser browser)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToContainTextOptions PatientText = new() { Timeout = 60_000 };
    private static readonly LocatorAssertionsToHaveTextOptions PatientExact = new() { Timeout = 60_000 };

    [BrowserTheory, InlineData("plain", ".ground > canvas"), InlineData("gl", ".maplibregl-canvas")]
    public async Task The_map_draws_and_the_figures_move(string ground, string canvas)
    {
        RunningDashboard d = await browser.TownAsync();
        var complaints = new List<string>();
        IPage page = await browser.OpenAsync(d, $"/map?ground={ground}", complaints, 800, 600);
        var loaded = new HashSet<string>();
        page.Request += (_, request) => loaded.Add(new Uri(request.Url).AbsolutePath);
        await page.ReloadAsync();
        // WebGL done in software takes its time on a busy machine.
        await Expect(page.Locator("[data-testid=map][data-ready=true]")).ToBeVisibleAsync(new() { Timeout = 180_000 });
        await Expect(page.GetByTestId("worst").Locator("li").First).ToBeVisibleAsync(Patient);
        string before = await page.Locator(".vital b").InnerTextAsync();
        await Expect(page.Locator(".vital b")).Not.ToHaveTextAsync(before, PatientExact);
        await page.WaitForFunctionAsync(BothCanvasesDrawn, null, new() { Timeout = 60_000 });
        d.Paused = true;
        byte[] map = await page.Locator(canvas).ScreenshotAsync(new() { Timeout = 180_000 });
        d.Paused = false;
        await page.Context.DisposeAsync();
        Assert.True(map.Length > 8_000, $"the map's picture has {map.Length} bytes: nothing is drawn");
        Assert.Empty(complaints);
        long packed = loaded.Select(path => path == "/map" ? "/index.html" : path).Select(path => new FileInfo($"{FrontEnd.Find()}{path}.gz"))
            .Where(file => file.Exists).Sum(file => file.Length);
        Assert.InRange(packed, 50_000, 500_000); // the first view, gzip
    }

    /// <summary>True when the canvas of the lanes and that of the marks over the ground both show some pixels in some colours.</summary>
    private const string BothCanvasesDrawn = """
        () => [...document.querySelectorAll('.mapbox > canvas')].every(canvas => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width || 1, canvas.height || 1), colours = new Set();
          let n = 0;
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 250) { n++; colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]); }
          return n > 400 && colours.size >= 3;
        }) && document.querySelectorAll('.mapbox > canvas').length === 2
        """;

    [BrowserFact]
    public async Task The_map_is_moved_by_keys_and_mouse_and_its_place_is_in_the_address()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/map?ground=plain", width: 1000, height: 700);
        ILocator map = page.Locator("[data-testid=map][data-ready=true]");
        await Expect(map).ToBeVisibleAsync(Patient);
        double[] start = await At(page, 0);
        await map.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        double[] east = await At(page, start[0]);
        Assert.True(east[0] > start[0] && east[2] == start[2], "the arrow key looks east");
        await page.Keyboard.PressAsync("+");
        Assert.Equal(start[2] + 1, (await At(page, 0, start[2]))[2], 0.02);
        await page.Mouse.MoveAsync(300, 400);
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(420, 400, new() { Steps = 4 });
        await page.Mouse.UpAsync();
        double[] west = await At(page, east[0]);
        Assert.True(west[0] < east[0], "dragging to the right looks west");
        Assert.Contains("/map", page.Url, StringComparison.Ordinal);
        await page.Context.DisposeAsync();
    }

    /// <summary>Longitude, latitude and zoom of the address, once they are others than these.</summary>
    private static async Task<double[]> At(IPage page, double longitudeBefore, double zoomBefore = -1)
    {
        for (int i = 0; i < 600; i++)
        {
            string? at = System.Web.HttpUtility.ParseQueryString(new Uri(page.Url).Query)["at"];
            double[]? got = at?.Split(',').Select(s => double.Parse(s, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            if (got is not null && (zoomBefore >= 0 ? got[2] != zoomBefore : got[0] != longitudeBefore)) return got;
            await Task.Delay(50);
        }
        throw new TimeoutException("the address did not follow the map");
    }

    [BrowserFact]
    public async Task The_first_language_is_the_browsers_and_the_choice_is_kept()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/feeds", locale: "zh-CN");
        await Expect(page.Locator("h1")).ToHaveTextAsync("数据源", PatientExact);
        Assert.Equal("zh-CN", await page.Locator("html").GetAttributeAsync("lang"));
        await page.Locator(".tools select").SelectOptionAsync("en");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Feeds");
        await page.ReloadAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Feeds", PatientExact);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task An_operator_forces_a_stage_from_click_to_signal()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 30);
        await d.AddAccountAsync("kim", Role.Operator);
        d.Play(120);
        IPage page = await browser.OpenAsync(d, "/intersection?id=A1");
        await page.GetByText("Log in as an operator").ClickAsync();
        await Browser.LogInAsync(page, "kim", "");
        ILocator step = page.GetByTestId("stepin");
        await Expect(step).ToContainTextAsync("What will happen", PatientText);
        await page.GetByTestId("kind").SelectOptionAsync("Force");
        await step.Locator("select").Nth(1).SelectOptionAsync(new SelectOptionValue { Label = "4" });
        await page.GetByTestId("reason").FillAsync("parade on Market Street");
        await step.Locator("button.main").ClickAsync();
        await Expect(step).ToContainTextAsync("In force: Go to a stage (Stage 4)", PatientText);
        await Expect(page.GetByTestId("stage")).ToHaveTextAsync("Stage 4", PatientExact);
        await Expect(page.GetByTestId("now")).ToContainTextAsync("for ", PatientText); // no longer changing: its greens are on
        await Browser.GoAsync(page, "/audit");
        await Expect(page.GetByTestId("audit")).ToContainTextAsync("parade on Market Street", PatientText);
        await Expect(page.GetByTestId("chain")).ToContainTextAsync("The chain is whole", PatientText);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_viewer_is_told_that_the_role_cannot_step_in()
    {
        RunningDashboard d = await browser.TownAsync();
        await d.AddAccountAsync("vic", Role.Viewer);
        IPage page = await browser.OpenAsync(d, "/login?back=A1");
        await Browser.LogInAsync(page, "vic", "");
        await Expect(page.GetByTestId("stepin")).ToContainTextAsync("Your role (viewer) cannot step in", PatientText);
        await Expect(page.GetByTestId("kind")).ToHaveCountAsync(0);
        await Browser.GoAsync(page, "/city");
        await Expect(page.GetByTestId("citywide")).ToContainTextAsync("needs the role engineer", PatientText);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task What_one_engineer_asks_for_another_confirms()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 30);
        await d.AddAccountAsync("eve", Role.Engineer);
        d.Play(300);
        IPage page = await browser.OpenAsync(d, "/login");
        await Browser.LogInAsync(page, "eve", "");
        await Browser.GoAsync(page, "/city");
        ILocator wide = page.GetByTestId("citywide");
        await wide.Locator("input").Last.FillAsync("storm warning");
        await wide.GetByText("Ask for it").ClickAsync();
        await Expect(wide).ToContainTextAsync("Another person has to confirm this", PatientText);
        using HttpClient admin = await d.LogInAsync();
        await admin.PostAsJsonAsync("/api/v1/city/actions", new CityActionBody(OverrideKind.Release, null, null, "storm is over"), DashboardJson.Options);
        await wide.Locator("li", new() { HasText = "storm is over" }).GetByText("Confirm").ClickAsync();
        await Expect(wide).ToContainTextAsync("Confirmed and sent", PatientText);
        await Browser.GoAsync(page, "/audit");
        await Expect(page.GetByTestId("audit")).ToContainTextAsync("city-wide Release: taken by 4 of 4", PatientText);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_session_that_one_does_not_know_is_seen_and_ended()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 3);
        await d.AddAccountAsync("kim", Role.Operator);
        using HttpClient forgotten = await d.LogInAsync("kim", Browser.OperatorPassword, "A browser at home");
        IPage page = await browser.OpenAsync(d, "/login", width: 900, height: 700);
        await Browser.LogInAsync(page, "kim", "");
        await Browser.GoAsync(page, "/login");
        ILocator sessions = page.GetByTestId("sessions").Locator("tbody tr");
        await Expect(sessions).ToHaveCountAsync(2, new() { Timeout = 60_000 });
        await Expect(sessions.First).ToContainTextAsync("A browser at home", PatientText);
        await Expect(sessions.Last).ToContainTextAsync("this one", PatientText);
        await sessions.First.GetByText("End", new() { Exact = true }).ClickAsync();
        await Expect(sessions).ToHaveCountAsync(1, new() { Timeout = 60_000 });
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await forgotten.GetAsync("/api/v1/audit")).StatusCode);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task An_alarm_is_acknowledged_and_cleared_by_name()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync(steps: 30);
        await d.AddAccountAsync("kim", Role.Operator);
        d.Traffic.CameraUp = false;
        d.Play(300);
        IPage page = await browser.OpenAsync(d, "/login");
        await Browser.LogInAsync(page, "kim", "");
        await Browser.GoAsync(page, "/alarms");
        ILocator group = page.Locator("section", new() { HasText = "Feed down" });
        await Expect(group).ToContainTextAsync("urgent", PatientText);
        await group.GetByText("Acknowledge", new() { Exact = true }).ClickAsync();
        await Expect(group).ToContainTextAsync("by kim", PatientText);
        await group.GetByText("Clear", new() { Exact = true }).ClickAsync();
        await Expect(group).ToHaveCountAsync(0, new() { Timeout = 60_000 });
        await page.GetByText("All", new() { Exact = true }).ClickAsync();
        await Expect(group).ToContainTextAsync("cleared by kim", PatientText);
        await Browser.GoAsync(page, "/feeds");
        await Expect(page.GetByTestId("feeds").Locator("tr", new() { HasText = "Cameras" })).ToContainTextAsync("down", PatientText);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task The_past_has_the_same_screens_and_its_own_address()
    {
        RunningDashboard d = await browser.TownAsync();
        IPage page = await browser.OpenAsync(d, "/intersection?id=A1");
        ILocator back = page.GetByLabel("A minute back");
        await page.RunAndWaitForResponseAsync(() => back.ClickAsync(), r => r.Url.Contains("/history/frame", StringComparison.Ordinal));
        await page.WaitForTimeoutAsync(200);
        await Expect(page.Locator(".notice")).ToContainTextAsync("You are looking at the past", PatientText);
        await Expect(page.GetByTestId("stepin")).Not.ToContainTextAsync("What will happen");
        string shown = await page.Locator(".vital b").InnerTextAsync();
        Assert.Contains("t=", page.Url, StringComparison.Ordinal);
        await Browser.GoAsync(page, "/city");
        await Expect(page.Locator(".vital b")).ToHaveTextAsync(shown, PatientExact);
        await page.ReloadAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("You are looking at the past", PatientText);
        await Expect(page.Locator(".vital b")).ToHaveTextAsync(shown, PatientExact);
        await page.GetByText("Back to live").ClickAsync();
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Live", PatientExact);
        Assert.DoesNotContain("t=", page.Url, StringComparison.Ordinal);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task What_is_seen_is_saved_as_csv_arrow_and_picture()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/map?as=table", width: 1000, height: 700);
        await Expect(page.GetByTestId("places")).ToBeVisibleAsync(Patient);
        string csv = System.Text.Encoding.UTF8.GetString(await Browser.SavedAsync(page, "CSV"));
        Assert.StartsWith("\ufeffid,name,delay,usual_delay,stopped", csv, StringComparison.Ordinal);
        Assert.Equal(1 + 4, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("A1,Elm Street / First Avenue,", csv, StringComparison.Ordinal);
        byte[] arrow = await Browser.SavedAsync(page, "Arrow");
        Assert.Equal("ARROW1"u8.ToArray(), arrow[..6]);
        Assert.Equal("ARROW1"u8.ToArray(), arrow[^6..]);
        byte[] png = await Browser.SavedAsync(page, "PNG");
        Assert.Equal([0x89, 0x50, 0x4e, 0x47], png[..4]);
        Assert.True(png.Length > 20_000, $"the picture has {png.Length} bytes: it is empty");
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_view_is_kept_and_found_again()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/alarms?show=all");
        await page.Locator("summary", new() { HasText = "Views" }).ClickAsync();
        await page.Locator(".drop input").FillAsync("All that was wrong");
        await page.Locator(".drop form button").ClickAsync();
        await Browser.GoAsync(page, "/feeds");
        await page.ReloadAsync();
        await page.Locator("summary", new() { HasText = "Views" }).ClickAsync();
        await page.GetByText("All that was wrong").ClickAsync();
        await page.WaitForURLAsync("**/alarms?show=all");
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task The_keyboard_alone_reaches_the_worst_intersection()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/map?as=table", width: 1000, height: 700);
        await Expect(page.GetByTestId("worst").Locator("li").First).ToBeVisibleAsync(Patient);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to content", await page.EvaluateAsync<string>("document.activeElement.textContent"));
        bool reached = false;
        for (int i = 0; i < 80 && !reached; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached = await page.EvaluateAsync<bool>("!!document.activeElement.closest('[data-testid=worst]')");
        }
        Assert.True(reached);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/intersection?id=*");
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_dead_server_is_said_and_its_return_is_found()
    {
        RunningDashboard d = await RunningDashboard.StartAsync();
        int port = d.Host.Address.Port;
        IPage page = await browser.OpenAsync(d, "/city");
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Live", PatientExact);
        await d.DisposeAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The server does not answer", PatientText);
        await using RunningDashboard again = await RunningDashboard.StartAsync(o => o with { Port = port });
        again.Play(500);
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Live", PatientExact);
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_silent_brain_is_stale_not_live()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        IPage page = await browser.OpenAsync(d, "/city");
        await Expect(page.Locator(".lamp").First).ToHaveTextAsync("Stale", PatientExact);
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The brain has sent nothing", PatientText);
        await page.Context.DisposeAsync();
    }
}
