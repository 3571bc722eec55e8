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
        ("/login", "Logged in as eve, engineer", "已登录：eve，工程师"),
    ];

    [BrowserTheory]
    [InlineData("en-GB", 1200), InlineData("en-GB", 360), InlineData("zh-CN", 1200), InlineData("zh-CN", 360)]
    public async Task Axe_finds_nothing_and_nothing_is_wider_than_the_window(string locale, int width)
    {
        RunningDashboard d = await browser.TownAsync();
        bool english = locale == "en-GB";
        // Colours do not depend on the language: English pages are looked at in both looks, Chinese ones in the light one.
        IPage page = await browser.OpenAsync(d, "/login", locale: locale, width: width, height: 800, look: english ? "dark" : "light");
        await BringAxeAsync(page);
        List<string> found = [.. await LookAsync(page, "/login", english)];
        await Browser.LogInAsync(page, "eve", "");
        foreach ((string path, string inEnglish, string inChinese) in Screens)
        {
            await Browser.GoAsync(page, path);
            await Expect(page.Locator("h1")).ToHaveTextAsync(english ? inEnglish : inChinese, new() { Timeout = 60_000 });
            await page.WaitForTimeoutAsync(width > 400 ? 400 : 1000); // what is asked for; scrollers that take the focus
            found.AddRange(await LookAsync(page, path, english));
            found.AddRange(await WideAsync(page, path));
        }
        await page.Context.DisposeAsync();
        Assert.True(found is [], string.Join('\n', found));
    }

    /// <summary>The policy of the page lets no foreign script in: axe comes through the debugger.</summary>
    private static async Task BringAxeAsync(IPage page)
    {
        string axe = await File.ReadAllTextAsync(Path.Combine(RealPart.Root, "web", "node_modules", "axe-core", "axe.min.js"));
        await page.EvaluateAsync(axe + ";window.axe=axe;undefined");
    }

    [BrowserFact]
    public async Task Axe_finds_nothing_on_the_map()
    {
        IPage page = await browser.OpenAsync(await browser.TownAsync(), "/map?layer=unusual", width: 700, height: 500);
        await Expect(page.Locator("[data-testid=map][data-ready=true]")).ToBeVisibleAsync(new() { Timeout = 180_000 });
        await BringAxeAsync(page);
        string[] found = await LookAsync(page, "/map", bothLooks: true);
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
        // From the first stop line to the second, 240 m, at 14 m/s; vehicles are seen between them, not at the stop lines alone.
        await Expect(page.Locator("main section").Last).ToContainTextAsync("at free speed 17", new() { Timeout = 60_000 });
        await page.WaitForFunctionAsync(DotsBetween, null, new() { Timeout = 60_000 });
        await page.Context.DisposeAsync();
    }

    /// <summary>True when the diagram shows vehicles in the middle third of its height.</summary>
    private const string DotsBetween = """
        () => {
          const canvas = document.querySelector('.timespace canvas'), third = Math.floor(canvas.height / 3);
          return canvas.width > 0 && third > 0 && canvas.getContext('2d').getImageData(0, third, canvas.width, third).data.some((v, i) => i % 4 === 3 && v > 0);
        }
        """;

    [BrowserTheory]
    [InlineData(768), InlineData(3840)]
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
            wide.AddRange(await WideAsync(page, path));
        }
        await page.Context.DisposeAsync();
        Assert.True(wide is [], string.Join('\n', wide));
    }

    private static async Task<string[]> WideAsync(IPage page, string path)
    {
        int over = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");
        return over <= 0 ? [] : [$"{path} is {over} px too wide: " + await page.EvaluateAsync<string>(Widest)];
    }

    /// <summary>The innermost elements that reach beyond the window.</summary>
    private const string Widest = """
        [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && e.childElementCount === 0)
          .slice(0, 3).map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`).join('; ')
        """;

    /// <summary>All rules as the screen is, and that of contrast in the other look.</summary>
    private static Task<string[]> LookAsync(IPage page, string path, bool bothLooks) => page.EvaluateAsync<string[]>("""
        async ([path, both]) => {
          // What happens to lie under the bar at the bottom would count as too small a target; one scrolls it free.
          document.querySelector('.foot')?.style.setProperty('position', 'static');
          const root = document.documentElement, first = root.dataset.look, found = [];
          for (const [look, rules] of [[first, ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']], [first === 'dark' ? 'light' : 'dark', null]]) {
            if (!rules && !both) continue;
            root.dataset.look = look;
            const result = await axe.run({ runOnly: rules ?? { type: 'rule', values: ['color-contrast'] } });
            found.push(...result.violations.flatMap(v => v.nodes.map(n => `${path} ${look} ${v.id}: ${n.target.join(' ')} ${n.any[0]?.message ?? ''}`)));
            if (result.passes.length < (rules ? 6 : 1)) found.push(`${path}: axe looked at next to nothing: ${result.passes.length} rules`);
          }
          root.dataset.look = first;
          return found;
        }
        """, new object[] { path, bothLooks });

    [BrowserFact]
    public async Task The_keyboard_reaches_whatever_the_mouse_can_use_and_shows_where_it_is()
    {
        RunningDashboard d = await browser.TownAsync();
        IPage page = await browser.OpenAsync(d, "/login", width: 1000, height: 800);
        await Browser.LogInAsync(page, "eve", "");
        List<string> missed = [];
        foreach ((string path, string english, string _) in Screens.Append(("/login?", "Log in", "")).Append(("/map?ground=plain", "Map of the city", "")))
        {
            await Browser.GoAsync(page, path);
            if (!path.StartsWith("/login", StringComparison.Ordinal)) await Expect(page.Locator("h1")).ToHaveTextAsync(english, new() { Timeout = 60_000 });
            await page.WaitForTimeoutAsync(700);
            d.Paused = true; // nothing comes and goes meanwhile
            await page.WaitForTimeoutAsync(300);
            int wanted = await page.EvaluateAsync<int>(Usable);
            for (int i = 0; i < wanted + 30 && !await page.EvaluateAsync<bool>("unreached.size === 0"); i++)
                for (int k = 0; k < 10; k++) await page.Keyboard.PressAsync("Tab");
            missed.AddRange(await page.EvaluateAsync<string[]>("path => [...unreached].map(e => `${path} never reached: ${e.outerHTML.slice(0, 90)}`).concat([...unmarked].map(e => `${path} ${e}`))", path));
            d.Paused = false;
            if (wanted < 8) missed.Add($"{path} has only {wanted} elements to use");
        }
        await page.Context.DisposeAsync();
        Assert.True(missed is [], string.Join('\n', missed));
    }

    /// <summary>Gathers what can be used on the page, and from now on crosses out what takes the focus; says how many there are.</summary>
    private const string Usable = """
        (() => {
          if (!window.unreached) addEventListener('focusin', e => {
            unreached.delete(e.target);
            const style = getComputedStyle(e.target);
            if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) unmarked.add('no mark of the focus: ' + e.target.outerHTML.slice(0, 90));
          });
          window.unmarked = new Set();
          document.activeElement?.blur();
          const all = [...document.querySelectorAll('a[href], button, select, input, textarea, summary, [tabindex="0"], [role=application]')];
          window.unreached = new Set(all.filter(e => !e.disabled && e.checkVisibility() && e.getClientRects().length > 0));
          return unreached.size;
        })()
        """;
}
