using System.Globalization;
using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>A movement's flow as recorded and as simulated, vehicles an hour.</summary>
internal sealed record MovementFit(Movement Movement, double RecordedVph, double SimulatedVph)
{
    /// <summary>
    /// GEH statistic of hourly flows: below 5 is a good fit (UK Design Manual for Roads and Bridges, vol. 12, 2.1;
    /// FHWA Traffic Analysis Toolbox, vol. III).
    /// </summary>
    public double Geh => RecordedVph + SimulatedVph == 0 ? 0
        : Math.Sqrt(2 * (SimulatedVph - RecordedVph) * (SimulatedVph - RecordedVph) / (SimulatedVph + RecordedVph));

    /// <summary>All movements of vehicles, the worst fit first.</summary>
    public static IReadOnlyList<MovementFit> All(City city, StreetCounts recorded, IReadOnlyList<WhatIfRun> runs) =>
        [.. city.Movements.Where(m => m.Turn != Turn.Crossing).Select(m => new MovementFit(
            m, Hourly(recorded, m), runs.Average(r => Hourly(r.Counts, m)))).OrderByDescending(f => f.Geh)];

    /// <summary>Share of the movements with a good fit.</summary>
    public static double GoodShare(IReadOnlyList<MovementFit> fits) =>
        fits.Count == 0 ? 0 : (double)fits.Count(f => f.Geh < GoodGeh) / fits.Count;

    public static bool IsGood(IReadOnlyList<MovementFit> fits) => GoodShare(fits) >= ShareNeeded;

    /// <summary>The same manuals' criterion.</summary>
    public const double GoodGeh = 5, ShareNeeded = 0.85;

    private static double Hourly(StreetCounts counts, Movement m) =>
        counts.Of(m) * 3600 / Math.Max(1, counts.Seconds);
}

/// <summary>
/// What the simulations say of the alternative, how well the simulated baseline fits the recording, and whether the
/// data support an answer at all.
/// </summary>
internal sealed class WhatIfAnswer
{
    private const double MostBlind = 0.1, MostLostError = 0.2, MostMoved = 0.2;
    private const double LeastVehicles = 100, LeastSeconds = 900;
    /// <summary>Student's t, two-sided 95 %, for 1, 2, 3 ... degrees of freedom; 1.96 beyond.</summary>
    private static readonly double[] T95 =
    [
        12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09,
    ];

    public WhatIfAnswer(
        City city, StreetCounts recorded, IReadOnlyList<WhatIfRun> baseline, IReadOnlyList<WhatIfRun> alternative,
        string? calibrationDoubt = null, IReadOnlyList<(WhatIfVariation What, double ChangeS)>? varied = null)
    {
        (Recorded, Baseline, Alternative) = (recorded, baseline, alternative);
        BaselineS = baseline.Average(r => r.DelayS);
        AlternativeS = alternative.Average(r => r.DelayS);
        double[] changes = [.. baseline.Zip(alternative, (b, a) => a.DelayS - b.DelayS)];
        ChangeS = changes.Average();
        ConfidenceS = HalfWidth(changes, ChangeS);
        Varied = [.. (varied ?? []).Select(v => new VariedChange(v.What, ChangeS + v.ChangeS - changes[0]))];
        Fits = MovementFit.All(city, recorded, baseline);
        GoodFitShare = MovementFit.GoodShare(Fits);
        RecordedLost = recorded.LostRate;
        SimulatedLost = baseline.Average(r => r.Counts.LostRate);
        Doubts = [.. FindDoubts(), .. calibrationDoubt is null ? Array.Empty<string>() : [calibrationDoubt]];
    }

    public StreetCounts Recorded { get; }
    public IReadOnlyList<WhatIfRun> Baseline { get; }
    public IReadOnlyList<WhatIfRun> Alternative { get; }
    /// <summary>Mean delay, seconds a vehicle.</summary>
    public double BaselineS { get; }
    public double AlternativeS { get; }
    /// <summary>Alternative less baseline, mean of the pairs of equal seeds, and half the width of its 95 % interval.</summary>
    public double ChangeS { get; }
    public double ConfidenceS { get; }
    /// <summary>By movement, the worst fit first; of the simulated baseline.</summary>
    public IReadOnlyList<MovementFit> Fits { get; }
    public double GoodFitShare { get; }
    /// <summary>Seconds lost in view in a second, mean over the time.</summary>
    public double RecordedLost { get; }
    public double SimulatedLost { get; }
    /// <summary>The change under other assumptions that the recording allows; tried with the first seed.</summary>
    public IReadOnlyList<VariedChange> Varied { get; }
    /// <summary>Least and greatest change, over the answer itself and all that was varied.</summary>
    public (double LeastS, double GreatestS) Range =>
        (Varied.Select(v => v.ChangeS).Append(ChangeS).Min(), Varied.Select(v => v.ChangeS).Append(ChangeS).Max());
    /// <summary>Some assumption moves the answer by more than a fifth.</summary>
    public bool IsSensitive => Varied.Any(v => Math.Abs(v.ChangeS - ChangeS) > MostMoved * Math.Abs(ChangeS));
    /// <summary>Why the data do not support an answer; empty when they do.</summary>
    public IReadOnlyList<string> Doubts { get; }

    private IEnumerable<string> FindDoubts()
    {
        double vehicles = Recorded.Vehicles;
        if (vehicles < LeastVehicles)
            yield return Said($"only {vehicles:0} vehicles were counted ({LeastVehicles} are needed)");
        if (Recorded.Seconds < LeastSeconds)
            yield return Said($"only {Recorded.Seconds:0} s were recorded ({LeastSeconds} are needed)");
        if (Recorded.BlindShare > MostBlind)
            yield return Said($"the stop lines were unseen for {Recorded.BlindShare:P0} of the time (at most {MostBlind:P0})");
        if (GoodFitShare < MovementFit.ShareNeeded)
            yield return Said($"only {GoodFitShare:P0} of the movements fit (GEH below 5; {MovementFit.ShareNeeded:P0} are needed)");
        if (Math.Abs(SimulatedLost - RecordedLost) > MostLostError * Math.Max(1, RecordedLost))
            yield return Said($"{SimulatedLost:0.0} s a second are lost in view in the simulated baseline, ")
                + Said($"{RecordedLost:0.0} in the recording (within {MostLostError:P0} is needed)");
        if (Math.Abs(ChangeS) <= ConfidenceS)
            yield return Said($"the change is within its uncertainty ({ChangeS:+0.0;-0.0} +- {ConfidenceS:0.0} s)");
        foreach (VariedChange v in Varied)
            if (v.ChangeS * ChangeS <= 0)
                yield return Said($"with {v.Variation.Name} the change would be {v.ChangeS:+0.0;-0.0} s");
    }

    private static double HalfWidth(double[] changes, double mean)
    {
        int n = changes.Length;
        if (n < 2) return double.PositiveInfinity;
        double deviation = Math.Sqrt(changes.Sum(c => (c - mean) * (c - mean)) / (n - 1));
        return (n - 2 < T95.Length ? T95[n - 2] : 1.96) * deviation / Math.Sqrt(n);
    }

    private static string Said(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
