using System.Text;

namespace CityBrain.History.HiRes;

/// <summary>What a column of an event log is.</summary>
internal enum LogColumn : byte
{
    None,
    Time,
    Device,
    Event,
    Parameter,
}

/// <summary>
/// Which column of a log is what, from its header. Names are compared without case, spaces, underscores and
/// other signs, so that TimeStamp, Timestamp and time_stamp are one.
/// </summary>
internal sealed class LogColumns
{
    private static readonly string[] Times =
        ["timestamp", "time", "datetime", "eventtime", "eventtimestamp", "timestamplocal", "localtime", "ts"];

    private static readonly string[] Devices =
    [
        "deviceid", "device", "signalid", "signal", "locationidentifier", "locationid", "location",
        "intersectionid", "intersection", "controllerid", "controller", "trafficsignal", "devicename", "name",
    ];

    private static readonly string[] Events =
        ["eventid", "eventcode", "event", "eventcodeid", "eventtype", "eventtypeid", "code"];

    private static readonly string[] Parameters =
        ["parameter", "eventparam", "eventparameter", "param", "parametercode", "parameterid", "eventvalue"];

    private LogColumns(LogColumn[] columns, byte delimiter, bool hasHeader)
    {
        Columns = columns;
        Delimiter = delimiter;
        HasHeader = hasHeader;
    }

    public LogColumn[] Columns { get; }

    public byte Delimiter { get; }

    /// <summary>
    /// False when the first line is already a row, in the order time, device, event, parameter.
    /// </summary>
    public bool HasHeader { get; }

    /// <summary>Reads the first line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="deviceGiven">Whether the device is known without a column.</param>
    public static LogColumns Read(ReadOnlySpan<byte> line, bool deviceGiven)
    {
        byte delimiter = MostFrequent(line);
        string[] names = Encoding.UTF8.GetString(line).Split((char)delimiter);
        LogColumn[] columns = new LogColumn[names.Length];
        Claim(columns, names, Times, LogColumn.Time);
        Claim(columns, names, Devices, LogColumn.Device);
        Claim(columns, names, Events, LogColumn.Event);
        Claim(columns, names, Parameters, LogColumn.Parameter);
        string[] missing =
            [.. Required(deviceGiven).Where(c => !columns.Contains(c)).Select(c => c.ToString())];
        if (missing.Length == 0)
        {
            return new LogColumns(columns, delimiter, hasHeader: true);
        }

        if (TimestampText.TryParse(TrimmedField(line, delimiter), out _))
        {
            LogColumn[] usual = deviceGiven && names.Length == 3
                ? [LogColumn.Time, LogColumn.Event, LogColumn.Parameter]
                : [LogColumn.Time, LogColumn.Device, LogColumn.Event, LogColumn.Parameter];
            if (names.Length >= usual.Length)
            {
                return new LogColumns(usual, delimiter, hasHeader: false);
            }
        }

        throw new LogFormatException(
            $"no column for {string.Join(", ", missing)} among: {string.Join(", ", names.Take(20))}");
    }

    internal static string Normal(string name) =>
        string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>The sign that parts most fields of a line: comma, semicolon, tab or bar.</summary>
    internal static byte MostFrequent(ReadOnlySpan<byte> line)
    {
        byte best = (byte)',';
        int most = line.Count(best);
        foreach (byte candidate in ";\t|"u8)
        {
            int count = line.Count(candidate);
            (best, most) = count > most ? (candidate, count) : (best, most);
        }

        return best;
    }

    private static IEnumerable<LogColumn> Required(bool deviceGiven) => deviceGiven
        ? [LogColumn.Time, LogColumn.Event, LogColumn.Parameter]
        : [LogColumn.Time, LogColumn.Device, LogColumn.Event, LogColumn.Parameter];

    /// <summary>Gives the column with the first of the known names found its meaning.</summary>
    private static void Claim(LogColumn[] columns, string[] names, string[] known, LogColumn meaning)
    {
        foreach (string name in known)
        {
            int at = Array.FindIndex(names, n => Normal(n) == name);
            if (at >= 0 && columns[at] == LogColumn.None)
            {
                columns[at] = meaning;
                return;
            }
        }
    }

    private static ReadOnlySpan<byte> TrimmedField(ReadOnlySpan<byte> line, byte delimiter)
    {
        int end = line.IndexOf(delimiter);
        return (end < 0 ? line : line[..end]).Trim(" \""u8);
    }
}
