using CityBrain.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>A request for all intersections, or those of a district: Programme or Release. Minutes: 1 to 120, not for release.</summary>
public sealed record CityActionBody(OverrideKind? Kind, string? District, int? Minutes, string? Reason);

/// <summary>How many intersections' requests the brain took, of how many.</summary>
public sealed record CityActionDone(int Taken, int Of);

/// <summary>City-wide actions, which need two people.</summary>
internal static class CityActionEndpoints
{
    public static void Map(WebApplication app, DashboardOptions options, Access access, CityActions actions)
    {
        app.MapGet("/api/v1/city/actions", () => ViewEndpoints.Json(actions.Pending()))
            .Needs(access, Role.Operator).Produces<CityAction[]>().WithSummary("City-wide actions that wait for a second person");
        app.MapPost("/api/v1/city/actions", (HttpContext http, CityActionBody body) => Ask(http, body, options.City, access, actions))
            .Needs(access, Role.Engineer).Produces<CityAction>(202).Produces<Problem>(400).Produces<Problem>(503)
            .WithSummary("Ask for a city-wide action; another person has five minutes to confirm it");
        app.MapPost("/api/v1/city/actions/{id:long}/confirm", (HttpContext http, long id) => ConfirmAsync(http, id, access, actions))
            .Needs(access, Role.Engineer).Produces<CityActionDone>().Produces<Problem>(404).Produces<Problem>(503)
            .WithSummary("Confirm what another person asked for: it is done at once");
        app.MapDelete("/api/v1/city/actions/{id:long}", (HttpContext http, long id) => Withdraw(http, id, access, actions))
            .Needs(access, Role.Engineer).Produces<Problem>(404).WithSummary("Take back what was asked for");
    }

    private static IResult Ask(HttpContext http, CityActionBody body, City city, Access access, CityActions actions)
    {
        if (body.Kind is not (OverrideKind.Programme or OverrideKind.Release))
            return OperatorEndpoints.Refuse(400, "kind is Programme or Release.");
        if (OperatorEndpoints.ReasonObjection(body.Reason) is { } objection) return OperatorEndpoints.Refuse(400, objection);
        if (body.Kind != OverrideKind.Release && OperatorEndpoints.MinutesObjection(body.Minutes) is { } minutes)
            return OperatorEndpoints.Refuse(400, minutes);
        int? district = null;
        if (body.District is { } name)
        {
            if (!city.TryDistrict(name, out int index)) return OperatorEndpoints.Refuse(400, $"There is no district '{name}'.");
            district = index;
        }
        string who = access.SessionOf(http)!.Name;
        CityAction? action = actions.Ask(body.Kind.Value, district, body.Minutes ?? 0, body.Reason!.Trim(), who);
        return action is null
            ? OperatorEndpoints.Refuse(503, "Too many actions wait for confirmation.")
            : Results.Json(action, DashboardJson.Options, statusCode: 202);
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, long id, Access access, CityActions actions)
    {
        string who = access.SessionOf(http)!.Name;
        if (actions.Find(id) is not { } action) return Gone();
        if (who.Equals(action.AskedBy, StringComparison.OrdinalIgnoreCase))
            return OperatorEndpoints.Refuse(403, "Another person has to confirm this: two pairs of eyes.");
        int of = actions.Places(action.District).Count(), taken = await actions.ConfirmAsync(action, who);
        if (taken < 0) return Gone();
        return taken == of
            ? ViewEndpoints.Json(new CityActionDone(taken, of))
            : OperatorEndpoints.Refuse(503, $"The brain took the request for {taken} of {of} intersections only.");
    }

    private static IResult Withdraw(HttpContext http, long id, Access access, CityActions actions)
    {
        if (actions.Find(id) is not { } action) return Gone();
        actions.Withdraw(action, access.SessionOf(http)!.Name);
        return Results.NoContent();
    }

    private static IResult Gone() => OperatorEndpoints.Refuse(404, "There is no such action: it was done, withdrawn, or not confirmed in time.");
}
