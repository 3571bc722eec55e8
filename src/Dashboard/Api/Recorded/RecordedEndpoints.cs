using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace CityBrain.Dashboard;

/// <summary>The past, page by page: tables of the archive, its journals, and measures of imported logs.</summary>
internal static class RecordedEndpoints
{
    private const int UsualLimit = 1000, MostRows = 100_000;

    public static void Map(WebApplication app, DashboardOptions options, Access access)
    {
        IRecordedHistory? history = options.Recorded;
        app.MapGet("/api/v1/tables", async Task<IResult> (HttpContext http) =>
                await ListAsync(http, history, h => h.Tables()))
            .Needs(access, Role.Viewer).Produces<RecordedTable[]>().Produces<Problem>(404)
            .WithSummary("The tables of the past: columns, rows and times");
        app.MapGet("/api/v1/journals", async Task<IResult> (HttpContext http) =>
                await ListAsync(http, history, h => h.Journals()))
            .Needs(access, Role.Viewer).Produces<RecordedJournal[]>().Produces<Problem>(404)
            .WithSummary("The journals in the archive; their events are the table events with ?journal=");
        app.MapGet("/api/v1/measures", async Task<IResult> (HttpContext http) =>
                await ListAsync(http, history, h => h.Measures()))
            .Needs(access, Role.Viewer).Produces<RecordedMeasure[]>().Produces<Problem>(404)
            .WithSummary("Signal performance measures that can be asked for, with their parameters");
        Rows(app, access, "/api/v1/tables/{table}", "Rows of a table, by day and district, then as they were made",
            (HttpContext http, string table, string? from, string? to, string? district, string? id, string? journal,
                int? limit, string? cursor) => RowsAsync(http, history, (h, format, into) => h.WriteRows(
                table, Query(from, to, district, id, journal, limit, cursor), format, into, http.RequestAborted), $"table '{table}'"));
        Rows(app, access, "/api/v1/decisions", "Decisions with their reasons: the rows of the table decisions",
            (HttpContext http, string? from, string? to, string? district, string? intersection, int? limit,
                string? cursor) => RowsAsync(http, history, (h, format, into) => h.WriteRows(
                "decisions", Query(from, to, district, intersection, null, limit, cursor), format, into, http.RequestAborted), "table"));
        Rows(app, access, "/api/v1/measures/{measure}", "A measure of the imported logs; set=MEASURE.PARAMETER=VALUE may be repeated",
            (HttpContext http, string measure, string? from, string? to, string? bin, string? device, string[]? set,
                int? limit, string? cursor) => RowsAsync(http, history, (h, format, into) => h.WriteMeasure(
                new MeasureQuery(measure, from, to, bin ?? "15m", device, set ?? [], Limit(limit), cursor), format, into,
                http.RequestAborted), $"measure '{measure}'"));
    }

    private static void Rows(WebApplication app, Access access, string path, string summary, Delegate handler) =>
        app.MapGet(path, handler).Needs(access, Role.Viewer)
            .Produces<RowsAnswer>(200, Answer.JsonType, Answer.CsvType, Answer.ArrowType)
            .Produces<Problem>(400).Produces<Problem>(404).Produces<Problem>(406)
            .WithSummary(summary)
            .WithDescription("JSON, CSV or a stream of Arrow IPC, by the header Accept. Times are ISO 8601 of the feed's clock or "
                + "its milliseconds; at most `limit` rows (1000, never more than 100000) come at once; where there are more, "
                + "the header Link with rel=next, and `next` in JSON, lead to them. An ETag goes with every answer.");

    private static async Task<IResult> ListAsync<T>(
        HttpContext http, IRecordedHistory? history, Func<IRecordedHistory, IReadOnlyList<T>> list)
    {
        if (history is null) return NoHistory();
        byte[] body = DashboardJson.Write(await Task.Run(() => list(history), http.RequestAborted));
        await Answer.SendAsync(http, body, Answer.TypeOf(RowsFormat.Json));
        return Results.Empty;
    }

    private static async Task<IResult> RowsAsync(
        HttpContext http, IRecordedHistory? history, Func<IRecordedHistory, RowsFormat, Stream, RowsPage?> write, string what)
    {
        if (history is null) return NoHistory();
        if (Answer.Format(http.Request) is not { } format)
            return Refuse(406, $"This comes as {Answer.JsonType}, {Answer.CsvType} or {Answer.ArrowType}.");
        using var rows = new MemoryStream();
        RowsPage? page;
        try
        {
            page = await Task.Run(() => write(history, format, rows), http.RequestAborted);
        }
        catch (RowsQueryException e)
        {
            return Refuse(400, e.Message);
        }
        if (page is null) return Refuse(404, $"There is no {what}.");
        if (page.Next is { } next) http.Response.Headers.Link = $"<{NextPage(http.Request, next)}>; rel=\"next\"";
        ReadOnlyMemory<byte> body = rows.GetBuffer().AsMemory(0, (int)rows.Length);
        if (format == RowsFormat.Json) body = Enclosed(body, page);
        await Answer.SendAsync(http, body, Answer.TypeOf(format));
        return Results.Empty;
    }

    /// <summary>The rows, how many they are, and where the next ones are.</summary>
    private static byte[] Enclosed(ReadOnlyMemory<byte> rows, RowsPage page)
    {
        string next = page.Next is null ? "null" : $"\"{page.Next}\"";
        string count = page.Rows.ToString(CultureInfo.InvariantCulture);
        return [.. System.Text.Encoding.UTF8.GetBytes($"{{\"count\":{count},\"next\":{next},\"rows\":"), .. rows.Span, (byte)'}'];
    }

    private static string NextPage(HttpRequest request, string cursor)
    {
        var query = request.Query.Where(q => q.Key != "cursor")
            .SelectMany(q => q.Value, (q, value) => new KeyValuePair<string, string?>(q.Key, value))
            .Append(new("cursor", cursor));
        return QueryHelpers.AddQueryString(request.Path.ToUriComponent(), query);
    }

    private static RowsQuery Query(
        string? from, string? to, string? district, string? id, string? journal, int? limit, string? cursor) => new(
        Time("from", from, long.MinValue), Time("to", to, long.MaxValue), district, id, journal, Limit(limit), cursor);

    private static int Limit(int? limit) => limit switch
    {
        null => UsualLimit,
        >= 1 and <= MostRows => limit.Value,
        _ => throw new RowsQueryException("limit is from 1 to 100000."),
    };

    /// <summary>ISO 8601 without a zone, of the feed's clock, or its milliseconds.</summary>
    private static long Time(string name, string? text, long otherwise)
    {
        if (text is null) return otherwise;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long ms)) return ms;
        return DateTime.TryParse(text, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time)
            ? (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond
            : throw new RowsQueryException($"{name} is a time such as 2024-04-15T12:00, or milliseconds; not '{text}'.");
    }

    private static IResult NoHistory() =>
        Refuse(404, "This server keeps no archive; start it with --archive FOLDER.");

    private static IResult Refuse(int status, string why) =>
        Results.Json(new Problem(why), DashboardJson.Options, statusCode: status);
}
