using CityBrain.Model;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CityBrain.Dashboard.Tests;

/// <summary>What the page says once a whole week has been learnt.</summary>
[Collection(BrowserTestsShare.Name)]
public sealed class UsualScreenTests(Browser browser) : IDisposable
{
    private const long MinuteMs = 60_000, WeekMinutes = 7 * 24 * 60;
    /// <summary>Monday 27 April 2026: the week before the made-up traffic begins.</summary>
    private static readonly long WeekBefore = new DateTimeOffset(2026, 4, 27, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-week-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A quiet week, a frame a minute: in each hour as many vehicle-hours of delay as the clock shows.</summary>
    private void LearnWeek(City city)
    {
        var usual = new UsualCity(new DashboardOptions { City = city, DataFolder = _folder, TimeZone = "Etc/UTC" });
        var frame = new CityFrame(city);
        for (int lane = 0; lane < frame.Lanes.Length; lane++) (frame.Lanes[lane].Vehicles, frame.Lanes[lane].SpeedMps) = (0.6f, 10);
        for (long minute = 0; minute <= WeekMinutes; minute++)
        {
            frame.TimeMs = WeekBefore + minute * MinuteMs;
            frame.Totals.DelayRate = minute / 60 % 24;
            usual.Note(frame);
        }
        usual.Save();
    }

    [BrowserFact]
    public async Task Today_is_shown_against_the_usual_day()
    {
        City city = MadeUpCity.Build(2, 2);
        LearnWeek(city);
        await using RunningDashboard d = await RunningDashboard.StartAsync(o => o with { City = city, DataFolder = _folder, TimeZone = "Etc/UTC" }, steps: 200);
        d.Play(300);
        IPage page = await browser.OpenAsync(d, "/city");
        ILocator today = page.GetByTestId("today");
        await Expect(today).ToContainTextAsync("Compared with this hour of the week; weeks learnt: 1.", new() { Timeout = 60_000 });
        await today.Locator("summary").ClickAsync();
        await Expect(today.Locator("tbody tr")).ToHaveCountAsync(24, new() { Timeout = 60_000 });
        await Expect(today.Locator("tbody tr").Nth(17)).ToHaveTextAsync("17:00–17", new() { Timeout = 60_000 });
        await Expect(page.Locator(".kpi").First).ToContainTextAsync("usual", new() { Timeout = 60_000 });
        // Queues stand where last Monday everybody drove: the map's order and the lanes say so.
        await Browser.GoAsync(page, "/map?layer=unusual&ground=plain");
        await Expect(page.GetByTestId("worst").Locator("li").First).ToContainTextAsync("× usual", new() { Timeout = 60_000 });
        await Expect(page.Locator(".legend")).Not.ToContainTextAsync("No usual day");
        await page.Context.DisposeAsync();
    }
}
