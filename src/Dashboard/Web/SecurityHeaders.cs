using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>Headers that every answer carries, and the refusal of requests that come by a foreign name.</summary>
internal static class SecurityHeaders
{
    /// <summary>
    /// MapLibre starts its worker from a blob; nothing else needs one. No request leaves the origin, but for the tiles of
    /// a basemap at another host, if one was chosen: they are fetched, so that only connect-src names it.
    /// </summary>
    private static string Policy(Basemap? basemap) =>
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        + $"connect-src 'self'{(basemap?.Origin is { } host ? " " + host : "")}; worker-src 'self' blob:; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void Use(WebApplication app, bool loopback, Basemap? basemap)
    {
        string policy = Policy(basemap);
        app.Use((http, next) => GuardAsync(http, next, policy, loopback));
    }

    private static async Task GuardAsync(HttpContext http, RequestDelegate next, string policy, bool loopback)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), interest-cohort=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Never over plain HTTP (RFC 6797, 7.2). Without subdomains: those are not ours to decide for.
        if (Access.IsSecure(http.Request)) headers.StrictTransportSecurity = "max-age=31536000";
        if (http.Request.Path.StartsWithSegments("/api"))
        {
            headers.CacheControl = "no-store";
            headers.ContentDisposition = "attachment"; // opened by itself an answer is a file, never a page
        }
        // A page elsewhere may have its own name resolve to 127.0.0.1 (DNS rebinding): know our names only.
        if (loopback && !IsLoopbackName(http.Request.Host.Host))
        {
            http.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return;
        }
        if (!SameOrigin(http))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        await next(http);
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Writes and WebSockets must come from our own pages: a browser says where they come from.</summary>
    private static bool SameOrigin(HttpContext http)
    {
        bool harmless = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (harmless && !http.WebSockets.IsWebSocketRequest) return true;
        string? origin = http.Request.Headers.Origin;
        if (string.IsNullOrEmpty(origin)) return true;
        return Uri.TryCreate(origin, UriKind.Absolute, out Uri? from)
            && from.Authority.Equals(http.Request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
