using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.History.Archive;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.WhatIf;

/// <summary>A stretch of time of a journal or an archive: the city, how it was controlled, and what its sensors counted.</summary>
internal sealed class Recording
{
    public required City City { get; init; }
    public required BrainOptions Options { get; init; }
    public required StreetCounts Counts { get; init; }
    public required RoadNetwork Roads { get; init; }
    public required VehicleFollowing Followed { get; init; }
    /// <summary>Seconds of the feed's clock.</summary>
    public required double FromS { get; init; }
    public required double LengthS { get; init; }

    /// <param name="path">A journal's folder, or an archive.</param>
    /// <param name="journal">Which journal of the archive; null when there is only one.</param>
    /// <param name="fromS">From here on, seconds of the feed's clock; null: from the beginning.</param>
    /// <param name="toS">Up to here; null: to the end.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="CliFailure">Nothing is recorded there, or nothing in that time.</exception>
    public static Recording Read(string path, string? journal, double? fromS, double? toS, CancellationToken cancel)
    {
        using IRecordedEvents player = Open(path, journal, out long first, out long last, cancel);
        long from = fromS is { } f ? Math.Max(first, (long)(f * 1000)) : first;
        long to = toS is { } t ? Math.Min(last, (long)(t * 1000)) : last;
        if (to <= from)
            throw CliFailure.Usage($"nothing was recorded in that time; there are {first / 1000} to {last / 1000} s");
        var counts = new StreetCounts(player.Brain.City, from, to);
        var roads = new RoadNetwork(player.Brain.City);
        var followed = new VehicleFollowing(player.Brain.City, roads, from, to);
        while (player.Step(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            if (e.Kind != EventKind.Tick)
            {
                counts.Accept(e);
                followed.Accept(e, extra);
                continue;
            }
            cancel.ThrowIfCancellationRequested();
            if (e.TimeMs >= to) break;
            counts.Tick(player.Brain.Traffic, e.TimeMs);
            followed.Tick(e.TimeMs);
        }
        return new Recording
        {
            City = player.Brain.City, Options = player.Brain.Options, Counts = counts,
            Roads = roads, Followed = followed,
            FromS = from / 1000.0, LengthS = (to - from) / 1000.0,
        };
    }

    private static IRecordedEvents Open(
        string path, string? journal, out long firstMs, out long endMs, CancellationToken cancel)
    {
        if (!ArchiveFolder.IsAt(path))
        {
            (firstMs, endMs) = Ends(path, cancel);
            return JournalPlayer.Open(path);
        }
        ArchivePlayer player = ArchivePlayer.Open(path, journal);
        (firstMs, endMs) = (player.FirstMs, player.LastMs + 1000);
        return player;
    }

    /// <summary>Times of the first tick, and of the second after the last.</summary>
    private static (long FirstMs, long EndMs) Ends(string path, CancellationToken cancel)
    {
        using var player = JournalPlayer.Open(path);
        long first = -1, last = -1;
        while (player.Reader.TryRead(out CityEvent e, out _))
        {
            if (e.Kind != EventKind.Tick) continue;
            cancel.ThrowIfCancellationRequested();
            if (first < 0) first = e.TimeMs;
            last = e.TimeMs;
        }
        return first < 0 ? throw CliFailure.Failed($"the journal in '{path}' holds no tick") : (first, last + 1000);
    }
}
