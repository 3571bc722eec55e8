using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CityBrain.Dashboard;

public sealed record HealthView(string Status, long AgeMs, string? Why);

/// <summary>Is it alive, is it ready, and the metrics in Prometheus' text format 0.0.4.</summary>
internal static class OperationsEndpoints
{
    /// <summary>A picture older than this makes the dashboard unready.</summary>
    private const long OldestMs = 15_000;

    public static void Map(WebApplication app, DashboardOptions options, LiveFeed live)
    {
        app.MapGet("/health/live", () => ViewEndpoints.Json(new HealthView("ok", live.AgeMs, null)))
            .Produces<HealthView>().WithSummary("The process answers");
        app.MapGet("/health/ready", () => Ready(live))
            .Produces<HealthView>().Produces<HealthView>(503).WithSummary("Pictures of the city arrive");
        app.MapGet("/metrics", () => Results.Text(
                Own(live) + (options.Metrics?.Invoke() ?? ""), "text/plain; version=0.0.4", Encoding.UTF8))
            .WithSummary("Prometheus text");
    }

    private static IResult Ready(LiveFeed live)
    {
        long age = live.AgeMs;
        string? why = age < 0 ? "The brain has not sent a picture yet."
            : age > OldestMs ? $"The last picture is {age / 1000} s old." : null;
        return Results.Json(new HealthView(why is null ? "ok" : "not ready", age, why), DashboardJson.Options,
            statusCode: why is null ? 200 : 503);
    }

    private static string Own(LiveFeed live)
    {
        var text = new StringBuilder();
        void Add(string name, string type, string help, double value) => text.Append(CultureInfo.InvariantCulture,
            $"# HELP citybrain_dashboard_{name} {help}\n# TYPE citybrain_dashboard_{name} {type}\ncitybrain_dashboard_{name} {value}\n");
        Add("viewers", "gauge", "Open live connections.", live.ViewerCount);
        Add("viewers_refused_total", "counter", "Live connections refused because there were too many.", live.ViewersRefused);
        Add("frames_total", "counter", "Pictures taken from the brain.", live.Current?.Number ?? 0);
        Add("frames_replaced_total", "counter", "Pictures replaced by a newer one before they were taken.", live.Exchange.Replaced);
        Add("viewer_frames_lost_total", "counter", "Frames a slow viewer did not get.", live.FramesLost);
        Add("frame_age_seconds", "gauge", "Age of the last picture, -1 before the first.", live.AgeMs < 0 ? -1 : live.AgeMs / 1000.0);
        Add("alarms_open", "gauge", "Open alarms.", live.Alarms.OpenCount);
        return text.ToString();
    }
}
