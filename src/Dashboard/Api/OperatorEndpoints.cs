using CityBrain.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>A request to step in. Stage: for force and skip. Minutes: 1 to 120, not for release.</summary>
public sealed record OverrideBody(OverrideKind? Kind, int? Stage, int? Minutes, string? Reason);

/// <summary>The answer: it is on its way to the brain, and in the audit trail under this number.</summary>
public sealed record OverrideAccepted(long AuditNumber);

/// <summary>Stepping in, acknowledging, and the audit trail.</summary>
internal static class OperatorEndpoints
{
    private const int LongestMinutes = 120, ShortestReason = 3, LongestReason = 200;

    public static void Map(WebApplication app, DashboardOptions options, LiveFeed live, Access access, AuditTrail audit)
    {
        app.MapPost("/api/v1/intersections/{id}/override", (HttpContext http, string id, OverrideBody body) =>
                Override(http, id, body, options, access, audit))
            .Needs(access, Role.Operator).Produces<OverrideAccepted>(202).Produces<Problem>(400).Produces<Problem>(404)
            .Produces<Problem>(503).WithSummary("Hold, force, skip, run the own programme, or return to automatic");
        app.MapPost("/api/v1/alarms/{id:long}/acknowledge", (HttpContext http, long id) =>
                Acknowledge(http, id, options, live, access, audit))
            .Needs(access, Role.Operator).Produces<Alarm>().Produces<Problem>(404).WithSummary("Acknowledge an alarm");
        app.MapPost("/api/v1/alarms/{id:long}/clear", (HttpContext http, long id) =>
                Clear(http, id, options, live, access, audit))
            .Needs(access, Role.Operator).Produces<Alarm>().Produces<Problem>(404)
            .WithSummary("Take an alarm off the open ones; it comes again when its cause ended and came again");
        app.MapGet("/api/v1/audit/check", () => ViewEndpoints.Json(audit.Verify()))
            .Needs(access, Role.Operator).Produces<AuditCheck>().WithSummary("Reads the whole audit trail and checks its chain");
        app.MapGet("/api/v1/audit", () => ViewEndpoints.Json(audit.Recent()))
            .Needs(access, Role.Operator).Produces<AuditEntry[]>().WithSummary("Who did what, when and why, newest first");
    }

    private static IResult Override(
        HttpContext http, string id, OverrideBody body, DashboardOptions options, Access access, AuditTrail audit)
    {
        Session session = access.SessionOf(http)!;
        if (ViewEndpoints.Find(options.City, id) is not { } place) return ViewEndpoints.NoIntersection(id);
        if (Objection(body, place) is { } objection) return Refuse(400, objection);
        OverrideKind kind = body.Kind!.Value;
        string what = $"override {kind}" + (body.Stage is { } n ? $" {place.Stages[n].Id}" : "")
            + (body.Minutes is { } m ? $" for {m} min" : "");
        if (kind == OverrideKind.Programme && session.Role < Role.Engineer)
        {
            audit.Add(session.Name, what, place.Id, body.Reason, done: false);
            return Refuse(403, $"This needs the role {Role.Engineer}; you are {session.Role}.");
        }
        var request = new OverrideRequest(place.Index, kind, body.Stage ?? -1, (body.Minutes ?? 0) * 60,
            session.Name, body.Reason!.Trim());
        // Written down before it is asked for, and again if it could not be.
        AuditEntry entry = audit.Add(session.Name, what, place.Id, request.Reason, done: true);
        if (options.Overrides is { } overrides && overrides.TryWrite(request))
            return Results.Json(new OverrideAccepted(entry.Number), DashboardJson.Options, statusCode: 202);
        audit.Add(session.Name, $"{what}: not taken", place.Id, request.Reason, done: false);
        return Refuse(503, options.Overrides is null
            ? "This run takes no overrides." : "The brain is busy: the request was not taken. Try again.");
    }

    private static string? Objection(OverrideBody body, Intersection place)
    {
        if (body.Kind is not { } kind || !Enum.IsDefined(kind)) return "kind is Hold, Force, Skip, Programme or Release.";
        if (ReasonObjection(body.Reason) is { } objection) return objection;
        bool needsStage = kind is OverrideKind.Force or OverrideKind.Skip;
        if (needsStage && body.Stage is null) return "This needs a stage.";
        if (body.Stage is { } stage && (uint)stage >= (uint)place.Stages.Length)
            return $"There is no stage {stage}: there are {place.Stages.Length}, from 0.";
        if (kind == OverrideKind.Skip && place.Stages.Length < 3)
            return "With fewer than three stages none can be skipped.";
        return kind == OverrideKind.Release ? null : MinutesObjection(body.Minutes);
    }

    public static string? ReasonObjection(string? reason) => reason?.Trim() is not { } text
        || text.Length is < ShortestReason or > LongestReason || text.Any(char.IsControl)
            ? $"A reason of {ShortestReason} to {LongestReason} characters in one line is needed."
            : null;

    public static string? MinutesObjection(int? minutes) =>
        minutes is >= 1 and <= LongestMinutes ? null : $"minutes is 1 to {LongestMinutes}.";

    private static IResult Acknowledge(
        HttpContext http, long id, DashboardOptions options, LiveFeed live, Access access, AuditTrail audit)
    {
        Session session = access.SessionOf(http)!;
        Alarm? alarm;
        lock (live.Gate) alarm = live.Alarms.Acknowledge(id, session.Name, options.Time.GetUtcNow());
        if (alarm is null) return Refuse(404, "There is no such alarm.");
        string? where = alarm.Intersection >= 0 ? options.City.Intersections[alarm.Intersection].Id : null;
        audit.Add(session.Name, $"acknowledged {alarm.Kind}", where, alarm.Detail, done: true);
        return ViewEndpoints.Json(alarm);
    }

    private static IResult Clear(
        HttpContext http, long id, DashboardOptions options, LiveFeed live, Access access, AuditTrail audit)
    {
        Session session = access.SessionOf(http)!;
        Alarm? alarm;
        lock (live.Gate) alarm = live.Alarms.Clear(id, session.Name, options.Time.GetUtcNow(), live.Frame.TimeMs);
        if (alarm is null) return Refuse(404, "There is no such open alarm.");
        string? where = alarm.Intersection >= 0 ? options.City.Intersections[alarm.Intersection].Id : null;
        audit.Add(session.Name, $"cleared {alarm.Kind}", where, alarm.Detail, done: true);
        return ViewEndpoints.Json(alarm);
    }

    public static IResult Refuse(int status, string why) =>
        Results.Json(new Problem(why), DashboardJson.Options, statusCode: status);
}
