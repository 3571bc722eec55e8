using System.Net;
using System.Net.Http.Json;
using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>What touches the whole city needs two people.</summary>
public sealed class CityActionTests
{
    private const string GoodPassword = "correct horse battery";
    private static readonly CityActionBody AllToOwn = new(OverrideKind.Programme, null, 15, "storm warning");
    private readonly ManualTime _time = new();

    private Task<RunningDashboard> StartAsync() => RunningDashboard.StartAsync(o => o with { Time = _time }, steps: 0);

    private static async Task<HttpClient> As(RunningDashboard d, string name, Role role)
    {
        using HttpClient admin = await d.LogInAsync();
        (await admin.PutAsJsonAsync($"/api/v1/accounts/{name}", new AccountRequest(role, GoodPassword), DashboardJson.Options)).EnsureSuccessStatusCode();
        return await d.LogInAsync(name, GoodPassword);
    }

    private static async Task<CityAction> Ask(HttpClient http, CityActionBody body)
    {
        HttpResponseMessage answer = await http.PostAsJsonAsync("/api/v1/city/actions", body, DashboardJson.Options);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<CityAction>(DashboardJson.Options))!;
    }

    private static async Task<HttpStatusCode> Confirm(HttpClient http, long id) =>
        (await http.PostAsync($"/api/v1/city/actions/{id}/confirm", null)).StatusCode;

    private static async Task<string[]> Log(HttpClient http) =>
        [.. (await http.GetFromJsonAsync<AuditEntry[]>("/api/v1/audit", DashboardJson.Options))!.Select(e => $"{e.Who}: {e.What} ({e.Where})")];

    [Fact]
    public async Task A_second_person_makes_it_happen_everywhere()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient ann = await As(d, "ann", Role.Engineer), ben = await As(d, "ben", Role.Engineer);
        CityAction action = await Ask(ann, AllToOwn);
        Assert.False(d.Overrides.Reader.TryRead(out _));
        Assert.Equal(HttpStatusCode.OK, await Confirm(ben, action.Id));
        var places = new List<int>();
        while (d.Overrides.Reader.TryRead(out OverrideRequest? r))
        {
            Assert.Equal((OverrideKind.Programme, 900, "ann and ben", "storm warning"), (r.Kind, r.Seconds, r.User, r.Reason));
            places.Add(r.Intersection);
        }
        Assert.Equal([0, 1, 2, 3], places);
        Assert.Equal(["ben: city-wide Programme for 15 min: taken by 4 of 4 (Made-up Town)",
            "ben: confirmed city-wide Programme for 15 min of ann (Made-up Town)",
            "ann: asked for city-wide Programme for 15 min (Made-up Town)"], (await Log(ben)).Take(3));
        Assert.Equal(HttpStatusCode.NotFound, await Confirm(ben, action.Id));
    }

    [Fact]
    public async Task Nobody_confirms_their_own_request_not_even_from_another_session()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient ann = await As(d, "ann", Role.Administrator), elsewhere = await d.LogInAsync("ANN", GoodPassword);
        CityAction action = await Ask(ann, AllToOwn);
        Assert.Equal(HttpStatusCode.Forbidden, await Confirm(ann, action.Id));
        Assert.Equal(HttpStatusCode.Forbidden, await Confirm(elsewhere, action.Id));
        Assert.False(d.Overrides.Reader.TryRead(out _));
    }

    [Fact]
    public async Task After_five_minutes_it_has_lapsed()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient ann = await As(d, "ann", Role.Engineer), ben = await As(d, "ben", Role.Engineer);
        CityAction action = await Ask(ann, AllToOwn);
        _time.Pass(CityActions.ConfirmWithin);
        Assert.Equal(HttpStatusCode.NotFound, await Confirm(ben, action.Id));
        Assert.False(d.Overrides.Reader.TryRead(out _));
        Assert.Contains("nobody confirmed it in time", (await Log(ben))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_can_be_withdrawn_and_seen_meanwhile()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient ann = await As(d, "ann", Role.Engineer), oli = await As(d, "oli", Role.Operator);
        CityAction action = await Ask(ann, AllToOwn with { District = "centre" });
        CityAction[] seen = (await oli.GetFromJsonAsync<CityAction[]>("/api/v1/city/actions", DashboardJson.Options))!;
        Assert.Equal(action, Assert.Single(seen));
        Assert.Equal(HttpStatusCode.Forbidden, await Confirm(oli, action.Id));
        Assert.Equal(HttpStatusCode.NoContent, (await ann.DeleteAsync($"/api/v1/city/actions/{action.Id}")).StatusCode);
        using HttpClient ben = await As(d, "ben", Role.Engineer);
        Assert.Equal(HttpStatusCode.NotFound, await Confirm(ben, action.Id));
    }

    [Theory]
    [InlineData(OverrideKind.Hold, null, 15, "storm", "kind is")]
    [InlineData(OverrideKind.Programme, null, null, "storm", "minutes is")]
    [InlineData(OverrideKind.Programme, null, 500, "storm", "minutes is")]
    [InlineData(OverrideKind.Programme, "atlantis", 15, "storm", "no district")]
    [InlineData(OverrideKind.Release, null, null, "", "A reason of")]
    public async Task A_wrong_request_is_told_what_is_wrong(OverrideKind kind, string? district, int? minutes, string reason, string said)
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient admin = await d.LogInAsync();
        HttpResponseMessage answer = await admin.PostAsJsonAsync("/api/v1/city/actions", new CityActionBody(kind, district, minutes, reason), DashboardJson.Options);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(said, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_cannot_ask_and_a_stranger_cannot_see()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient oli = await As(d, "oli", Role.Operator);
        Assert.Equal(HttpStatusCode.Forbidden, (await oli.PostAsJsonAsync("/api/v1/city/actions", AllToOwn, DashboardJson.Options)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await d.Http.GetAsync("/api/v1/city/actions")).StatusCode);
    }

    [Fact]
    public async Task Requests_are_bounded()
    {
        await using RunningDashboard d = await StartAsync();
        using HttpClient admin = await d.LogInAsync();
        for (int i = 0; i < CityActions.MostPending; i++) await Ask(admin, AllToOwn);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await admin.PostAsJsonAsync("/api/v1/city/actions", AllToOwn, DashboardJson.Options)).StatusCode);
    }
}
