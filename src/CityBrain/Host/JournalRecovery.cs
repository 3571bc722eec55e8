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
    public static JournalWriter Open(string folder, JournalPreamble preamble, DistrictBrain brain, Log log)
    {
        try
        {
            if (HasJournal(folder)) LiveThrough(folder, preamble, brain, log);
            return JournalWriter.Open(folder, preamble);
        }
        catch (JournalDamagedException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }

    /// <summary>True when the folder holds a journal.</summary>
    public static bool HasJournal(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.cbj").Any();

    private static void LiveThrough(string folder, JournalPreamble preamble, DistrictBrain brain, Log log)
    {
        using var reader = JournalReader.Open(folder);
        if (reader.Preamble is { } before && !Same(before, preamble))
            throw CliFailure.Failed($"the journal in '{folder}' was written for another city or other options; "
                + "choose another folder with --journal");
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra)) brain.Accept(e, extra);
        log.Info("journal lived through", ("events", reader.EventCount), ("end", reader.End),
            ("tornBytes", reader.TornBytes));
    }

    private static bool Same(JournalPreamble a, JournalPreamble b) =>
        a.Options.OrderBy(o => o.Key, StringComparer.Ordinal)
            .SequenceEqual(b.Options.OrderBy(o => o.Key, StringComparer.Ordinal))
        && CityJson.Write(a.City).AsSpan().SequenceEqual(CityJson.Write(b.City));
}
