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
    public const string CsrfHeader = "X-CSRF-Token";
    private const string PlainCookie = "citybrain_session", HostCookie = "__Host-citybrain_session";

    public AccountBook Accounts => accounts;
    public Sessions Sessions => sessions;
    public bool OpenViewing => openViewing;
    public LoginGuard Guard { get; init; } = new(TimeProvider.System);

    /// <summary>Where refusals of people who are logged in are written down.</summary>
    public AuditTrail? Audit { get; init; }

    /// <summary>
    /// The browser came over TLS: to us, or to a proxy that says so. Anyone may say so; it only makes the answer stricter.
    /// </summary>
    public static bool IsSecure(HttpRequest request) => request.IsHttps
        || request.Headers["X-Forwarded-Proto"].ToString().Equals("https", StringComparison.OrdinalIgnoreCase);

    /// <summary>The session's cookie. Over TLS its name makes a browser refuse it from a neighbouring domain (RFC 6265bis, 4.1.3.2).</summary>
    public static string CookieName(HttpRequest request) => IsSecure(request) ? HostCookie : PlainCookie;

    /// <summary>The session's secret that came with a request, if any.</summary>
    public static string? TokenOf(HttpContext http) => http.Request.Cookies[CookieName(http.Request)];

    /// <summary>Says, as often as it is asked, whether whoever made this request may still look.</summary>
    public Func<bool> MayStillLook(HttpContext http)
    {
        if (openViewing) return static () => true;
        string? token = TokenOf(http);
        return () => sessions.Lasts(token);
    }

    public Session? SessionOf(HttpContext http) => sessions.Find(TokenOf(http));

    /// <summary>Refuses a call: 401 without a session, 403 without the role or the token.</summary>
    public IResult? Refusal(HttpContext http, Role role)
    {
        bool change = !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method);
        if (openViewing && role == Role.Viewer && !change) return null;
        if (SessionOf(http) is not { } session) return Results.Json(new Problem("Log in first."), DashboardJson.Options, statusCode: 401);
        string? objection = change && !HasToken(http, session) ? "The request lacks this session's token."
            : session.Role < role ? $"This needs the role {role}; you are {session.Role}."
            : null;
        if (objection is null) return null;
        Audit?.Add(session.Name, "refused", $"{http.Request.Method} {http.Request.Path}", objection, done: false);
        return Results.Json(new Problem(objection), DashboardJson.Options, statusCode: 403);
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
