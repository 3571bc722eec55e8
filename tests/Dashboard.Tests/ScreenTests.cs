using CityBrain.Testing;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CityBrain.Dashboard.Tests;

/// <summary>Every screen, in both languages and looks: it says what it is, fits its width, and axe finds nothing.</summary>
[Collection(BrowserTestsShare.Name)]
public sealed class ScreenTests(Browser browser)
{
    private static readonly (string Path, string English, string Chinese)[] Screens =
    [
        ("/map?as=table", "Map of the city", "城市地图"), ("/intersection?id=A1", "Elm Street / First Avenue", "榆树街 / 第一大道"),
        ("/intersection?id=B1", "Elm Street / Second Avenue", "榆树街 / 第二大道"), ("/city", "City", "全城"), ("/corridor", "Corridor", "干线"),
        ("/alarms?show=all", "Alarms", "告警"), ("/feeds", "Feeds", "数据源"), ("/audit", "Who did what", "操作日志"),
    ];

    [BrowserTheory]
    [InlineData("dark", "en-GB", 1200), InlineData("light", "en-GB", 1200), InlineData("dark", "zh-CN", 1200), InlineData("light", "zh-CN", 360)]
    public async Task Axe_finds_nothing(string look, string locale, int width)
    {
        RunningDashboard d = await browser.TownAsync();
        IPage page = await browser.OpenAsync(d, "/login", look: look, locale: locale, width: width, height: 800);
        string axe = await File.ReadAllTextAsync(Path.Combine(RealPart.Root, "web", "node_modules", "axe-core", "axe.min.js"));
        // The policy of the page lets no foreign script in: axe comes through the debugger.
        await page.EvaluateAsync(axe + ";window.axe=axe;undefined");
        List<string> found = [.. await LookAsync(page, "/login")];
        await Browser.LogInAsync(page, "eve", "");
        foreach ((string path, string english, string chinese) in Screens)
        {
            await Browser.GoAsync(page, path);
            await Expect(page.Locator("h1")).ToHaveTextAsync(locale == "zh-CN" ? chinese : english, new() { Timeout = 60_000 });
            await page.WaitForTimeoutAsync(width > 400 ? 400 : 1200); // what is asked for; scrollers that take the focus
            found.AddRange(await LookAsync(page, path));
        }
        await page.Context.DisposeAsync();
        Assert.True(found is [], string.Join('\n', found));
    }

    [BrowserFact]
    public async Task Axe_finds_nothing_on_the_map()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/map?layer=unusual", width: 700, height: 500);
        await Expect(page.Locator("[data-testid=map][data-ready=true]")).ToBeVisibleAsync(new() { Timeout = 180_000 });
        await page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(RealPart.Root, "web", "node_modules", "axe-core", "axe.min.js")) + ";window.axe=axe;undefined");
        string[] found = await LookAsync(page, "/map");
        await page.Context.DisposeAsync();
        Assert.True(found is [], string.Join('\n', found));
    }

    [BrowserFact]
    public async Task The_stage_plan_shows_who_has_green_and_where_the_barriers_are()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/intersection?id=A1");
        ILocator plan = page.GetByTestId("plan");
        await Expect(plan.Locator("th.stage")).ToHaveCountAsync(4, new() { Timeout = 60_000 });
        // Through and left of each axis take turns, and never share a stage: one ring, a barrier at each change.
        await Expect(plan.Locator("th.barrier")).ToHaveCountAsync(3);
        ILocator ring = plan.Locator("tbody tr");
        await Expect(ring).ToHaveCountAsync(2);
        await Expect(ring.Nth(0).Locator("td")).ToHaveTextAsync(["n-through, s-through", "n-left, s-left", "e-through, w-through", "e-left, w-left"]);
        await Expect(ring.Nth(1).Locator("th")).ToHaveTextAsync("on foot");
        await Expect(plan.Locator("th[data-on=true]")).ToHaveCountAsync(1);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task An_intersection_says_why_the_brain_does_not_control_it()
    {
        RunningDashboard d = await browser.TownAsync();
        IPage page = await browser.OpenAsync(d, $"/intersection?id={d.City.Intersections[2].Id}");
        await Expect(page.GetByTestId("nothand")).ToContainTextAsync("The sensors have been silent for too long", new() { Timeout = 60_000 });
        await Expect(page.GetByTestId("nothand")).ToContainTextAsync("since", new() { Timeout = 60_000 });
        await Expect(page.GetByTestId("placealarms")).ToContainTextAsync("Runs its own programme");
        await Browser.GoAsync(page, "/intersection?id=A1");
        await Expect(page.Locator("h1")).ToHaveTextAsync("Elm Street / First Avenue");
        await Expect(page.GetByTestId("nothand")).ToHaveCountAsync(0);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_street_is_a_corridor_in_each_direction()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/corridor");
        // Two streets and two avenues of two signals each, both ways.
        await Expect(page.Locator("main select option")).ToHaveCountAsync(8, new() { Timeout = 60_000 });
        await page.Context.DisposeAsync();
    }

    [BrowserTheory]
    [InlineData(360), InlineData(768), InlineData(3840)]
    public async Task No_screen_is_wider_than_its_window(int width)
    {
        RunningDashboard d = await browser.TownAsync();
        IPage page = await browser.OpenAsync(d, "/login", width: width, height: 740);
        await Browser.LogInAsync(page, "eve", "");
        var wide = new List<string>();
        foreach ((string path, string english, string _) in Screens)
        {
            await Browser.GoAsync(page, path);
            await Expect(page.Locator("h1")).ToHaveTextAsync(english, new() { Timeout = 60_000 });
            await page.WaitForTimeoutAsync(300);
            int over = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
            if (over > 0) wide.Add($"{path} is {over} px too wide: " + await page.EvaluateAsync<string>(Widest));
        }
        await page.Context.DisposeAsync();
        Assert.True(wide is [], string.Join('\n', wide));
    }

    /// <summary>The innermost elements that reach beyond the window.</summary>
    private const string Widest = """
        [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && e.childElementCount === 0)
          .slice(0, 3).map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`).join('; ')
        """;

    private static Task<string[]> LookAsync(IPage page, string path) => page.EvaluateAsync<string[]>("""
        async path => {
          const result = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
          const nodes = result.violations.flatMap(v => v.nodes.map(n => `${path} ${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? ''}`));
          return result.passes.length > 5 ? nodes : [...nodes, `${path}: axe looked at next to nothing: ${result.passes.length} rules`];
        }
        """, path);
}
