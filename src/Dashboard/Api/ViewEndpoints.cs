using System.Globalization;
using CityBrain.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>What anybody who may look can ask.</summary>
internal static class ViewEndpoints
{
    private const int MostTrailLanes = 128;

    public static void Map(WebApplication app, DashboardOptions options, LiveFeed live, Access access)
    {
        var city = new Packed(
            DashboardJson.Write(CityView.Of(options)), "application/json");
        app.MapGet("/api/v1/city", async Task<IResult> (HttpContext http) =>
            {
                await city.WriteAsync(http, "no-cache");
                return Results.Empty;
            })
            .Needs(access, Role.Viewer).Produces<CityView>().WithSummary("The network, as the map draws it");
        app.MapGet("/api/v1/state", () => Json(live.State()))
            .Needs(access, Role.Viewer).Produces<StateView>().WithSummary("Totals, feeds and counters now");
        app.MapGet("/api/v1/intersections/{id}", (string id) => Find(options.City, id) is { } place
                ? Json(Detail(live, place)) : NoIntersection(id))
            .Needs(access, Role.Viewer).Produces<IntersectionView>().Produces<Problem>(404)
            .WithSummary("One intersection in detail, with the reason of its last decision");
        app.MapGet("/api/v1/history", (int? samples, int? points) => Json(History(live, samples ?? 360, points ?? CityLog.Kept)))
            .Needs(access, Role.Viewer).Produces<HistoryView>()
            .WithSummary("City totals over time, a sample every 10 s, thinned to so many points");
        app.MapGet("/api/v1/history/frame", (long at) => FrameAt(live, at))
            .Needs(access, Role.Viewer).Produces(200, contentType: "application/octet-stream").Produces<Problem>(404)
            .WithSummary("The key frame at or before an instant of the feed's clock");
        app.MapGet("/api/v1/usual", () => Json(Usual(live)))
            .Needs(access, Role.Viewer).Produces<UsualDayView>().WithSummary("The usual day, learnt from earlier ones");
        app.MapGet("/api/v1/intersections/{id}/arrivals", (string id) => Find(options.City, id) is { } place
                ? Json(Arrivals(live, place)) : NoIntersection(id))
            .Needs(access, Role.Viewer).Produces<ArrivalsView[]>().Produces<Problem>(404)
            .WithSummary("When vehicles reached the stop lines, for the coordination diagram");
        app.MapGet("/api/v1/trails", (string lanes, long? after) => Trails(options.City, live, lanes, after ?? 0))
            .Needs(access, Role.Viewer).Produces(200, contentType: "application/octet-stream").Produces<Problem>(400)
            .WithSummary("Where vehicles were on some lanes in the last five minutes, see docs/WIRE-DASHBOARD.md");
        app.MapGet("/api/v1/alarms", () => Json(Alarms(live)))
            .Needs(access, Role.Viewer).Produces<Alarm[]>().WithSummary("Open alarms, then ended ones");
        app.MapGet("/api/v1/live", async Task<IResult> (HttpContext http) =>
            {
                await WatchAsync(http, live, access);
                return Results.Empty;
            })
            .Needs(access, Role.Viewer).WithSummary("WebSocket of live frames, see docs/WIRE-DASHBOARD.md");
    }

    public static Intersection? Find(City city, string id)
    {
        // Routing leaves an escaped slash escaped.
        string name = id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        return city.TryIntersection(name, out int index) ? city.Intersections[index] : null;
    }

    public static IResult NoIntersection(string id) =>
        Results.Json(new Problem($"There is no intersection '{id}'."), DashboardJson.Options, statusCode: 404);

    public static IResult Json<T>(T value) => Results.Json(value, DashboardJson.Options);

    private static UsualDayView Usual(LiveFeed live)
    {
        lock (live.Gate)
            return new UsualDayView(live.Usual.Basis, live.Usual.Count, live.Usual.HoursKnown,
                live.Usual.Day(live.Frame.TimeMs), live.Usual.Speeds());
    }

    private static ArrivalsView[] Arrivals(LiveFeed live, Intersection place)
    {
        lock (live.Gate) return [.. place.StopLineLanes.Select(l => new ArrivalsView(l, live.Arrivals.Of(l)))];
    }

    private static IResult Trails(City city, LiveFeed live, string lanes, long afterMs)
    {
        string[] asked = lanes.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var list = new int[asked.Length];
        bool good = asked.Length <= MostTrailLanes;
        for (int i = 0; good && i < list.Length; i++)
            good = int.TryParse(asked[i], NumberStyles.None, CultureInfo.InvariantCulture, out list[i]) && list[i] < city.Lanes.Length;
        if (!good)
            return Results.Json(new Problem($"lanes is a list of at most {MostTrailLanes} lane numbers."), DashboardJson.Options, statusCode: 400);
        byte[] dots;
        lock (live.Gate) dots = live.Trails.Of(list, afterMs);
        return Results.Bytes(dots, "application/octet-stream");
    }

    private static Alarm[] Alarms(LiveFeed live)
    {
        lock (live.Gate) return live.Alarms.All();
    }

    private static HistoryView History(LiveFeed live, int samples, int points)
    {
        lock (live.Gate)
            return new HistoryView(live.Archive.Span?.FromMs, live.Archive.Span?.ToMs,
                CityLog.Thin(live.City.Last(Math.Clamp(samples, 1, CityLog.Kept)), Math.Clamp(points, 2, CityLog.Kept)));
    }

    private static IResult FrameAt(LiveFeed live, long at)
    {
        byte[]? key;
        lock (live.Gate) key = live.Archive.At(at);
        return key is null
            ? Results.Json(new Problem("Nothing is kept from that time."), DashboardJson.Options, statusCode: 404)
            : Results.Bytes(key, "application/octet-stream");
    }

    private static async Task WatchAsync(HttpContext http, LiveFeed live, Access access)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            http.Response.Headers.Upgrade = "websocket";
            return;
        }
        if (live.IsFull)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            http.Response.Headers.RetryAfter = "30";
            return;
        }
        using System.Net.WebSockets.WebSocket socket = await http.WebSockets.AcceptWebSocketAsync();
        if (live.Admit(socket, access.MayStillLook(http)) is not { } viewer) return;
        try
        {
            await viewer.RunAsync(live.Stopping);
        }
        finally
        {
            live.Leave(viewer);
        }
    }

    private static IntersectionView Detail(LiveFeed live, Intersection place)
    {
        lock (live.Gate)
        {
            CityFrame frame = live.Frame;
            IntersectionFrame s = frame.Intersections[place.Index];
            return new IntersectionView
            {
                Index = place.Index, Id = place.Id, Name = place.Name, TimeMs = frame.TimeMs, Stage = s.Stage,
                StageSinceMs = s.StageSinceMs, Changing = s.Changing, Commanded = s.Commanded, Mode = s.Mode,
                ModeSeenMs = s.SeenMs, DecidedMs = s.DecidedMs, Reason = Reason(s.Reason, place),
                Override = s.Override, OverrideStage = s.OverrideStage, OverrideUntilMs = s.OverrideUntilMs,
                Groups = [.. place.Groups.Select(g => frame.Groups[place.Index * frame.MaxGroups + g.Index])
                    .Select(g => new GroupView(g.Reported, g.ReportedSinceMs, g.CallSinceMs))],
                Lanes = [.. place.StopLineLanes.Select(l => Lane(l, frame.Lanes[l]))],
                Detectors = [.. live.DetectorsOf(place.Index).Select(d => new DetectorView(
                    d, frame.Detectors[d].SeenMs, frame.Detectors[d].Fault, frame.Detectors[d].Confidence))],
                Stages = [.. live.Stages.Of(place.Index).Select(r => new StageRunView(r.Stage, r.FromMs, r.ToMs, r.Rule))],
            };
        }
    }

    private static LaneView Lane(int index, in LaneState s) => new(index, s.Vehicles, s.Stopped, s.QueueTailM,
        s.SpeedMps, s.FlowVph, s.Occupancy, s.Confidence, s.SaturationHeadwayS, s.SeenMs);

    private static ReasonView Reason(in DecisionReason r, Intersection place)
    {
        var beaten = new AlternativeView[r.AlternativeCount];
        for (int i = 0; i < beaten.Length; i++)
            beaten[i] = new AlternativeView(r.Alternatives[i].Stage, r.Alternatives[i].Score);
        return new ReasonView(r.Rule, r.Gate, r.Asked, r.Score, r.QueueVehicles, r.ArrivalsVehicles, r.LongestWaitS,
            r.LongestWaitGroup, r.AreaFill, r.EntryHeld, beaten, ReasonText.English(place, r));
    }
}
