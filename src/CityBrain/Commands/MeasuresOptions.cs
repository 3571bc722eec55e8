using System.Globalization;
using CityBrain.Engine.Measures;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>The form of the files that <c>citybrain measures</c> writes.</summary>
public enum MeasuresFormat
{
    Csv,
    Json,
    Arrow,
}

/// <summary>What <c>citybrain measures</c> was asked, as typed.</summary>
public sealed record MeasuresOptions
{
    public required IReadOnlyList<string> Sources { get; init; }

    public string? Detectors { get; init; }

    /// <summary>Names, or <c>all</c>.</summary>
    public IReadOnlyList<string> Measures { get; init; } = ["all"];

    public string Bin { get; init; } = "15m";

    public string? From { get; init; }

    public string? To { get; init; }

    /// <summary>MEASURE.PARAMETER=VALUE.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    public string Format { get; init; } = "csv";

    public string Output { get; init; } = ".";

    /// <summary>The device of logs without such a column.</summary>
    public string? Device { get; init; }

    public bool Json { get; init; }
}

/// <summary>What was asked of <c>citybrain measures</c>, understood.</summary>
internal sealed record MeasuresRequest(
    IReadOnlyList<MeasureDefinition> Measures, BinSize Bin, MeasureSettings Settings, MeasuresFormat Format,
    long FromMs, long ToMs)
{
    /// <summary>Understands the options, or throws <see cref="UsageException"/>.</summary>
    public static MeasuresRequest Of(MeasuresOptions options)
    {
        var settings = new MeasureSettings();
        foreach (string text in options.Set)
        {
            Apply(settings, text);
        }

        MeasureDefinition[] measures = Named(options.Measures);
        bool kept = options.Sources.Any(s => HiResStore.IsAt(s) && File.Exists(new HiResStore(s).DetectorsPath));
        if (options.Detectors is null && !kept && options.Measures is not ["all"]
            && measures.FirstOrDefault(m => m.NeedsDetectors) is { } needing)
        {
            throw new UsageException($"{needing.Name} needs a detector table: --detectors TABLE.csv");
        }

        if (!Enum.TryParse(options.Format, ignoreCase: true, out MeasuresFormat format)
            || char.IsAsciiDigit(options.Format[0]))
        {
            throw new UsageException($"--format {options.Format}: csv, json or arrow");
        }

        var request = new MeasuresRequest(
            measures, Width(options.Bin), settings, format,
            Time("--from", options.From, long.MinValue), Time("--to", options.To, long.MaxValue));
        return MeasureRun.Check(request.Plan([], null)) is { } wrong
            ? throw new UsageException(wrong)
            : request;
    }

    /// <summary>The plan with a sink for each measure, in order.</summary>
    public MeasurePlan Plan(IReadOnlyList<IRowSink> sinks, CityBrain.Model.HiRes.DetectorTable? detectors) =>
        new(Bin, detectors ?? CityBrain.Model.HiRes.DetectorTable.Empty, Settings,
            [.. Measures.Select((m, i) => (m, i < sinks.Count ? sinks[i] : new RowList()))]);

    private static MeasureDefinition[] Named(IReadOnlyList<string> names)
    {
        string[] wanted =
            [.. names.SelectMany(n => n.Split(',')).Select(n => n.Trim()).Where(n => n.Length > 0)];
        if (wanted.Contains("all"))
        {
            return [.. MeasureCatalog.All];
        }

        string? unknown = wanted.FirstOrDefault(n => MeasureCatalog.Find(n) is null);
        if (unknown is not null || wanted.Length == 0)
        {
            throw new UsageException(
                $"--measure {unknown}: there is no such measure; there are all, {MeasureCatalog.NameList}");
        }

        return [.. MeasureCatalog.All.Where(m => wanted.Contains(m.Name))];
    }

    private static void Apply(MeasureSettings settings, string text)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (dot <= 0 || equals <= dot + 1)
        {
            throw new UsageException($"--set {text}: give MEASURE.PARAMETER=VALUE");
        }

        var values = new List<double>();
        foreach (string part in text[(equals + 1)..].Split(','))
        {
            values.Add(Number(part)
                ?? throw new UsageException($"--set {text}: '{part}' is not a number"));
        }

        if (settings.TrySet(text[..dot], text[(dot + 1)..equals], values) is { } wrong)
        {
            throw new UsageException($"--set {text}: {wrong}");
        }
    }

    private static double? Number(string text) => text.Trim().ToLowerInvariant() switch
    {
        "true" => 1,
        "false" => 0,
        var t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : null,
    };

    private static BinSize Width(string text)
    {
        double unitS = text.LastOrDefault() switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        if (unitS == 0
            || !double.TryParse(
                text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out double count)
            || !(count * unitS is >= 1 and <= 86400))
        {
            throw new UsageException($"--bin {text}: a width from 1s to 1d, such as 15m, 1h or 30s");
        }

        return new BinSize((long)(count * unitS * 1000));
    }

    private static long Time(string option, string? text, long otherwise)
    {
        if (text is null)
        {
            return otherwise;
        }

        return TimestampText.TryParse(text, out long timeMs)
            ? timeMs
            : throw new UsageException($"{option} {text}: give a time such as 2024-04-15T12:00");
    }
}

/// <summary>What was typed makes no sense; exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
