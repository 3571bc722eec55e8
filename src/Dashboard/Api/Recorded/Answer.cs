using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace CityBrain.Dashboard;

/// <summary>
/// An answer made for one request: its form by what the request accepts (RFC 9110, 12.5), its entity tag by its bytes,
/// packed in the best way the client reads.
/// </summary>
internal static class Answer
{
    public const string ArrowType = "application/vnd.apache.arrow.stream", CsvType = "text/csv", JsonType = "application/json";

    private const int WorthPacking = 1024;

    /// <summary>The form the client prefers; null when it reads none of ours.</summary>
    public static RowsFormat? Format(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0) return RowsFormat.Json;
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out IList<MediaTypeHeaderValue>? wanted)) return null;
        (RowsFormat? best, double quality) = (null, 0);
        foreach ((RowsFormat format, string type) in ((RowsFormat, string)[])
            [(RowsFormat.Json, JsonType), (RowsFormat.Csv, CsvType), (RowsFormat.Arrow, ArrowType)])
        {
            double q = Quality(wanted, new MediaTypeHeaderValue(type));
            if (q > quality) (best, quality) = (format, q);
        }
        return best;
    }

    public static string TypeOf(RowsFormat format) => format switch
    {
        RowsFormat.Csv => CsvType + "; charset=utf-8",
        RowsFormat.Arrow => ArrowType,
        _ => JsonType + "; charset=utf-8",
    };

    /// <summary>Sends bytes, or 304 when the client has them.</summary>
    public static async Task SendAsync(HttpContext http, ReadOnlyMemory<byte> body, string type)
    {
        IHeaderDictionary headers = http.Response.Headers;
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body.Span).AsSpan(0, 12))}\"";
        headers.ETag = tag;
        headers.CacheControl = "no-cache";
        headers.Vary = "Accept, Accept-Encoding";
        if (http.Request.Headers.IfNoneMatch.Any(t => t is not null && (t == "*" || t.Contains(tag, StringComparison.Ordinal))))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        http.Response.ContentType = type;
        if (body.Length >= WorthPacking && Coding(http.Request) is { } coding)
        {
            headers.ContentEncoding = coding;
            body = Packed(body, coding);
        }
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static double Quality(IList<MediaTypeHeaderValue> wanted, MediaTypeHeaderValue type)
    {
        // The most precise range counts: application/json before application/*, that before */*.
        MediaTypeHeaderValue? range = wanted.Where(type.IsSubsetOf)
            .OrderBy(w => w.MatchesAllTypes ? 2 : w.MatchesAllSubTypes ? 1 : 0).FirstOrDefault();
        return range is null ? 0 : range.Quality ?? 1;
    }

    private static string? Coding(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(
            request.Headers.AcceptEncoding, out IList<StringWithQualityHeaderValue>? wanted)) return null;
        double Quality(string coding) => wanted.Where(w => w.Value.Equals(coding, StringComparison.OrdinalIgnoreCase))
            .Select(w => w.Quality ?? 1).DefaultIfEmpty(0).Max();
        (double brotli, double gzip) = (Quality("br"), Quality("gzip"));
        return brotli > 0 && brotli >= gzip ? "br" : gzip > 0 ? "gzip" : null;
    }

    private static byte[] Packed(ReadOnlyMemory<byte> body, string coding)
    {
        using var target = new MemoryStream();
        using (Stream packer = coding == "br"
            ? new BrotliStream(target, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
            packer.Write(body.Span);
        return target.ToArray();
    }
}
