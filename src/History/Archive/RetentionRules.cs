using System.Globalization;

namespace CityBrain.History.Archive;

/// <summary>
/// One rule: what of a table is done to days that ended longer ago than an age.
/// </summary>
/// <param name="Table">Name of the table.</param>
/// <param name="AgeMs">The age.</param>
/// <param name="ResolutionS">Length of the intervals that rows are joined to, s; 0 drops the day.</param>
public readonly record struct RetentionRule(string Table, long AgeMs, int ResolutionS);

/// <summary>
/// Rules of retention and downsampling, a line each: <c>events keep 30d</c>, <c>windows thin 15m after 90d</c>.
/// Ages are in h, d, w or y (365 days), intervals in s, m or h. A sharp sign begins a comment.
/// </summary>
public sealed class RetentionRules
{
    private readonly List<RetentionRule> _rules = [];

    public IReadOnlyList<RetentionRule> Rules => _rules;

    /// <summary>Reads rules; returns what is wrong with them, line by line, or nothing.</summary>
    public static IReadOnlyList<string> TryRead(IEnumerable<string> lines, out RetentionRules rules)
    {
        rules = new RetentionRules();
        var wrong = new List<string>();
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            string[] words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0 && rules.Take(words) is { } why)
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: {why}"));
        }
        return wrong;
    }

    /// <summary>What is to be done with a file: 0 drops it, a number of seconds thins it, null leaves it.</summary>
    public int? For(ArchiveFile file, long nowMs)
    {
        int? wanted = null;
        long ageMs = nowMs - file.Partition.DayMs - Partition.DayLengthMs;
        foreach (RetentionRule rule in _rules)
        {
            if (rule.Table != file.Partition.Table || ageMs < rule.AgeMs) continue;
            if (rule.ResolutionS == 0) return 0;
            if (rule.ResolutionS > file.ResolutionS) wanted = Math.Max(wanted ?? 0, rule.ResolutionS);
        }
        return wanted;
    }

    private string? Take(string[] words)
    {
        if (ArchiveTables.Find(words[0]) is not { } table)
            return $"there is no table '{words[0]}'; there are {ArchiveTables.NameList}";
        if (words is [_, "keep", var age] && Span(age) is { } kept)
        {
            _rules.Add(new RetentionRule(table.Name, kept, 0));
            return null;
        }
        if (words is not [_, "thin", var interval, "after", var since] || Span(since) is not { } afterMs
            || Span(interval) is not { } lengthMs)
            return "write 'TABLE keep 30d' or 'TABLE thin 15m after 90d'";
        if (table.ResolutionS == 0) return $"{table.Name} holds moments, which cannot be joined; keep them for a time";
        long seconds = lengthMs / 1000;
        if (seconds < table.ResolutionS || seconds % table.ResolutionS != 0 || 86_400 % seconds != 0)
            return $"{interval} is no multiple of {table.ResolutionS} s that divides a day";
        _rules.Add(new RetentionRule(table.Name, afterMs, (int)seconds));
        return null;
    }

    /// <summary>A number and a unit as ms, or null.</summary>
    private static long? Span(string text)
    {
        long unitMs = text[^1] switch
        {
            's' => 1000, 'm' => 60_000, 'h' => 3_600_000, 'd' => Partition.DayLengthMs, 'w' => 7 * Partition.DayLengthMs,
            'y' => 365 * Partition.DayLengthMs, _ => 0,
        };
        return unitMs > 0 && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count is > 0 and < 100_000 ? count * unitMs : null;
    }
}

/// <summary>What tidying did or would do.</summary>
public record struct TidyFigures(int Dropped, int Thinned, int Left, long BytesFreed);

/// <summary>Applies rules to an archive.</summary>
public static class Tidying
{
    /// <summary>Drops and thins; doing it twice changes nothing more.</summary>
    public static TidyFigures Run(
        ArchiveFolder archive, RetentionRules rules, long nowMs, bool dryRun, Action<string>? tell = null)
    {
        var figures = default(TidyFigures);
        foreach (ArchiveFile file in archive.Files.ToArray())
        {
            if (rules.For(file, nowMs) is not { } resolutionS || ArchiveTables.Find(file.Partition.Table) is not { } table)
            {
                figures.Left++;
                continue;
            }
            tell?.Invoke(resolutionS == 0 ? $"drop {file.Partition.Path}" : $"thin {file.Partition.Path} to {resolutionS} s");
            if (resolutionS == 0)
            {
                figures.Dropped++;
                figures.BytesFreed += file.Bytes;
                if (!dryRun) archive.Drop(file);
                continue;
            }
            figures.Thinned++;
            if (dryRun) continue;
            ArchiveFile thinned = Thinning.Run(archive.Root, file, table, resolutionS);
            archive.Enter([thinned], null);
            figures.BytesFreed += file.Bytes - thinned.Bytes;
        }
        return figures;
    }
}
