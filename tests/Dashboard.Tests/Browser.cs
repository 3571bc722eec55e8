using CityBrain.Testing;
using Microsoft.Playwright;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>The browser tests: one after the other, with one browser and one town that is only looked at.</summary>
[CollectionDefinition(Name)]
public sealed class BrowserTestsShare : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}

/// <summary>Debian's Chromium, headless, shared by the browser tests, without a graphics card: the map's ground is a canvas, unless a test asks for WebGL.</summary>
public sealed class Browser : IAsyncLifetime
{
    public const string OperatorPassword = "correct horse battery";

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private RunningDashboard? _town;

    /// <summary>Why the browser tests cannot run here, or null.</summary>
    public static string? Missing =>
        RealPart.Missing("chromium") ?? (FrontEnd.Find() is null ? "needs web/dist: npm ci && npm run build in web/" : null);

    public async Task InitializeAsync()
    {
        if (Missing is not null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = RealPart.Find("chromium"), Args = Arguments,
        });
    }

    /// <summary>A dashboard with traffic that moves on, and an engineer "eve"; for tests that leave it as it is.</summary>
    internal async Task<RunningDashboard> TownAsync()
    {
        if (_town is not null) return _town;
        _town = await RunningDashboard.StartAsync(steps: 200);
        _town.Traffic.Fallback = 2;
        await _town.AddAccountAsync("eve", Role.Engineer);
        _town.Play(500);
        return _town;
    }

    /// <summary>Logs in by the page's own form.</summary>
    internal static async Task LogInAsync(IPage page, string name, string path = "/login")
    {
        if (path.Length > 0) await page.GotoAsync(path);
        await page.Locator("input[autocomplete=username]").FillAsync(name);
        await page.Locator("input[type=password]").FillAsync(OperatorPassword);
        await page.Locator("button.main").ClickAsync();
        await page.GetByTestId("who").WaitForAsync();
    }

    /// <summary>Goes to another screen without loading the page anew.</summary>
    internal static Task GoAsync(IPage page, string path) =>
        page.EvaluateAsync("p => { history.pushState(null, '', p); dispatchEvent(new PopStateEvent('popstate')); }", path);

    /// <summary>What the page's menu Save gives: CSV, Arrow or PNG.</summary>
    internal static async Task<byte[]> SavedAsync(IPage page, string kind)
    {
        ILocator entry = page.Locator(".drop").GetByText(kind, new() { Exact = true });
        if (!await entry.IsVisibleAsync()) await page.Locator("summary", new() { HasText = "Save" }).ClickAsync();
        IDownload download = await page.RunAndWaitForDownloadAsync(() => entry.ClickAsync(), new() { Timeout = 180_000 });
        await using Stream stream = await download.CreateReadStreamAsync();
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory);
        return memory.ToArray();
    }

    public async Task DisposeAsync()
    {
        if (_town is not null) await _town.DisposeAsync();
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Opens a page of a dashboard. Errors and requests to elsewhere are written into <paramref name="complaints"/>.</summary>
    internal async Task<IPage> OpenAsync(RunningDashboard dashboard, string path, List<string>? complaints = null,
        int width = 1440, int height = 900, string locale = "en-GB", string look = "dark")
    {
        IBrowserContext context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height }, Locale = locale, TimezoneId = "Europe/Berlin",
            AcceptDownloads = true, ColorScheme = look == "light" ? ColorScheme.Light : ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce,
            BaseURL = dashboard.Host.Address.ToString(),
        });
        context.SetDefaultTimeout(60_000);
        IPage page = await context.NewPageAsync();
        if (complaints is not null)
        {
            page.PageError += (_, error) => complaints.Add("error: " + error);
            page.Console += (_, message) =>
            {
                if (message.Type == "error") complaints.Add("console: " + message.Text);
            };
            page.Request += (_, request) =>
            {
                bool own = request.Url.StartsWith(dashboard.Host.Address.ToString(), StringComparison.Ordinal)
                    || request.Url.StartsWith("blob:", StringComparison.Ordinal) || request.Url.StartsWith("data:", StringComparison.Ordinal);
                if (!own) complaints.Add("elsewhere: " + request.Url);
            };
        }
        await page.GotoAsync(path);
        return page;
    }
}

/// <summary>Looks at pictures that were taken.</summary>
internal static class Pictures
{
    /// <summary>The share of a picture's pixels of which a JavaScript function of red, green and blue is true.</summary>
    public static Task<double> ShareOfPixelsAsync(this IPage page, byte[] png, string test) => page.EvaluateAsync<double>($$"""
        async png => {
          const image = new Image();
          image.src = 'data:image/png;base64,' + png;
          await image.decode();
          const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [image.width, image.height];
          const g = canvas.getContext('2d');
          g.drawImage(image, 0, 0);
          const { data } = g.getImageData(0, 0, image.width, image.height), test = {{test}};
          let n = 0;
          for (let i = 0; i < data.length; i += 4) if (test(data[i], data[i + 1], data[i + 2])) n++;
          return 4 * n / data.length;
        }
        """, Convert.ToBase64String(png));
}

/// <summary>A fact for a real browser; skipped by name where there is none, or where the front end is not built.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Browser.Missing!;
}

/// <summary>A theory for a real browser, as <see cref="BrowserFactAttribute"/>.</summary>
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = Browser.Missing!;
}
