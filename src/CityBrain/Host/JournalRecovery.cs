using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Telemetry;

namespace CityBrain.Host;

/// <summary>Opens a journal for a run; one that is there already is lived through first, so that the brain goes on.</summary>
internal static class JournalRecovery
{
    /// <exception cref="CliFailure">The journal is damaged, or belongs to another city or other choices.</exception>
    public static JournalWriter Open(
        string folder, JournalPreamble preamble, DistrictBrain brain, ReceiptBook receipts, Log log)
    {
        try
        {
            return Open(new JournalFolder(folder), folder, preamble, brain, receipts, log);
        }
        catch (JournalDamagedException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }

    /// <summary>As above, wherever the journal lies; a damaged one throws <see cref="JournalDamagedException"/>.</summary>
    public static JournalWriter Open(IJournalStore store, string name, JournalPreamble preamble, DistrictBrain brain,
        ReceiptBook receipts, Log log)
    {
        LiveThrough(store, name, preamble, brain, receipts, log);
        return JournalWriter.Open(store, preamble);
    }

    /// <summary>True when the folder holds a journal.</summary>
    public static bool HasJournal(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.cbj").Any();

    private static void LiveThrough(IJournalStore store, string name, JournalPreamble preamble, DistrictBrain brain,
        ReceiptBook receipts, Log log)
    {
        using JournalReader? reader = JournalReader.TryOpen(store);
        if (reader is null) return;
        if (reader.Preamble is { } before && !Same(before, preamble))
            throw CliFailure.Failed($"the journal in '{name}' was written for another city or other options; "
                + "choose another folder with --journal");
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            receipts.TryNote(e, brain.NowMs);
            brain.Accept(e, extra);
        }
        log.Info("journal lived through", ("events", reader.EventCount), ("end", reader.End),
            ("tornBytes", reader.TornBytes));
    }

    private static bool Same(JournalPreamble a, JournalPreamble b) =>
        a.Options.OrderBy(o => o.Key, StringComparer.Ordinal)
            .SequenceEqual(b.Options.OrderBy(o => o.Key, StringComparer.Ordinal))
        && CityJson.Write(a.City).AsSpan().SequenceEqual(CityJson.Write(b.City));
}
