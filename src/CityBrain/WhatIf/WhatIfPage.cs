using System.Globalization;
using CityBrain.Charts;
using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>The answer as one page.</summary>
internal static class WhatIfPage
{
    private const int FitsShown = 15;

    /// <summary>What was asked, for the heading.</summary>
    public sealed record Question(
        string City, string Baseline, string Alternative, double FromS, double ToS, string Street, string Drivers);

    public static string Write(City city, Question q, WhatIfAnswer answer, double demandVehicles)
    {
        var page = new HtmlPage($"What if: {q.Alternative} instead of {q.Baseline}", Said(
            $"{q.City}, recorded from {q.FromS:0} to {q.ToS:0} s, simulated with {q.Street}, {answer.Baseline.Count} seeds"));
        page.Note(WhatIfText.Verdict(q, answer), warning: answer.Doubts.Count > 0);
        foreach (string doubt in answer.Doubts) page.Paragraph("- " + doubt);
        page.Heading("Delay");
        page.Drawing(DelayChart.Draw(q.City + ", mean over seeds", [
            Bar(q.Baseline + " (as recorded)", answer.Baseline), Bar(q.Alternative, answer.Alternative)], tail: false));
        page.Table(["seed", q.Baseline + ", s", q.Alternative + ", s", "change, s"],
            answer.Baseline.Zip(answer.Alternative, (b, a) =>
                new[] { $"{b.Seed}", Number(b.DelayS), Number(a.DelayS), Number(a.DelayS - b.DelayS) }));
        page.Heading("How much hangs on what the recording does not say");
        page.Paragraph(WhatIfText.Sensitivity(answer));
        page.Table(["assumed (first seed)", "change, s"],
            answer.Varied.Select(v => new[] { v.Variation.Name, Number(v.ChangeS) }));
        page.Heading("How well the simulated baseline fits the recording");
        page.Paragraph(Said($"{answer.GoodFitShare:P0} of {answer.Fits.Count} movements have a GEH below 5 ")
            + Said($"(85 % are needed). Time lost in view: {answer.RecordedLost:0.0} s a second recorded, ")
            + Said($"{answer.SimulatedLost:0.0} simulated. ")
            + q.Drivers[..1].ToUpperInvariant() + q.Drivers[1..] + ". "
            + Said($"Stop lines unseen for {answer.Recorded.BlindShare:P1} of the time. ")
            + Said($"Demand estimated: {demandVehicles:0} vehicles."));
        page.Drawing(ScatterChart.Draw("Flow of each movement", q.City, "recorded, vehicles an hour",
            "simulated baseline, vehicles an hour", [.. answer.Fits.Select(f => (f.RecordedVph, f.SimulatedVph, f.Geh < 5))],
            GehLimits, "GEH below 5"));
        page.Table(["intersection", "movement", "turn", "recorded veh/h", "simulated veh/h", "GEH"],
            answer.Fits.Take(FitsShown).Select(f => new[]
            {
                city.Intersections[f.Movement.Intersection].Id, f.Movement.Id, f.Movement.Turn.ToString(),
                Number(f.RecordedVph, "0"), Number(f.SimulatedVph, "0"), Number(f.Geh),
            }), texts: 3);
        page.Paragraph("The demand is estimated from counts and from vehicles followed through the views: entries in parts "
            + "of ten seconds, ways as they were seen, by shares of the same entry's vehicles where they were lost; with SUMO, "
            + "drivers may choose where several ways were seen between the same ends. The simulation begins with empty streets. Seeds differ in single trips and in drivers; the same seed is used "
            + "with and without the alternative. Delay: time lost against driving freely, waiting to enter included.");
        return page.ToString();
    }

    /// <summary>Least and greatest flow with a GEH of 5 against m: (c - m)^2 = 12.5 (c + m), solved for c.</summary>
    private static (double Least, double Greatest) GehLimits(double m)
    {
        double root = Math.Sqrt(12.5 * 12.5 / 4 + 25 * m);
        return (Math.Max(0, m + 6.25 - root), m + 6.25 + root);
    }

    private static DelayBar Bar(string name, IReadOnlyList<WhatIfRun> runs) => new(name, runs.Average(r => r.DelayS),
        runs.Min(r => r.DelayS), runs.Max(r => r.DelayS), 0);

    private static string Number(double value, string format = "0.0") =>
        value.ToString(format, CultureInfo.InvariantCulture);

    private static string Said(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The answer in words.</summary>
internal static class WhatIfText
{
    public static string Verdict(WhatIfPage.Question q, WhatIfAnswer a)
    {
        string change = $"{q.Alternative} instead of {q.Baseline} " + string.Create(CultureInfo.InvariantCulture,
            $"changes mean delay by {a.ChangeS:+0.0;-0.0} s a vehicle (95 % interval +- {a.ConfidenceS:0.0} s): ")
            + string.Create(CultureInfo.InvariantCulture,
            $"from {a.BaselineS:0.0} to {a.AlternativeS:0.0} s, {a.ChangeS / Math.Max(0.01, a.BaselineS):+0 %;-0 %}.");
        if (a.IsSensitive) change += " " + Sensitivity(a);
        return a.Doubts.Count == 0 ? change : "The data do not support an answer. For what it is worth: " + change;
    }

    /// <summary>How far the answer moves under other assumptions.</summary>
    public static string Sensitivity(WhatIfAnswer a) => a.Varied.Count == 0 ? "Nothing else was assumed."
        : string.Create(CultureInfo.InvariantCulture, $"Under other assumptions the change is between {a.Range.LeastS:+0.0;-0.0} ")
            + string.Create(CultureInfo.InvariantCulture, $"and {a.Range.GreatestS:+0.0;-0.0} s a vehicle")
            + (a.IsSensitive ? ", more than a fifth from the answer: take its size with care." : ".");
}
