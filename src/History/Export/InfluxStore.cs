using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.History.Export;

/// <summary>Where and how to write line protocol.</summary>
public sealed record InfluxOptions
{
    /// <summary>Address of the server, such as http://localhost:8086.</summary>
    public required Uri Url { get; init; }
    /// <summary>Version 1: the database. Version 2: the bucket.</summary>
    public required string Database { get; init; }
    /// <summary>1 writes to /write, 2 to /api/v2/write.</summary>
    public int Version { get; init; } = 1;
    /// <summary>Version 2: the organisation.</summary>
    public string? Organisation { get; init; }
    /// <summary>Version 1: user and password, "user:password". Version 2: the token.</summary>
    public string? Secret { get; init; }
    /// <summary>Packs what is sent: a fifth of the bytes, more work for both ends.</summary>
    public bool Gzip { get; init; }
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>
/// InfluxDB 1 and 2, VictoriaMetrics, and whoever else takes line protocol over HTTP. A point written twice is there
/// once in InfluxDB; VictoriaMetrics wants -dedup.minScrapeInterval=1ms for that.
/// </summary>
public sealed class InfluxStore : IWarmStore
{
    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly bool _gzip;

    public InfluxStore(InfluxOptions options)
    {
        string path = options.Version == 2
            ? $"/api/v2/write?bucket={Uri.EscapeDataString(options.Database)}"
                + $"&org={Uri.EscapeDataString(options.Organisation ?? "")}&precision=ns"
            : $"/write?db={Uri.EscapeDataString(options.Database)}&precision=ns";
        _address = new Uri(options.Url.ToString().TrimEnd('/') + path);
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = options.Timeout };
        if (options.Secret is { } secret)
            _http.DefaultRequestHeaders.Authorization = options.Version == 2
                ? new AuthenticationHeaderValue("Token", secret)
                : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)));
        _gzip = options.Gzip;
        Name = options.Url.Host + ":" + options.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public string Name { get; }

    public ReadOnlyMemory<byte> Encode(ArchiveTable table, string district, ArrowBatch batch)
    {
        ReadOnlyMemory<byte> lines = LineProtocol.Encode(table, district, batch);
        if (!_gzip) return lines;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(lines.Span);
        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    public async Task SendAsync(string spool, SpoolSegment segment, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new Body(segment.Parts) };
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"{Name}: {e.Message}", e);
        }
        catch (TaskCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{Name}: no answer in time", e);
        }
        using (answer)
        {
            if (answer.IsSuccessStatusCode) return;
            string text = await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
            string why = $"{Name}: {(int)answer.StatusCode} {text.Trim()}";
            if ((int)answer.StatusCode >= 500 || answer.StatusCode is HttpStatusCode.TooManyRequests
                or HttpStatusCode.RequestTimeout) throw new IOException(why);
            throw new StoreRefusedException(why, answer.StatusCode is HttpStatusCode.NotFound
                or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden);
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The parts one after the other; members of a gzip may follow each other, so packed ones too are one body.</summary>
    private sealed class Body : HttpContent
    {
        private readonly IReadOnlyList<SpoolPart> _parts;

        public Body(IReadOnlyList<SpoolPart> parts)
        {
            _parts = parts;
            Headers.ContentType = new MediaTypeHeaderValue("text/plain") { CharSet = "utf-8" };
            // An earlier run may have packed what this one would not; no line begins with these bytes.
            if (parts.Count > 0 && parts[0].Payload.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
                Headers.ContentEncoding.Add("gzip");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (SpoolPart part in _parts) await stream.WriteAsync(part.Payload).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _parts.Sum(p => (long)p.Payload.Length);
            return true;
        }
    }
}
