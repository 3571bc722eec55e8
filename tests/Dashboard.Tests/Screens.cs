using Microsoft.Playwright;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>A theory that runs only when CITYBRAIN_SCREENS names the folder for the pictures.</summary>
public sealed class ScreensFactAttribute : FactAttribute
{
    public const string Folder = "CITYBRAIN_SCREENS";

    public ScreensFactAttribute() => Skip = Browser.Missing
        ?? (Environment.GetEnvironmentVariable(Folder) is null ? $"takes pictures: set {Folder} to a folder" : null)!;
}

/// <summary>Takes a picture of each screen, to be looked at: CITYBRAIN_SCREENS=folder dotnet test --filter Screens.</summary>
public sealed class Screens(Browser browser) : IClassFixture<Browser>
{
    private static readonly (string Name, string Path)[] All =
    [
        ("map", "/map"), ("close", "/map?id=B2"), ("intersection", "/intersection?id=B2"), ("city", "/city"), ("corridor", "/corridor"),
        ("alarms", "/alarms"), ("feeds", "/feeds"), ("login", "/login"), ("table", "/map?as=table"),
    ];

    [ScreensFact]
    public async Task Take()
    {
        string folder = Directory.CreateDirectory(Environment.GetEnvironmentVariable(ScreensFactAttribute.Folder)!).FullName;
        string[] only = (Environment.GetEnvironmentVariable("CITYBRAIN_SCREENS_ONLY") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        await using RunningDashboard d = await RunningDashboard.StartAsync(size: 5, steps: 200);
        d.Traffic.Fallback = 7;
        d.Play(1000);
        foreach ((string name, string path) in All)
            foreach ((int width, int height) in new[] { (1440, 900), (390, 844) })
                foreach ((string locale, string look) in new[] { ("en-GB", "dark"), ("zh-CN", "light") })
                {
                    string file = $"{name}-{width}x{height}-{locale[..2]}-{look}.png";
                    if (only.Length > 0 && !only.All(o => file.Contains(o, StringComparison.Ordinal))) continue;
                    await TakeAsync(d, path, Path.Combine(folder, file), width, height, locale, look);
                }
    }

    private async Task TakeAsync(RunningDashboard d, string path, string file, int width, int height, string locale, string look)
    {
        var complaints = new List<string>();
        IPage page = await browser.OpenAsync(d, path, complaints, width, height, locale, look);
        await page.Locator(".lamp.ok, .lamp.warn, .lamp.bad").First.WaitForAsync();
        bool map = path.StartsWith("/map", StringComparison.Ordinal) && !path.Contains("table", StringComparison.Ordinal);
        if (map) await page.Locator("[data-testid=map][data-ready=true]").WaitForAsync(new() { Timeout = 180_000 });
        await page.WaitForTimeoutAsync(3500);
        d.Paused = true; // software rendering needs the whole machine for a picture
        await page.WaitForTimeoutAsync(500);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = file, FullPage = width < 500, Timeout = 180_000 });
        d.Paused = false;
        Assert.Empty(complaints);
        await page.Context.DisposeAsync();
    }
}
