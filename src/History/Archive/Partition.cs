using System.Globalization;
using CityBrain.History.Arrow;

namespace CityBrain.History.Archive;

/// <summary>A file of the archive: what of one journal happened on one day in one district, one table of it.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="DayMs">Midnight of the day on which the brain took it, ms of the feed's clock.</param>
/// <param name="District">Id of the district; <see cref="WholeCity"/> for what belongs to none.</param>
/// <param name="Journal">Id of the journal.</param>
public readonly record struct Partition(string Table, long DayMs, string District, string Journal)
{
    public const long DayLengthMs = 86_400_000;
    public const string WholeCity = "_city";
    public const string Extension = ".arrow";
    private const string DayForm = "yyyy-MM-dd";

    public string Day => DayText(DayMs);

    /// <summary>Path within the archive: 2024-04-15/centre/windows-1a2b3c4d5e6f7081.arrow.</summary>
    public string Path => $"{Day}/{Folder(District)}/{Table}-{Journal}{Extension}";

    public static string DayText(long dayMs) =>
        DateTime.UnixEpoch.AddMilliseconds(dayMs).ToString(DayForm, CultureInfo.InvariantCulture);

    /// <summary>The midnight of a day such as 2024-04-15, or null.</summary>
    public static long? DayOf(string text) => DateTime.TryParseExact(
        text, DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime day)
        ? (day.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond
        : null;

    public static long MidnightOf(long timeMs) => Math.DivRem(timeMs, DayLengthMs) is var (days, rest) && rest < 0
        ? (days - 1) * DayLengthMs
        : days * DayLengthMs;

    /// <summary>A district's id as the name of a folder: what a file system may not like is a percent escape.</summary>
    private static string Folder(string district)
    {
        bool plain = district.Length > 0 && district[0] != '.'
            && district.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        return plain ? district : "%" + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(district));
    }
}

/// <summary>What is known of a file of the archive without opening it.</summary>
/// <param name="Partition">What it holds.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Crc32C">Checksum of the whole file, eight hexadecimal digits.</param>
/// <param name="LeastMs">Least time of a row; more than <paramref name="MostMs"/> when there is no row.</param>
/// <param name="MostMs">Greatest time of a row.</param>
/// <param name="ResolutionS">Length of the rows' intervals, s; 0 for moments.</param>
/// <param name="Complete">The journal had gone past the day when it was written.</param>
/// <param name="ModifiedTicks">When the file system says it was written.</param>
public sealed record ArchiveFile(
    Partition Partition, long Rows, long Bytes, string Crc32C, long LeastMs, long MostMs, int ResolutionS,
    bool Complete, long ModifiedTicks)
{
    /// <summary>Reads a file's notes.</summary>
    /// <exception cref="ArrowFormatException">It is broken, or no file of the archive.</exception>
    public static ArchiveFile Of(string path)
    {
        using Arrow.ArrowFile file = Arrow.ArrowFile.Open(path);
        Dictionary<string, string> notes = new(file.Schema.Metadata, StringComparer.Ordinal);
        Dictionary<string, string> figures = new(file.Statistics, StringComparer.Ordinal);
        if (!notes.TryGetValue(PartitionWriter.DayNote, out string? day) || Partition.DayOf(day) is not { } dayMs
            || !notes.TryGetValue(PartitionWriter.TableNote, out string? table)
            || !notes.TryGetValue(PartitionWriter.DistrictNote, out string? district)
            || !notes.TryGetValue(PartitionWriter.JournalNote, out string? journal))
            throw new ArrowFormatException($"{path}: no file of the archive");
        var info = new FileInfo(path);
        return new ArchiveFile(
            new Partition(table, dayMs, district, journal), file.Rows, info.Length, CrcOf(path),
            Number(figures, "min." + ArchiveTable.TimeColumn, long.MaxValue),
            Number(figures, "max." + ArchiveTable.TimeColumn, long.MinValue),
            (int)Number(notes, PartitionWriter.ResolutionNote, 0), notes.ContainsKey(PartitionWriter.CompleteNote),
            info.LastWriteTimeUtc.Ticks);
    }

    /// <summary>CRC-32C of a whole file.</summary>
    public static string CrcOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        var buffer = new byte[1 << 18];
        uint crc = 0;
        for (int read = file.ReadAtLeast(buffer, buffer.Length, false); read > 0;
            read = file.ReadAtLeast(buffer, buffer.Length, false))
            crc = Arrow.Crc32C.Append(crc, buffer.AsSpan(0, read));
        return Arrow.Crc32C.Text(crc);
    }

    private static long Number(Dictionary<string, string> notes, string name, long otherwise) =>
        notes.TryGetValue(name, out string? text)
        && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : otherwise;
}
