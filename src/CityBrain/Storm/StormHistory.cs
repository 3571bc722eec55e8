using CityBrain.Brain;
using CityBrain.History;
using CityBrain.Host;
using CityBrain.Model;

namespace CityBrain.Storm;

/// <summary>Remembers, outside of every process, what was promised, and holds the journal to it.</summary>
internal sealed class StormHistory
{
    private readonly Dictionary<(int Detector, long TimeMs, uint Sequence), int> _promised = [];

    public long Promises => _promised.Count;

    /// <summary>A sender has the brain's receipt for this event.</summary>
    public void Acknowledged(in CityEvent e) => _promised[(e.Index, e.TimeMs, e.Sequence)] = 0;

    /// <summary>Everything acknowledged is in the journal, once.</summary>
    public void CheckJournal(IJournalStore store)
    {
        foreach (var key in _promised.Keys.ToArray()) _promised[key] = 0;
        using JournalReader? reader = JournalReader.TryOpen(store);
        while (reader is not null && reader.TryRead(out CityEvent e, out _))
        {
            var key = (e.Index, e.TimeMs, e.Sequence);
            if (e.Kind == EventKind.Button && _promised.TryGetValue(key, out int times)) _promised[key] = times + 1;
        }
        foreach (var (key, times) in _promised)
            if (times != 1)
                throw new StormViolation(times == 0 ? "lost" : "doubled",
                    $"press {key.Sequence} of button {key.Detector} was acknowledged and is in the journal {times} times");
    }

    /// <summary>The journal is whole, and a brain that lives through it is the one that wrote it.</summary>
    public static void CheckReplay(IJournalStore store, City city, BrainOptions options, ulong expected)
    {
        using JournalReader reader = JournalReader.TryOpen(store)!;
        var brain = new DistrictBrain(city, options);
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            brain.Accept(e, extra);
            while (reader.TryTakeDigest(out ulong noted))
                if (noted != brain.Digest()) throw new StormViolation("replay", $"another state after event {reader.EventCount}");
        }
        if (reader.End != JournalEnd.Clean) throw new StormViolation("journal", $"it ends {reader.End} at {reader.EndPlace}");
        if (brain.Digest() != expected) throw new StormViolation("replay", "another state at the end");
    }
}

/// <summary>What a storm counted.</summary>
internal sealed class StormFigures
{
    /// <summary>Time from the last command accepted to the own programme, of each fallback, ms.</summary>
    public List<long> FallbackMs { get; } = [];
    /// <summary>Time from the end of the storm until every intersection was commanded for good, ms.</summary>
    public long RecoveryMs { get; set; } = -1;
    public long Commands { get; set; }
    public long[] Refused { get; } = new long[(int)Refusal.Malformed + 1];
    public long Acknowledged { get; set; }
    public long BrainStarts { get; set; }
    public long Connects { get; set; }
    public long MostBytes { get; set; }
    public long Events { get; set; }

    public void FellBack(long silentMs) => FallbackMs.Add(silentMs);
}

/// <summary>Something that must never happen has happened.</summary>
internal sealed class StormViolation(string rule, string text) : Exception($"{rule}: {text}")
{
    /// <summary>The rule's name: unsafe, fallback, forged, replayed, lost, doubled, journal, replay, recovery, memory ...</summary>
    public string Rule { get; } = rule;
}

/// <summary>How a storm ended.</summary>
internal sealed record StormResult(StormScript Script, ulong Digest, StormFigures Figures, string? Rule, string? Text, long AtMs);
