using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

/// <summary>What is asked of a replay.</summary>
/// <param name="Action">pause, play, step, seek or speed.</param>
/// <param name="AtMs">With seek: the instant, ms of the feed's clock.</param>
/// <param name="Speed">With speed: times real time, 1 to 1000.</param>
public sealed record ReplayOrder(string Action, long? AtMs = null, double? Speed = null);

/// <summary>How a replay stands.</summary>
/// <param name="FromMs">First tick of the journal.</param>
/// <param name="ToMs">Last tick of the journal.</param>
/// <param name="AtMs">The tick shown.</param>
/// <param name="Speed">Times real time.</param>
/// <param name="Paused">It stands still.</param>
/// <param name="Ended">The last tick is shown.</param>
/// <param name="Seeking">It is on its way to an instant.</param>
/// <param name="Snapshots">Instants from which a seek can start.</param>
/// <param name="Digest">The brain's digest at the tick shown; told while it stands still.</param>
public sealed record ReplayView(
    long FromMs, long ToMs, long AtMs, double Speed, bool Paused, bool Ended, bool Seeking, int Snapshots, string? Digest);

/// <summary>A replay that drives this dashboard.</summary>
public interface IReplayControl
{
    ReplayView State();

    /// <summary>Does what is asked; a sentence when it makes no sense, else null and how it stands then.</summary>
    Task<(string? Wrong, ReplayView View)> DoAsync(ReplayOrder order, CancellationToken cancel);
}

/// <summary>Pause, seek, step and speed of a replay. Nothing of this moves a signal: it is looking, not stepping in.</summary>
internal static class ReplayEndpoints
{
    public static void Map(WebApplication app, DashboardOptions options, Access access)
    {
        IReplayControl? replay = options.Replay;
        app.MapGet("/api/v1/replay", () => replay is null ? NoReplay() : ViewEndpoints.Json(replay.State()))
            .Needs(access, Role.Viewer).Produces<ReplayView>().Produces<Problem>(404)
            .WithSummary("How the replay stands; 404 when this is no replay");
        app.MapPost("/api/v1/replay", (HttpContext http, ReplayOrder order) => DoAsync(http, replay, access, order))
            .Produces<ReplayView>().Produces<Problem>(400).Produces<Problem>(401).Produces<Problem>(404)
            .WithSummary("Pause, play, step, seek or set the speed of the replay");
    }

    private static async Task<IResult> DoAsync(HttpContext http, IReplayControl? replay, Access access, ReplayOrder order)
    {
        if (replay is null) return NoReplay();
        // A body of JSON cannot be posted by another site's page without our leave, so that no token is needed.
        if (!access.OpenViewing && access.SessionOf(http) is null) return Refuse(401, "Log in first.");
        (string? wrong, ReplayView view) = await replay.DoAsync(order, http.RequestAborted);
        return wrong is null ? ViewEndpoints.Json(view) : Refuse(400, wrong);
    }

    private static IResult NoReplay() => Refuse(404, "This is no replay.");

    private static IResult Refuse(int status, string why) =>
        Results.Json(new Problem(why), DashboardJson.Options, statusCode: status);
}
