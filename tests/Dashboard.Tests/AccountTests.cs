using System.Net;
using System.Net.Http.Json;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>Accounts on disk, sessions over time, and the guard against guessing.</summary>
public sealed class AccountTests : IDisposable
{
    private const string GoodPassword = "correct horse battery";

    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-accounts").FullName;
    private readonly ManualTime _time = new();

    private Task<RunningDashboard> StartAsync() =>
        RunningDashboard.StartAsync(o => o with { DataFolder = _folder, Time = _time }, steps: 0);

    [Fact]
    public async Task Accounts_outlive_a_restart_and_sessions_do_not()
    {
        string password;
        await using (RunningDashboard first = await StartAsync())
        {
            password = first.AdministratorPassword;
            using HttpClient admin = await first.LogInAsync();
            await admin.PutAsJsonAsync("/api/v1/accounts/kim", new AccountRequest(Role.Operator, GoodPassword), DashboardJson.Options);
        }
        await using RunningDashboard again = await StartAsync();
        Assert.Equal("", again.AdministratorPassword); // no second first administrator
        using HttpClient kim = await again.LogInAsync("kim", GoodPassword), old = await again.LogInAsync("admin", password);
        SessionView session = (await kim.GetFromJsonAsync<SessionView>("/api/v1/session", DashboardJson.Options))!;
        Assert.Equal(("kim", Role.Operator), (session.Name, session.Role));
        string file = Path.Combine(_folder, "accounts.json");
        Assert.DoesNotContain(GoodPassword, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_session_ends_when_it_is_not_used_and_after_a_shift()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient idle = await d.LogInAsync(), busy = await d.LogInAsync();
        for (int i = 0; i < 12 * 60; i += 20)
        {
            Assert.Equal(HttpStatusCode.OK, (await busy.GetAsync("/api/v1/audit")).StatusCode);
            _time.Pass(TimeSpan.FromMinutes(20));
        }
        Assert.Equal(HttpStatusCode.Unauthorized, (await idle.GetAsync("/api/v1/audit")).StatusCode);
        _time.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await busy.GetAsync("/api/v1/audit")).StatusCode);
    }

    [Fact]
    public async Task A_changed_password_ends_every_session_of_the_account()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient one = await d.LogInAsync(), two = await d.LogInAsync();
        HttpResponseMessage wrong = await one.PutAsJsonAsync("/api/v1/session/password", new PasswordRequest("guess", GoodPassword));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        HttpResponseMessage right = await one.PutAsJsonAsync("/api/v1/session/password", new PasswordRequest(d.AdministratorPassword, GoodPassword));
        Assert.Equal(HttpStatusCode.NoContent, right.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.GetAsync("/api/v1/audit")).StatusCode);
        using HttpClient anew = await d.LogInAsync("admin", GoodPassword);
        Assert.Equal(HttpStatusCode.OK, (await anew.GetAsync("/api/v1/audit")).StatusCode);
    }

    [Fact]
    public async Task People_see_where_they_are_logged_in_and_end_what_they_do_not_know()
    {
        await using RunningDashboard d = await StartAsync();
        await d.AddAccountAsync("kim", Role.Operator);
        using HttpClient here = await d.LogInAsync("kim", Browser.OperatorPassword);
        _time.Pass(TimeSpan.FromMinutes(1));
        using HttpClient there = await d.LogInAsync("kim", Browser.OperatorPassword, "Somebody's browser " + new string('x', 500));
        using HttpClient admin = await d.LogInAsync();

        OwnSessionView[] own = await OwnAsync(here);
        Assert.Equal([true, false], own.Select(s => s.Current)); // kim's two, not the administrator's
        Assert.Equal(own[0].Begun.AddMinutes(1), own[1].Begun);
        Assert.Equal("127.0.0.1", own[1].Address);
        Assert.StartsWith("Somebody's browser x", own[1].Agent, StringComparison.Ordinal);
        Assert.Equal(200, own[1].Agent.Length);

        string other = "/api/v1/session/all/" + own[1].Id;
        Assert.Equal(HttpStatusCode.NotFound, (await admin.DeleteAsync(other)).StatusCode); // nobody ends another's
        Assert.Equal(HttpStatusCode.OK, (await there.GetAsync("/api/v1/audit")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await here.DeleteAsync(other)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await there.GetAsync("/api/v1/audit")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await here.DeleteAsync(other)).StatusCode);
        Assert.True(Assert.Single(await OwnAsync(here)).Current);
        Assert.Contains("session ended", await here.GetStringAsync("/api/v1/audit"), StringComparison.Ordinal);

        using HttpClient nobody = new() { BaseAddress = d.Host.Address };
        Assert.Empty(await OwnAsync(nobody));
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.DeleteAsync("/api/v1/session/all/" + own[0].Id)).StatusCode);
    }

    private static async Task<OwnSessionView[]> OwnAsync(HttpClient http) =>
        (await http.GetFromJsonAsync<OwnSessionView[]>("/api/v1/session/all", DashboardJson.Options))!;

    [Fact]
    public void The_guard_waits_longer_each_time_and_only_for_that_address()
    {
        var guard = new LoginGuard(_time);
        for (int i = 0; i < 5; i++) guard.Failed("admin", "10.0.0.9");
        var pauses = new List<double>();
        for (int i = 0; i < 12; i++)
        {
            pauses.Add(guard.Pause("admin", "10.0.0.9").TotalSeconds);
            guard.Failed("admin", "10.0.0.9");
        }
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900], pauses);
        Assert.Equal(TimeSpan.Zero, guard.Pause("admin", "10.0.0.10"));
        _time.Pass(TimeSpan.FromMinutes(15));
        Assert.Equal(TimeSpan.Zero, guard.Pause("admin", "10.0.0.9"));
    }

    [Fact]
    public void One_address_cannot_try_one_password_on_every_account()
    {
        var guard = new LoginGuard(_time);
        for (int i = 0; i < 50; i++) guard.Failed($"user{i}", "10.0.0.9");
        Assert.True(guard.Pause("somebody-else", "10.0.0.9") > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_form_of_another_site_changes_nothing()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient admin = await d.LogInAsync();
        var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/accounts/admin");
        request.Headers.Add("Origin", "https://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync(request)).StatusCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
