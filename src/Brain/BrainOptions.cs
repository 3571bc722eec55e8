using System.Globalization;

namespace CityBrain.Brain;

/// <summary>Every choice a brain is made with; the journal's preamble stores it, so that replay makes the same one.</summary>
public sealed record BrainOptions
{
    /// <summary>Name of the signal policy.</summary>
    public string Policy { get; init; } = "predictive";

    /// <summary>network (intergreens of the city file) or resco (the benchmark's timing).</summary>
    public string Rules { get; init; } = "network";

    /// <summary>Id of the district served; null for the whole city.</summary>
    public string? District { get; init; }

    /// <summary>Factor on the assumed saturation headway, 1 unless a robustness run says otherwise.</summary>
    public double HeadwayFactor { get; init; } = 1.0;

    /// <summary>As the journal keeps it.</summary>
    public IReadOnlyDictionary<string, string> ToDictionary() => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["policy"] = Policy,
        ["rules"] = Rules,
        ["district"] = District ?? "",
        ["headwayFactor"] = HeadwayFactor.ToString("R", CultureInfo.InvariantCulture),
    };

    public static BrainOptions From(IReadOnlyDictionary<string, string> values) => new()
    {
        Policy = values["policy"],
        Rules = values["rules"],
        District = values["district"] is { Length: > 0 } id ? id : null,
        HeadwayFactor = double.Parse(values["headwayFactor"], CultureInfo.InvariantCulture),
    };
}
