using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CityBrain.Dashboard;

/// <summary>A body that never changes, compressed once, served with an entity tag.</summary>
internal sealed class Packed
{
    private readonly byte[] _plain, _gzip, _brotli;
    private readonly string _tag, _type;

    public Packed(byte[] plain, string type, byte[]? brotli = null, byte[]? gzip = null)
    {
        _plain = plain;
        _type = type;
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 12))}\"";
        bool worth = plain.Length > 512 && IsText(type);
        _gzip = gzip ?? (worth ? Pack(plain, s => new GZipStream(s, CompressionLevel.Optimal)) : []);
        _brotli = brotli ?? (worth ? Pack(plain, s => new BrotliStream(s, CompressionLevel.Optimal)) : []);
    }

    public async Task WriteAsync(HttpContext http, string cacheControl)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ETag = _tag;
        headers.CacheControl = cacheControl;
        headers.Vary = "Accept-Encoding";
        if (http.Request.Headers.IfNoneMatch.Any(t => t is not null && t.Contains(_tag, StringComparison.Ordinal)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        StringValues accept = http.Request.Headers.AcceptEncoding;
        byte[] body = _plain;
        if (_brotli.Length > 0 && Accepts(accept, "br")) (body, headers.ContentEncoding) = (_brotli, "br");
        else if (_gzip.Length > 0 && Accepts(accept, "gzip")) (body, headers.ContentEncoding) = (_gzip, "gzip");
        http.Response.ContentType = _type;
        http.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static bool Accepts(StringValues accept, string coding) => accept
        .SelectMany(line => (line ?? "").Split(','))
        .Select(part => part.Trim().Split(';'))
        .Any(part => part[0].Equals(coding, StringComparison.OrdinalIgnoreCase)
            && !(part.Length > 1 && part[1].Trim() is "q=0" or "q=0.0"));

    private static bool IsText(string type) =>
        type.StartsWith("text/", StringComparison.Ordinal) || type.Contains("json", StringComparison.Ordinal)
        || type.Contains("javascript", StringComparison.Ordinal) || type.Contains("svg", StringComparison.Ordinal);

    private static byte[] Pack(byte[] plain, Func<Stream, Stream> wrap)
    {
        using var target = new MemoryStream();
        using (Stream packer = wrap(target)) packer.Write(plain);
        byte[] packed = target.ToArray(); // also after the packer closed it
        return packed.Length < plain.Length ? packed : [];
    }
}
