using CityBrain.Testing;
using Microsoft.Playwright;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>Debian's Chromium, headless, shared by the browser tests; draws WebGL in software.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

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

    public async Task DisposeAsync()
    {
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
            ColorScheme = look == "light" ? ColorScheme.Light : ColorScheme.Dark, ReducedMotion = ReducedMotion.Reduce,
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
