using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

public sealed record LoginRequest(string Name, string Password);
public sealed record PasswordRequest(string Old, string New);
public sealed record AccountRequest(Role Role, string Password);
public sealed record AccountView(string Name, Role Role);

/// <summary>Who is asking; Name is null without a session.</summary>
public sealed record SessionView(string? Name, Role Role, string? CsrfToken, bool OpenViewing);

/// <summary>One of the asker's own sessions.</summary>
/// <param name="Id">Ends it, with DELETE.</param>
/// <param name="Begun">Login.</param>
/// <param name="LastUsed">Last request; a live connection alone does not count.</param>
/// <param name="Address">Where the login came from.</param>
/// <param name="Agent">What that browser calls itself.</param>
/// <param name="Current">The one that asks.</param>
public sealed record OwnSessionView(
    string Id, DateTimeOffset Begun, DateTimeOffset LastUsed, string Address, string Agent, bool Current);

/// <summary>Logging in and out, and accounts.</summary>
internal static class SessionEndpoints
{
    public static void Map(WebApplication app, Access access, AuditTrail audit)
    {
        app.MapGet("/api/v1/session", (HttpContext http) => ViewEndpoints.Json(View(access, access.SessionOf(http))))
            .Produces<SessionView>().WithSummary("Who is logged in here");
        app.MapPost("/api/v1/session", (HttpContext http, LoginRequest login) => LoginAsync(http, login, access, audit))
            .Produces<SessionView>().Produces<Problem>(401).Produces<Problem>(429).WithSummary("Log in");
        app.MapDelete("/api/v1/session", (HttpContext http) => Logout(http, access))
            .Needs(access, Role.Viewer).WithSummary("Log out");
        app.MapGet("/api/v1/session/all", (HttpContext http) => ViewEndpoints.Json(Own(http, access)))
            .Needs(access, Role.Viewer).Produces<OwnSessionView[]>().Produces<Problem>(401).WithSummary("One's own sessions");
        app.MapDelete("/api/v1/session/all/{id}", (HttpContext http, string id) => EndOwn(http, id, access, audit))
            .Needs(access, Role.Viewer).Produces<Problem>(404).WithSummary("End one of one's own sessions");
        app.MapPut("/api/v1/session/password", (HttpContext http, PasswordRequest r) => ChangePassword(http, r, access, audit))
            .Needs(access, Role.Viewer).Produces<Problem>(400).WithSummary("Change one's own password");
        app.MapGet("/api/v1/accounts", () => ViewEndpoints.Json(
                access.Accounts.All().Select(a => new AccountView(a.Name, a.Role)).ToArray()))
            .Needs(access, Role.Administrator).Produces<AccountView[]>().WithSummary("All accounts");
        app.MapPut("/api/v1/accounts/{name}", (HttpContext http, string name, AccountRequest r) => Put(http, name, r, access, audit))
            .Needs(access, Role.Administrator).Produces<Problem>(400).WithSummary("Add or change an account");
        app.MapDelete("/api/v1/accounts/{name}", (HttpContext http, string name) => Remove(http, name, access, audit))
            .Needs(access, Role.Administrator).Produces<Problem>(400).WithSummary("Remove an account");
    }

    private static SessionView View(Access access, Session? session) =>
        new(session?.Name, session?.Role ?? Role.Viewer, session?.CsrfToken, access.OpenViewing);

    private static async Task<IResult> LoginAsync(HttpContext http, LoginRequest login, Access access, AuditTrail audit)
    {
        string address = http.Connection.RemoteIpAddress?.ToString() ?? "?";
        if (login.Name is not { Length: > 0 and <= 64 } || login.Password is null) return Wrong();
        TimeSpan pause = access.Guard.Pause(login.Name, address);
        if (pause > TimeSpan.Zero)
        {
            int seconds = (int)Math.Ceiling(pause.TotalSeconds);
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return Results.Json(new Problem($"Too many wrong passwords. Try again in {seconds} s."), DashboardJson.Options, statusCode: 429);
        }
        access.Guard.Failed(login.Name, address);
        Account? account = await Task.Run(() => access.Accounts.Check(login.Name, login.Password), http.RequestAborted);
        if (account is null)
        {
            audit.Add(login.Name, "login", address, null, done: false);
            return Wrong();
        }
        access.Guard.Succeeded(login.Name, address);
        access.Sessions.End(Access.TokenOf(http));
        (string token, Session session) = access.Sessions.Begin(account,
            SessionOrigin.Of(address, http.Request.Headers.UserAgent));
        audit.Add(account.Name, "login", address, null, done: true);
        http.Response.Cookies.Append(Access.CookieName(http.Request), token, CookieFor(http));
        return ViewEndpoints.Json(View(access, session));
    }

    private static IResult Wrong() =>
        Results.Json(new Problem("Name or password is wrong."), DashboardJson.Options, statusCode: 401);

    private static CookieOptions CookieFor(HttpContext http) => new()
    {
        HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = Access.IsSecure(http.Request), Path = "/", IsEssential = true,
    };

    private static IResult Logout(HttpContext http, Access access)
    {
        access.Sessions.End(Access.TokenOf(http));
        http.Response.Cookies.Delete(Access.CookieName(http.Request), CookieFor(http));
        return Results.NoContent();
    }

    /// <summary>Nobody's, where looking needs no login and nobody is logged in.</summary>
    private static OwnSessionView[] Own(HttpContext http, Access access) => access.SessionOf(http) is not { } own ? []
        : [.. access.Sessions.Of(own.Name).Select(s => new OwnSessionView(
            s.Id, s.Begun, s.LastUsed, s.From.Address, s.From.Agent, s.Id == own.Id))];

    private static IResult EndOwn(HttpContext http, string id, Access access, AuditTrail audit)
    {
        string name = access.SessionOf(http)!.Name;
        if (!access.Sessions.EndOne(name, id))
            return Results.Json(new Problem("You have no such session."), DashboardJson.Options, statusCode: 404);
        audit.Add(name, "session ended", name, null, done: true);
        return Results.NoContent();
    }

    private static IResult ChangePassword(HttpContext http, PasswordRequest r, Access access, AuditTrail audit)
    {
        Session session = access.SessionOf(http)!;
        string address = http.Connection.RemoteIpAddress?.ToString() ?? "?";
        if (access.Guard.Pause(session.Name, address) > TimeSpan.Zero) return Refuse("Too many wrong passwords. Try again later.");
        if (access.Accounts.Check(session.Name, r.Old ?? "") is not { } account)
        {
            access.Guard.Failed(session.Name, address);
            audit.Add(session.Name, "password", session.Name, null, done: false);
            return Refuse("The old password is wrong.");
        }
        if (access.Accounts.Put(account.Name, account.Role, r.New ?? "") is { } objection) return Refuse(objection);
        audit.Add(session.Name, "password", session.Name, null, done: true);
        access.Sessions.EndAll(session.Name);
        return Results.NoContent();
    }

    private static IResult Put(HttpContext http, string name, AccountRequest r, Access access, AuditTrail audit)
    {
        string? objection = Enum.IsDefined(r.Role) ? access.Accounts.Put(name, r.Role, r.Password ?? "") : "No such role.";
        audit.Add(access.SessionOf(http)!.Name, $"account as {r.Role}", name, objection, done: objection is null);
        if (objection is not null) return Refuse(objection);
        access.Sessions.EndAll(name);
        return Results.NoContent();
    }

    private static IResult Remove(HttpContext http, string name, Access access, AuditTrail audit)
    {
        string? objection = access.Accounts.Remove(name);
        audit.Add(access.SessionOf(http)!.Name, "account removed", name, objection, done: objection is null);
        if (objection is not null) return Refuse(objection);
        access.Sessions.EndAll(name);
        return Results.NoContent();
    }

    private static IResult Refuse(string why) => Results.Json(new Problem(why), DashboardJson.Options, statusCode: 400);
}
