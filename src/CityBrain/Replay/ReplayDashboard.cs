using System.Globalization;
using System.Net;
using CityBrain.Archiving;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.Engine;
using CityBrain.Host;
using CityBrain.Model;

namespace CityBrain.Replay;

/// <summary>`citybrain replay JOURNAL --port N`: the dashboard's screens, driven by a journal and marked as replay.</summary>
internal static class ReplayDashboard
{
    private static readonly (string Name, EventKind Kind)[] Feeds =
    [
        ("camera", EventKind.Camera), ("loop", EventKind.Loop), ("button", EventKind.Button),
        ("controller", EventKind.Controller),
    ];

    public static async Task<int> RunAsync(
        string journal, string speed, int port, string bind, string? archive, string? hires,
        Func<City, Basemap?> basemap, CancellationToken cancel)
    {
        if (port is < 0 or > 65535) throw CliFailure.Usage("--port is a port from 0 to 65535");
        if (!IPAddress.TryParse(bind, out IPAddress? address))
            throw CliFailure.Usage($"--bind is an IP address, not '{bind}'");
        await using var session = new ReplaySession(journal, Factor(speed));
        City city = session.World.Brain.City;
        var options = new DashboardOptions
        {
            City = city, Port = port, Bind = address, Replay = session, Basemap = basemap(city),
            Recorded = archive is null && hires is null ? null : new RecordedHistory(archive, hires),
        };
        await using DashboardHost dashboard = await StartAsync(options, cancel);
        var frames = new FrameWriter(city, dashboard.Frames, ClockMode.Replay, frame => FillFeeds(frame, session.World), 0);
        session.Start(world =>
        {
            frames.Reasons = world.Moment.Reasons;
            frames.Publish(world.Brain);
        });
        Console.Out.WriteLine($"replay     {dashboard.Address.ToString().TrimEnd('/')}"
            + (dashboard.HasFrontEnd ? "" : "  (API only: web/dist is not built)"));
        Console.Out.WriteLine("Ctrl-C ends it.");
        await Commands.RunCommandOptions.UntilEnd(session.Playing, cancel);
        return ExitCode.Ok;
    }

    private static async Task<DashboardHost> StartAsync(DashboardOptions options, CancellationToken cancel)
    {
        try
        {
            return await DashboardHost.StartAsync(options, HostInstruments.FrameCounterNames, cancel);
        }
        catch (DashboardStartException e)
        {
            throw CliFailure.Failed(e.Message + " (--port chooses another one)");
        }
    }

    private static double Factor(string text) =>
        text == "max" ? ReplaySession.Fastest
        : double.TryParse(text.TrimEnd('x'), NumberStyles.Float, CultureInfo.InvariantCulture, out double factor)
            && factor is >= ReplaySession.Slowest and <= ReplaySession.Fastest
            ? factor
            : throw CliFailure.Usage($"--speed is from 1 to 1000 with --port, not '{text}'");

    /// <summary>What the journal's events were, counted as the live ones are.</summary>
    private static void FillFeeds(CityFrame frame, ReplayWorld world)
    {
        EngineCounters engine = world.Brain.Engine.Counters;
        long[] counters = frame.Counters;
        Array.Clear(counters);
        counters[Array.IndexOf(HostInstruments.FrameCounterNames, "events")] = (long)world.Events;
        counters[Array.IndexOf(HostInstruments.FrameCounterNames, "unknown")] = engine.Unknown;
        counters[Array.IndexOf(HostInstruments.FrameCounterNames, "late")] = engine.TooLate;
        counters[Array.IndexOf(HostInstruments.FrameCounterNames, "duplicate")] = engine.Duplicate;
        counters[Array.IndexOf(HostInstruments.FrameCounterNames, "impossible")] = engine.Impossible;
        FeedTally tally = world.Moment.Tally;
        for (int i = 0; i < Feeds.Length; i++)
            frame.SetFeed(i, new FeedFrame(Feeds[i].Name, true, world.NowMs, tally.Received(Feeds[i].Kind),
                tally.Refused(Feeds[i].Kind), tally.Late(Feeds[i].Kind), 0));
    }
}
