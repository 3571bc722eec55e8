using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using CityBrain.Model;

namespace CityBrain.Dashboard.Tests;

/// <summary>A dashboard on a free port with made-up traffic behind it, stepped by the test or by a timer.</summary>
internal sealed class RunningDashboard : IAsyncDisposable
{
    public const string AdministratorName = "admin";

    private readonly CancellationTokenSource _stop = new();
    private Task _playing = Task.CompletedTask;

    private RunningDashboard(DashboardHost host, City city, Channel<OverrideRequest> overrides, string password)
    {
        Host = host;
        City = city;
        Overrides = overrides;
        AdministratorPassword = password;
        Traffic = new MadeUpTraffic(city, new DateTimeOffset(2026, 5, 4, 8, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        Http = new HttpClient { BaseAddress = host.Address };
    }

    public DashboardHost Host { get; }
    public City City { get; }
    public Channel<OverrideRequest> Overrides { get; }
    public string AdministratorPassword { get; }
    public MadeUpTraffic Traffic { get; }
    public HttpClient Http { get; }
    /// <summary>The brain sends nothing for now.</summary>
    public bool Paused { get; set; }

    public static async Task<RunningDashboard> StartAsync(
        Func<DashboardOptions, DashboardOptions>? change = null, int size = 2, int steps = 3)
    {
        City city = MadeUpCity.Build(size, size);
        var overrides = Channel.CreateBounded<OverrideRequest>(8);
        string password = "";
        var options = new DashboardOptions
        {
            City = city, Port = 0, Overrides = overrides.Writer, PasswordIterations = 1000, FramePauseMs = 20,
            FirstPassword = (_, p) => password = p, ChineseNames = MadeUpCity.ChineseNames,
        };
        options = change?.Invoke(options) ?? options;
        DashboardHost host = await DashboardHost.StartAsync(options, MadeUpTraffic.Counters);
        var running = new RunningDashboard(host, options.City, overrides, password);
        for (int i = 0; i < steps; i++) running.Traffic.Step(host.Frames);
        while (steps > 0 && (await running.StateAsync()).Frame == 0) await Task.Delay(5);
        return running;
    }

    /// <summary>Steps the traffic every so many milliseconds, and obeys overrides, until disposed.</summary>
    public void Play(int pauseMs) => _playing = Task.Run(async () =>
    {
        while (!_stop.IsCancellationRequested)
        {
            while (Overrides.Reader.TryRead(out OverrideRequest? request)) Traffic.Obey(request);
            if (!Paused) Traffic.Step(Host.Frames);
            try
            {
                await Task.Delay(pauseMs, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    });

    public async Task PauseAsync()
    {
        await _stop.CancelAsync();
        await _playing;
    }

    public async Task<StateView> StateAsync() =>
        (await Http.GetFromJsonAsync<StateView>("/api/v1/state", DashboardJson.Options))!;

    /// <summary>A client that is logged in; its requests carry the session's token.</summary>
    public async Task<HttpClient> LogInAsync(string? name = null, string? password = null, string? agent = null)
    {
        var http = new HttpClient { BaseAddress = Host.Address };
        if (agent is not null) http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", agent);
        HttpResponseMessage answer = await http.PostAsJsonAsync("/api/v1/session",
            new LoginRequest(name ?? AdministratorName, password ?? AdministratorPassword));
        answer.EnsureSuccessStatusCode();
        var session = await answer.Content.ReadFromJsonAsync<SessionView>(DashboardJson.Options);
        http.DefaultRequestHeaders.Add(Access.CsrfHeader, session!.CsrfToken);
        return http;
    }

    /// <summary>Adds an account with the password of <see cref="Browser.OperatorPassword"/>.</summary>
    public async Task AddAccountAsync(string name, Role role)
    {
        using HttpClient admin = await LogInAsync();
        (await admin.PutAsJsonAsync($"/api/v1/accounts/{name}", new AccountRequest(role, Browser.OperatorPassword), DashboardJson.Options))
            .EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        await PauseAsync();
        await Host.DisposeAsync();
        Http.Dispose();
        _stop.Dispose();
    }
}
