using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CityBrain.Dashboard;

/// <summary>How a basemap's tiles come.</summary>
public enum BasemapKind : byte
{
    /// <summary>PNG, JPEG or WebP pictures of 256 pixels, one a tile.</summary>
    Raster,
    /// <summary>Mapbox vector tiles (version 2), one a tile.</summary>
    Vector,
    /// <summary>One PMTiles archive (version 3) of either, read by ranges.</summary>
    Pmtiles,
}

/// <summary>
/// A map of the world to lie under the city's own geometry; without one the page asks nobody but its own server.
/// Either a local PMTiles file, which this server hands out by ranges, or an address at somebody else's host, which is
/// then the only other host that the page's content security policy lets in.
/// </summary>
public sealed record Basemap
{
    /// <summary>Where the page finds a local file.</summary>
    public const string FilePath = "/basemap.pmtiles";
    private static readonly string[] Places = ["{z}", "{x}", "{y}"];
    private static readonly string[] Pictures = [".png", ".jpg", ".jpeg", ".webp"], Vectors = [".pbf", ".mvt"];

    private Basemap() { }

    public required BasemapKind Kind { get; init; }
    /// <summary>What the page asks: a path of this server, or an address with {z}, {x} and {y}, or one of a PMTiles file.</summary>
    public required string Url { get; init; }
    /// <summary>Whose map it is, as its licence wants it said; null: what the archive itself says, else its host.</summary>
    public string? Attribution { get; init; }
    /// <summary>The local file, or null.</summary>
    internal string? File { get; private init; }
    /// <summary>Scheme, host and port of the address; null for a local file.</summary>
    internal string? Origin { get; private init; }

    /// <summary>Reads what was asked for.</summary>
    /// <param name="source">A path of a PMTiles file, or an http or https address.</param>
    /// <param name="attribution">Text to show, or null.</param>
    /// <exception cref="DashboardStartException">It is neither; the message says what is wrong.</exception>
    public static Basemap Of(string source, string? attribution = null) =>
        source.Contains("://", StringComparison.Ordinal) ? AtHost(source, attribution) : InFile(source, attribution);

    private static Basemap AtHost(string source, string? attribution)
    {
        string plain = Places.Aggregate(source, (s, place) => s.Replace(place, "0", StringComparison.Ordinal));
        if (!Uri.TryCreate(plain, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            throw new DashboardStartException($"The basemap's address '{source}' is no http or https address.");
        if (address.UserInfo.Length > 0 || plain.AsSpan().ContainsAny('{', '}'))
            throw new DashboardStartException("A basemap's address has {z}, {x} and {y}, and no other braces and no password.");
        string ending = Path.GetExtension(address.AbsolutePath).ToLowerInvariant();
        bool template = Places.All(place => source.Contains(place, StringComparison.Ordinal));
        BasemapKind kind = ending == ".pmtiles" && plain == source ? BasemapKind.Pmtiles
            : template && Pictures.Contains(ending) ? BasemapKind.Raster
            : template && Vectors.Contains(ending) ? BasemapKind.Vector
            : throw new DashboardStartException($"The basemap's address '{source}' names no PMTiles file, and no tiles: "
                + "those have {z}, {x} and {y} and end in .png, .jpg, .webp, .pbf or .mvt.");
        return new Basemap
        {
            Kind = kind, Url = source, Attribution = attribution, Origin = address.GetLeftPart(UriPartial.Authority),
        };
    }

    private static Basemap InFile(string source, string? attribution)
    {
        try
        {
            Span<byte> head = stackalloc byte[8];
            using FileStream file = System.IO.File.OpenRead(source);
            // PMTiles 3, section 3: the magic number and the version come first.
            if (file.ReadAtLeast(head, 8, throwOnEndOfStream: false) < 8 || !head.StartsWith("PMTiles"u8) || head[7] != 3)
                throw new DashboardStartException($"The basemap '{source}' is no PMTiles file of version 3.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DashboardStartException($"The basemap '{source}' cannot be read: {e.Message}", e);
        }
        return new Basemap
        {
            Kind = BasemapKind.Pmtiles, Url = FilePath, Attribution = attribution, File = Path.GetFullPath(source),
        };
    }

    /// <summary>Hands out a local file, by ranges (RFC 9110, 14), to whoever may look.</summary>
    internal static void Map(WebApplication app, Basemap? basemap, Access access)
    {
        if (basemap?.File is not { } path) return;
        app.MapMethods(FilePath, ["GET", "HEAD"], (HttpContext http) =>
            {
                var file = new FileInfo(path);
                if (!file.Exists) return Results.NotFound();
                http.Response.Headers.CacheControl = "private, no-cache";
                return Results.File(path, "application/vnd.pmtiles", lastModified: file.LastWriteTimeUtc,
                    entityTag: TagOf(file), enableRangeProcessing: true);
            })
            .Needs(access, Role.Viewer).ExcludeFromDescription();
    }

    /// <summary>Another file in its place has another tag: a reader must not mix ranges of the two.</summary>
    private static EntityTagHeaderValue TagOf(FileInfo file)
    {
        string about = string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}");
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(about)).AsSpan(0, 8))}\"");
    }
}
