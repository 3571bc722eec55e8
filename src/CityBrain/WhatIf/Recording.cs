using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.WhatIf;

/// <summary>A stretch of time of a journal: the city, how it was controlled, and what its sensors counted.</summary>
internal sealed class Recording
{
    public required City City { get; init; }
    public required BrainOptions Options { get; init; }
    public required StreetCounts Counts { get; init; }
    /// <summary>Seconds of the feed's clock.</summary>
    public required double FromS { get; init; }
    public required double LengthS { get; init; }

    /// <exception cref="CliFailure">No journal, or nothing in that time.</exception>
    public static Recording Read(string path, double? fromS, double? toS, CancellationToken cancel)
    {
        (long first, long last) = Ends(path, cancel);
        long from = fromS is { } f ? Math.Max(first, (long)(f * 1000)) : first;
        long to = toS is { } t ? Math.Min(last, (long)(t * 1000)) : last;
        if (to <= from)
            throw CliFailure.Usage($"nothing was recorded in that time; there are {first / 1000} to {last / 1000} s");
        using var player = JournalPlayer.Open(path);
        var counts = new StreetCounts(player.Brain.City, from, to);
        while (player.Step(out CityEvent e))
        {
            if (e.Kind != EventKind.Tick)
            {
                counts.Accept(e);
                continue;
            }
            cancel.ThrowIfCancellationRequested();
            if (e.TimeMs >= to) break;
            counts.Tick(player.Brain.Traffic, e.TimeMs);
        }
        return new Recording
        {
            City = player.Brain.City, Options = player.Brain.Options, Counts = counts,
            FromS = from / 1000.0, LengthS = (to - from) / 1000.0,
        };
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
