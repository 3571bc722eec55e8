using System.Text;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>
/// The built front end, read into memory when the dashboard starts (some 2 MB). Files whose name carries a hash
/// never change and are cached for a year; all other paths without a dot give the page itself, whose script
/// reads the path.
/// </summary>
internal sealed class FrontEnd
{
    private const long LargestFile = 16 << 20;
    private const string Missing = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>City Brain</title>
        <h1>The front end is not built</h1>
        <p>Run <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> (Node.js 20 or later), then start again.
        The API answers already: <a href="/api/v1/state">/api/v1/state</a>.</p></html>
        """;

    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [".html"] = "text/html; charset=utf-8", [".js"] = "text/javascript; charset=utf-8",
        [".mjs"] = "text/javascript; charset=utf-8", [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml", [".png"] = "image/png", [".ico"] = "image/x-icon", [".json"] = "application/json",
        [".webmanifest"] = "application/manifest+json", [".woff2"] = "font/woff2", [".txt"] = "text/plain; charset=utf-8",
    };

    private readonly Dictionary<string, Packed> _files = new(StringComparer.Ordinal);
    private readonly Packed _page;

    public FrontEnd(string? folder)
    {
        if (folder is not null) Load(folder);
        _page = _files.TryGetValue("/index.html", out Packed? page)
            ? page
            : new Packed(Encoding.UTF8.GetBytes(Missing), Types[".html"]);
    }

    public bool IsBuilt => _files.ContainsKey("/index.html");

    /// <summary>The folder of the built front end, or null: web/dist of the repository, else www beside the programme.</summary>
    public static string? Find()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            string built = Path.Combine(d.FullName, "web", "dist");
            if (File.Exists(Path.Combine(d.FullName, "CityBrain.sln")) && File.Exists(Path.Combine(built, "index.html")))
                return built;
        }
        string beside = Path.Combine(AppContext.BaseDirectory, "www");
        return File.Exists(Path.Combine(beside, "index.html")) ? beside : null;
    }

    public Task ServeAsync(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            // Routing passes a body that is no JSON on to here: no endpoint takes it.
            bool otherType = http.Request.ContentType is not null && !http.Request.HasJsonContentType();
            http.Response.StatusCode = otherType && http.Request.Path.StartsWithSegments("/api")
                ? StatusCodes.Status415UnsupportedMediaType : StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }
        string path = http.Request.Path.Value ?? "/";
        if (http.Request.Path.StartsWithSegments("/api"))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return http.Response.WriteAsJsonAsync(new Problem($"There is no {path}."), DashboardJson.Options);
        }
        if (_files.TryGetValue(path, out Packed? file) && path != "/index.html")
        {
            bool hashed = path.StartsWith("/assets/", StringComparison.Ordinal);
            return file.WriteAsync(http, hashed ? "public, max-age=31536000, immutable" : "no-cache");
        }
        if (Path.HasExtension(path) && path != "/index.html")
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        return _page.WriteAsync(http, "no-cache");
    }

    private void Load(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string extension = Path.GetExtension(file);
            if (!Types.TryGetValue(extension, out string? type) || new FileInfo(file).Length > LargestFile) continue;
            string path = "/" + Path.GetRelativePath(folder, file).Replace('\\', '/');
            _files[path] = new Packed(File.ReadAllBytes(file), type, ReadIfThere(file + ".br"), ReadIfThere(file + ".gz"));
        }
    }

    private static byte[]? ReadIfThere(string file) => File.Exists(file) ? File.ReadAllBytes(file) : null;
}
