using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>
/// Who may call what. A session comes in a cookie that scripts cannot read and other sites cannot send; a change
/// also needs the session's CSRF token in a header, which only our own page knows.
/// </summary>
internal sealed class Access(AccountBook accounts, Sessions sessions, bool openViewing)
{
    public const string Cookie = "citybrain_session", CsrfHeader = "X-CSRF-Token";

    public AccountBook Accounts => accounts;
    public Sessions Sessions => sessions;
    public bool OpenViewing => openViewing;
    public LoginGuard Guard { get; init; } = new(TimeProvider.System);

    public Session? SessionOf(HttpContext http) => sessions.Find(http.Request.Cookies[Cookie]);

    /// <summary>Refuses a call: 401 without a session, 403 without the role or the token.</summary>
    public IResult? Refusal(HttpContext http, Role role)
    {
        bool change = !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method);
        if (openViewing && role == Role.Viewer && !change) return null;
        if (SessionOf(http) is not { } session) return Results.Json(new Problem("Log in first."), DashboardJson.Options, statusCode: 401);
        if (change && !HasToken(http, session))
            return Results.Json(new Problem("The request lacks this session's token."), DashboardJson.Options, statusCode: 403);
        return session.Role >= role
            ? null
            : Results.Json(new Problem($"This needs the role {role}; you are {session.Role}."), DashboardJson.Options, statusCode: 403);
    }

    private static bool HasToken(HttpContext http, Session session)
    {
        string given = http.Request.Headers[CsrfHeader].ToString();
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(session.CsrfToken));
    }
}

internal static class AccessRules
{
    /// <summary>Lets only sessions of this role, or a higher one, call the endpoint.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, Access access, Role role) => endpoint
        .AddEndpointFilter(async (call, next) => access.Refusal(call.HttpContext, role) ?? await next(call))
        .Produces<Problem>(StatusCodes.Status401Unauthorized)
        .Produces<Problem>(StatusCodes.Status403Forbidden);
}
