using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CityBrain.Archiving;
using CityBrain.Dashboard;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Tests.Archiving;

/// <summary>The past over real HTTP: forms, pages, entity tags, packing, limits.</summary>
public sealed class RecordedApiTests(RecordedApi api) : IClassFixture<RecordedApi>
{
    private readonly HttpClient _http = api.Http;

    private string Root => api.Root;

    [Fact]
    public async Task Pages_put_together_are_the_table()
    {
        foreach (ArchiveTable table in ArchiveTables.All)
        {
            var rows = new List<string>();
            string? cursor = null;
            do
            {
                string query = cursor is null ? "?limit=700" : $"?limit=700&cursor={cursor}";
                JsonElement page = await _http.GetFromJsonAsync<JsonElement>($"/api/v1/tables/{table.Name}{query}");
                Assert.Equal(page.GetProperty("count").GetInt32(), page.GetProperty("rows").GetArrayLength());
                rows.AddRange(page.GetProperty("rows").EnumerateArray().Select(r => r.GetRawText()));
                cursor = page.GetProperty("next").GetString();
            }
            while (cursor is not null);
            using ArchiveFolder archive = ArchiveFolder.Open(Root);
            Assert.Equal(archive.Files.Where(f => f.Partition.Table == table.Name).Sum(f => f.Rows), rows.Count);
            Assert.Equal(rows.Count, table.Name == "lanes" ? rows.Count : rows.Distinct().Count());
        }
    }

    [Fact]
    public async Task The_same_rows_come_as_json_csv_and_arrow()
    {
        JsonElement json = await _http.GetFromJsonAsync<JsonElement>("/api/v1/tables/windows?limit=100000");
        double expected = json.GetProperty("rows").EnumerateArray().Sum(r => r.GetProperty("Count").GetDouble());
        Assert.True(expected > 0);

        using HttpResponseMessage csv = await _http.SendAsync(Get("/api/v1/tables/windows?limit=100000", "text/csv"));
        using var reader = new StringReader(await csv.Content.ReadAsStringAsync());
        Assert.Equal("TimeStamp,Detector,LengthS,Readings,Count,Occupancy,SpeedMps", await reader.ReadLineAsync());
        double sum = 0;
        for (string? line = await reader.ReadLineAsync(); line is not null; line = await reader.ReadLineAsync())
            sum += double.Parse(line.Split(',')[4], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(expected, sum, 9);

        using HttpResponseMessage arrow = await _http.SendAsync(
            Get("/api/v1/tables/windows?limit=100000", "application/vnd.apache.arrow.stream;q=0.9, text/csv;q=0.1"));
        Assert.Equal(Arrow, arrow.Content.Headers.ContentType!.MediaType);
        var stream = new ArrowReader(await arrow.Content.ReadAsStreamAsync());
        sum = 0;
        for (ArrowBatch? batch = stream.Next(); batch is not null; batch = stream.Next())
            for (int row = 0; row < batch.Length; row++) sum += batch.Columns[4].Real(row);
        Assert.Equal(expected, sum, 9);
    }

    [Fact]
    public async Task A_form_that_is_not_ours_is_refused()
    {
        using HttpResponseMessage answer = await _http.SendAsync(Get("/api/v1/tables/windows", "image/png"));
        Assert.Equal(HttpStatusCode.NotAcceptable, answer.StatusCode);
        Assert.Contains(Arrow, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Decisions_tell_their_reasons_and_can_be_asked_of_one_intersection()
    {
        string id = TinyCity.Build().Intersections[0].Id;
        JsonElement all = await _http.GetFromJsonAsync<JsonElement>($"/api/v1/decisions?intersection={id}&limit=5");
        Assert.Equal(5, all.GetProperty("count").GetInt32());
        Assert.All(all.GetProperty("rows").EnumerateArray(), r =>
        {
            Assert.Equal(id, r.GetProperty("Intersection").GetString());
            Assert.NotEmpty(r.GetProperty("Reason").GetString()!);
        });
        JsonElement none = await _http.GetFromJsonAsync<JsonElement>("/api/v1/decisions?intersection=nowhere");
        Assert.Equal(0, none.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_range_of_times_is_a_range_of_times()
    {
        JsonElement page = await _http.GetFromJsonAsync<JsonElement>(
            "/api/v1/tables/commands?from=2024-04-15T23:57:00&to=2024-04-15T23:58:00&limit=100000");
        string[] times = [.. page.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("TimeStamp").GetString()!)];
        Assert.NotEmpty(times);
        Assert.All(times, t => Assert.StartsWith("2024-04-15T23:57:", t));
    }

    [Fact]
    public async Task An_answer_that_is_known_is_not_sent_again()
    {
        using HttpResponseMessage first = await _http.GetAsync("/api/v1/tables/lanes");
        EntityTagHeaderValue tag = first.Headers.ETag!;
        using HttpRequestMessage again = Get("/api/v1/tables/lanes", "application/json");
        again.Headers.IfNoneMatch.Add(tag);
        using HttpResponseMessage second = await _http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, br", "br")]
    [InlineData("br;q=0.2, gzip", "gzip")]
    [InlineData("br;q=0", null)]
    public async Task A_body_is_packed_as_the_client_reads_it(string accept, string? coding)
    {
        string plain = await _http.GetStringAsync("/api/v1/tables/events?limit=500");
        using HttpRequestMessage request = Get("/api/v1/tables/events?limit=500", "application/json");
        request.Headers.Add("Accept-Encoding", accept);
        using HttpResponseMessage answer = await _http.SendAsync(request);
        Assert.Equal(coding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
        Stream body = await answer.Content.ReadAsStreamAsync();
        using Stream unpacked = coding switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            _ => body,
        };
        Assert.Equal(plain, await new StreamReader(unpacked).ReadToEndAsync());
    }

    [Fact]
    public async Task The_next_page_is_linked()
    {
        using HttpResponseMessage answer = await _http.GetAsync("/api/v1/tables/events?limit=2&district=d1");
        string link = Assert.Single(answer.Headers.GetValues("Link"));
        Assert.EndsWith("; rel=\"next\"", link);
        JsonElement next = await _http.GetFromJsonAsync<JsonElement>(link[1..link.IndexOf('>')]);
        Assert.Equal(2, next.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Measures_come_with_their_parameters()
    {
        JsonElement list = await _http.GetFromJsonAsync<JsonElement>("/api/v1/measures");
        Assert.Equal(13, list.GetArrayLength());
        JsonElement page = await _http.GetFromJsonAsync<JsonElement>("/api/v1/measures/actuations?bin=5m&device=2");
        JsonElement[] rows = [.. page.GetProperty("rows").EnumerateArray()];
        Assert.Equal(300, rows.Sum(r => r.GetProperty("Total").GetInt32()));
        Assert.All(rows, r => Assert.Equal("2", r.GetProperty("DeviceId").GetString()));
        JsonElement first = await _http.GetFromJsonAsync<JsonElement>("/api/v1/measures/actuations?limit=3");
        JsonElement second = await _http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/measures/actuations?limit=100&cursor={first.GetProperty("next")}");
        Assert.Equal(600, new[] { first, second }.Sum(p =>
            p.GetProperty("rows").EnumerateArray().Sum(r => r.GetProperty("Total").GetInt32())));
    }

    [Theory]
    [InlineData("/api/v1/tables/cars", 404, "no table 'cars'")]
    [InlineData("/api/v1/tables/events?limit=0", 400, "limit is from 1")]
    [InlineData("/api/v1/tables/events?limit=many", 400, "cannot be read")]
    [InlineData("/api/v1/tables/events?from=soon", 400, "'soon'")]
    [InlineData("/api/v1/tables/events?cursor=zzz", 400, "cursor")]
    [InlineData("/api/v1/measures/speeding", 404, "no measure")]
    [InlineData("/api/v1/measures/ped?bin=7", 400, "bin")]
    [InlineData("/api/v1/measures/ped?set=ped.unknown=1", 400, "no parameter")]
    public async Task What_makes_no_sense_is_said(string path, int status, string what)
    {
        using HttpResponseMessage answer = await _http.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(what, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Tables_and_journals_are_listed()
    {
        JsonElement tables = await _http.GetFromJsonAsync<JsonElement>("/api/v1/tables");
        Assert.Equal(["events", "windows", "lanes", "decisions", "commands", "signals"],
            tables.EnumerateArray().Select(t => t.GetProperty("name").GetString()));
        JsonElement journal = Assert.Single((await _http.GetFromJsonAsync<JsonElement>("/api/v1/journals")).EnumerateArray());
        JsonElement page = await _http.GetFromJsonAsync<JsonElement>(
            $"/api/v1/tables/events?limit=100000&journal={journal.GetProperty("id")}");
        Assert.Equal(journal.GetProperty("events").GetInt64(), page.GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task The_description_is_openapi_3_1_and_knows_every_path()
    {
        JsonElement api = await _http.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        Assert.StartsWith("3.1", api.GetProperty("openapi").GetString());
        JsonElement paths = api.GetProperty("paths");
        foreach (string path in (string[])
            ["/api/v1/city", "/api/v1/state", "/api/v1/history", "/api/v1/intersections/{id}", "/api/v1/tables",
            "/api/v1/tables/{table}", "/api/v1/decisions", "/api/v1/journals", "/api/v1/measures", "/api/v1/measures/{measure}"])
            Assert.True(paths.TryGetProperty(path, out _), path);
        JsonElement content = paths.GetProperty("/api/v1/tables/{table}").GetProperty("get").GetProperty("responses")
            .GetProperty("200").GetProperty("content");
        Assert.True(content.TryGetProperty(Arrow, out _));
    }

    [Fact]
    public async Task Too_many_requests_get_429_and_are_told_when_to_come_again()
    {
        await using DashboardHost host = await DashboardHost.StartAsync(
            new DashboardOptions { City = TinyCity.Build(), Port = 0, RequestsPerMinute = 20 });
        using var http = new HttpClient { BaseAddress = host.Address };
        for (int i = 0; i < 60; i++)
        {
            using HttpResponseMessage answer = await http.GetAsync("/api/v1/tables");
            if (answer.StatusCode != HttpStatusCode.TooManyRequests)
            {
                Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
                Assert.Contains("--archive", await answer.Content.ReadAsStringAsync());
                continue;
            }
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            return;
        }
        Assert.Fail("60 requests in a moment were all answered");
    }

    private const string Arrow = "application/vnd.apache.arrow.stream";

    private static HttpRequestMessage Get(string path, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", accept);
        return request;
    }
}

/// <summary>A server with an archive of the sample journal and a store of a made-up log.</summary>
public sealed class RecordedApi : IAsyncLifetime, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-api-").FullName;
    private DashboardHost _host = null!;

    public string Root => Path.Combine(_folder, "archive");

    public HttpClient Http { get; } = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });

    public async Task InitializeAsync()
    {
        string journal = Path.Combine(_folder, "journal"), logs = Path.Combine(_folder, "hires");
        SampleJournal.Write(journal, 900);
        using (ArchiveFolder archive = ArchiveFolder.OpenToWrite(Root))
            Compaction.Run(archive, journal, CancellationToken.None);
        using (var import = new HiResImport(new HiResStore(logs)))
        {
            string log = Path.Combine(_folder, "log.csv");
            await File.WriteAllLinesAsync(log, Enumerable.Range(0, 600).Select(i =>
                $"2024-04-15 12:{i / 60:D2}:{i % 60:D2},{1 + (i % 2)},82,{i % 7}").Prepend("TimeStamp,DeviceId,EventId,Parameter"));
            import.AddFile(log);
            import.Complete();
        }
        _host = await DashboardHost.StartAsync(new DashboardOptions
        {
            City = TinyCity.Build(), Port = 0, Recorded = new RecordedHistory(Root, logs), RequestsPerMinute = 100_000,
        });
        Http.BaseAddress = _host.Address;
    }

    public void Dispose() => Http.Dispose();

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
