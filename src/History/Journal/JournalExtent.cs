using CityBrain.Model;

namespace CityBrain.History;

/// <summary>What a journal holds, found by reading it through without a brain.</summary>
/// <param name="Id">
/// Sixteen hexadecimal digits that name it wherever it lies and however far it has grown: of the chain after its first
/// events.
/// </param>
/// <param name="Events">Whole events.</param>
/// <param name="Chain">SHA-256 chain after the last of them, hexadecimal.</param>
/// <param name="FirstTickMs">Time of the first tick; more than any time when there is none.</param>
/// <param name="LastTickMs">Time of the last tick; less than any time when there is none.</param>
/// <param name="End">How it ended.</param>
/// <param name="ContinuesKnown">The chain after so many events as were asked for was the one asked for.</param>
public sealed record JournalExtent(
    string Id, long Events, string Chain, long FirstTickMs, long LastTickMs, JournalEnd End, bool ContinuesKnown)
{
    private const int IdBytes = 8;

    /// <summary>Reads a journal through; null when it holds no event.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="known">For its id, a number of events of which the chain is known, and that chain; or null.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="FileNotFoundException">There is no journal in the folder.</exception>
    public static JournalExtent? Of(
        string folder, Func<string, (long Events, string Chain)?> known, CancellationToken cancel = default)
    {
        using JournalReader reader = JournalReader.Open(folder);
        string? id = null;
        string chain = "";
        long events = 0, firstTickMs = long.MaxValue, lastTickMs = long.MinValue;
        (long Events, string Chain)? expected = null;
        bool continues = true;
        while (reader.TryRead(out CityEvent e, out _))
        {
            events++;
            if (e.Kind == EventKind.Tick)
                (firstTickMs, lastTickMs) = (Math.Min(firstTickMs, e.TimeMs), Math.Max(lastTickMs, e.TimeMs));
            if (!reader.AtBlockEnd) continue;
            cancel.ThrowIfCancellationRequested();
            chain = Convert.ToHexStringLower(reader.Chain);
            if (id is null)
            {
                id = chain[..(2 * IdBytes)];
                expected = known(id);
                continues = expected is null;
            }
            if (expected is { } before && before.Events == events) continues = before.Chain == chain;
        }
        return id is null ? null : new JournalExtent(id, events, chain, firstTickMs, lastTickMs, reader.End, continues);
    }
}
