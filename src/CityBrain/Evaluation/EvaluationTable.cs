using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>The figures of all policies side by side, as rows of text: for the terminal and for the page.</summary>
internal static class EvaluationTable
{
    private const int MostComplaints = 8;

    public static readonly string[] Columns =
    [
        "policy", "delay s", "range", "p95 s", "stops", "longest wait s", "over bound", "valid", "safe", "us/tick",
    ];

    public static string[] Row(PolicyFigures f) =>
    [
        f.Policy, Number(f.DelayS.Mean, "0.00"), Range(f.DelayS), Number(f.P95S.Mean, "0.0"),
        Number(f.Stops.Mean, "0.00"), Number(f.LongestWaitS.Greatest, "0"),
        f.OverBound == 0 ? "none" : f.OverBound.ToString(CultureInfo.InvariantCulture),
        f.Valid ? "yes" : "NO", f.Safe ? "yes" : "NO", Number(f.Runs.Average(r => r.DecisionP50Us), "0"),
    ];

    /// <summary>What was run: scenario, seeds, rules, size.</summary>
    public static string Heading(IReadOnlyList<EvaluationResult> results)
    {
        EvaluationOptions of = results[0].Options;
        int[] seeds = [.. results.Select(r => r.Options.Seed).Distinct().Order()];
        string said = seeds.Length == 1 ? $"seed {seeds[0]}" : $"seeds {string.Join(' ', seeds)}";
        string demand = of.DemandScale == 1 ? ""
            : string.Create(CultureInfo.InvariantCulture, $" (demand x {of.DemandScale})");
        return $"{of.Scenario.Name}, {said}, {of.Rules.Name} rules, {results[0].Intersections} intersections, "
            + $"{results[0].Score.Demand} vehicles{demand}";
    }

    public static void Print(TextWriter to, IReadOnlyList<EvaluationResult> results)
    {
        List<PolicyFigures> figures = PolicyFigures.Of(results);
        to.WriteLine(Heading(results));
        string[][] rows = [Columns, .. figures.Select(Row)];
        int[] widths = [.. Columns.Select((_, c) => rows.Max(r => r[c].Length))];
        foreach (string[] row in rows)
            to.WriteLine(string.Join("  ", row.Select((cell, c) => Padded(cell, c))));
        string Padded(string cell, int c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]);
        PrintWaits(to, figures);
        foreach (EvaluationResult r in results)
            foreach (string wrong in r.Score.Problems.Concat(r.Safety.Examples).Take(MostComplaints))
                to.WriteLine($"{r.Options.Policy}, seed {r.Options.Seed}: {wrong}");
    }

    /// <summary>Where somebody waited longest at one red, per policy, against the bound.</summary>
    private static void PrintWaits(TextWriter to, List<PolicyFigures> figures)
    {
        foreach (PolicyFigures f in figures)
        {
            EvaluationResult worst = f.Runs.MaxBy(r => r.Waits.Count == 0 ? 0 : r.Waits[0].WaitS)!;
            if (worst.Waits.Count > 0 && worst.Waits[0].WaitS > 0)
                to.WriteLine($"{f.Policy}: longest wait {Place(worst.Waits[0], worst)}");
        }
    }

    /// <summary>A wait in words: how long, against what bound, where and when.</summary>
    public static string Place(MovementWait w, EvaluationResult of)
    {
        Intersection at = of.City.Intersections[w.Movement.Intersection];
        return string.Create(CultureInfo.InvariantCulture,
            $"{w.WaitS:0} s of {w.BoundS:0} s allowed: {(w.OnFoot ? "people on foot" : "vehicles")} at {Short(at.Id)}, "
            + $"movement {w.Movement.Id} ({w.Movement.Turn}), until {w.UntilS:0} s, seed {of.Options.Seed}");
    }

    /// <summary>Ids that SUMO made of many joined nodes are cut; waits.csv has them whole.</summary>
    private static string Short(string id) => id.Length <= 40 ? id : id[..37] + "...";

    public static string Range(Spread s) => s.Least == s.Greatest ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{s.Least:0.0}-{s.Greatest:0.0}");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
