using System.Globalization;
using System.Net;
using System.Security.Authentication;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CityBrain.Dashboard;

/// <summary>
/// The dashboard: one Kestrel server with the API, the live feed and the front end. The brain's thread fills
/// <c>Frames.Writing</c> and calls <c>Frames.Publish()</c>, as often as it likes; it never waits.
/// </summary>
public sealed class DashboardHost : IAsyncDisposable
{
    private const long LargestBody = 64 << 10;

    private readonly WebApplication _app;
    private readonly LiveFeed _live;
    private readonly AuditTrail _audit;
    private readonly CancellationTokenSource _stop = new();
    private Task _pump = Task.CompletedTask;

    private DashboardHost(WebApplication app, LiveFeed live, AuditTrail audit)
    {
        _app = app;
        _live = live;
        _audit = audit;
        _live.Stopping = _stop.Token;
    }

    /// <summary>Where the brain's thread puts its pictures of the city.</summary>
    public FrameExchange Frames => _live.Exchange;

    /// <summary>Where people look, such as http://127.0.0.1:8080.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The front end was found; without it only the API answers.</summary>
    public bool HasFrontEnd { get; private init; }

    public int ViewerCount => _live.ViewerCount;

    /// <summary>Starts the dashboard.</summary>
    /// <param name="options">What to show and where to listen.</param>
    /// <param name="counterNames">Names of the counters that the frames carry.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <exception cref="DashboardStartException">The port is taken or a file cannot be read; the message says which.</exception>
    public static async Task<DashboardHost> StartAsync(
        DashboardOptions options, IReadOnlyList<string>? counterNames = null, CancellationToken cancel = default)
    {
        bool loopback = IPAddress.IsLoopback(options.Bind);
        var accounts = new AccountBook(options);
        var audit = new AuditTrail(options.DataFolder, options.Time);
        if (audit.BrokenAt is { } line)
            options.Log?.Invoke($"The audit trail does not fit together from line {line.ToString(CultureInfo.InvariantCulture)} on.");
        var access = new Access(accounts, new Sessions(options.Time), options.OpenViewing ?? loopback)
        {
            Guard = new LoginGuard(options.Time),
            Audit = audit,
        };
        var live = new LiveFeed(options, new FrameExchange(options.City, counterNames));
        var frontEnd = new FrontEnd(options.WebFolder ?? FrontEnd.Find());
        WebApplication app = Build(options);
        Configure(app, options, loopback);
        Basemap.Map(app, options.Basemap, access);
        ViewEndpoints.Map(app, options, live, access);
        SessionEndpoints.Map(app, access, audit);
        OperatorEndpoints.Map(app, options, live, access, audit);
        CityActionEndpoints.Map(app, options, access, new CityActions(options.City, options.Overrides, audit, options.Time));
        OperationsEndpoints.Map(app, options, live);
        RecordedEndpoints.Map(app, options, access);
        ReplayEndpoints.Map(app, options, access);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapFallback("{*path}", frontEnd.ServeAsync);
        var host = new DashboardHost(app, live, audit) { HasFrontEnd = frontEnd.IsBuilt };
        await host.BeginAsync(options, cancel);
        return host;
    }

    private async Task BeginAsync(DashboardOptions options, CancellationToken cancel)
    {
        try
        {
            await _app.StartAsync(cancel);
        }
        catch (IOException e)
        {
            await DisposeAsync();
            string port = options.Port.ToString(CultureInfo.InvariantCulture);
            throw new DashboardStartException(e.InnerException is AddressInUseException
                ? $"Port {port} is in use by another programme: stop that one or choose another port."
                : $"The dashboard cannot listen on {options.Bind}:{port}: {e.Message}", e);
        }
        Address = new Uri(_app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        _pump = Task.Run(() => _live.RunAsync(_stop.Token), CancellationToken.None);
    }

    private static WebApplication Build(DashboardOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(DashboardHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.MaxConcurrentConnections = options.MaxViewers * 4 + 256;
            kestrel.Limits.MaxConcurrentUpgradedConnections = options.MaxViewers + 64;
            kestrel.Listen(options.Bind, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (options.Tls is { } tls) listen.UseHttps(https => Guard(https, tls));
            });
        });
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json => DashboardJson.Configure(json.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddOpenApi("v1");
        builder.Services.AddRateLimiter(limiter => Limit(limiter, options));
        builder.Services.AddSingleton<IHostLifetime, RootLifetime>();
        return builder.Build();
    }

    private static void Guard(HttpsConnectionAdapterOptions https, DashboardTls tls)
    {
        https.ServerCertificate = tls.Certificate;
        https.ServerCertificateChain = tls.Chain;
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
    }

    private static void Configure(WebApplication app, DashboardOptions options, bool loopback)
    {
        app.Use(async (http, next) =>
        {
            try
            {
                await next();
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
            {
                await RefuseAsync(http, e.StatusCode, "The request cannot be read.");
            }
            catch (Exception e) when (!http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
            {
                options.Log?.Invoke($"{http.Request.Method} {http.Request.Path.ToUriComponent()} failed: {e}");
                await RefuseAsync(http, StatusCodes.Status500InternalServerError, "Something is wrong here; it has been logged.");
            }
        });
        // Before the headers: they must know a WebSocket when they see one.
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(15) });
        SecurityHeaders.Use(app, loopback, options.Basemap);
        app.UseRateLimiter();
    }

    private static Task RefuseAsync(HttpContext http, int status, string why)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new Problem(why), DashboardJson.Options);
    }

    private static void Limit(RateLimiterOptions limiter, DashboardOptions options)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        {
            bool api = http.Request.Path.StartsWithSegments("/api");
            bool login = HttpMethods.IsPost(http.Request.Method) && http.Request.Path.StartsWithSegments("/api/v1/session");
            if (!api) return RateLimitPartition.GetNoLimiter("");
            string from = http.Connection.RemoteIpAddress?.ToString() ?? "?";
            return RateLimitPartition.GetFixedWindowLimiter((login ? "login " : "") + from, _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = login ? Math.Min(30, options.RequestsPerMinute) : options.RequestsPerMinute,
                Window = TimeSpan.FromMinutes(1),
            });
        });
        limiter.OnRejected = async (rejected, _) =>
        {
            rejected.HttpContext.Response.Headers.RetryAfter = "60";
            await RefuseAsync(rejected.HttpContext, StatusCodes.Status429TooManyRequests,
                "Too many requests from this address; try again in a minute.");
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pump;
        await _app.DisposeAsync();
        lock (_live.Gate) _live.Usual.Save();
        _live.Dispose();
        _audit.Dispose();
        _stop.Dispose();
    }

    /// <summary>The root decides when the process ends: signals are not the dashboard's.</summary>
    private sealed class RootLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
