using System.Globalization;
using CityBrain.Charts;
using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>What an evaluation leaves behind: report.html, its drawings as .svg, waits.csv beside each run.</summary>
internal static class EvaluationFiles
{
    private const int WaitsShown = 10;

    /// <summary>Writes all of it and returns the path of the page.</summary>
    public static string Write(string folder, IReadOnlyList<EvaluationResult> results)
    {
        foreach (EvaluationResult r in results)
            WaitFile.Write(Path.Combine(r.Options.Output, "waits.csv"), r.City, r.Waits);
        List<(string Name, string Svg)> charts = EvaluationCharts.Draw(results);
        foreach ((string name, string svg) in charts) File.WriteAllText(Path.Combine(folder, name + ".svg"), svg);
        string path = Path.Combine(folder, "report.html");
        File.WriteAllText(path, Page(results, charts).ToString());
        return path;
    }

    private static HtmlPage Page(IReadOnlyList<EvaluationResult> results, List<(string Name, string Svg)> charts)
    {
        List<PolicyFigures> figures = PolicyFigures.Of(results);
        var page = new HtmlPage("Signal control on " + results[0].Options.Scenario.Name, EvaluationTable.Heading(results));
        page.Table(EvaluationTable.Columns, figures.Select(EvaluationTable.Row));
        page.Paragraph("Delay: every vehicle of the demand counts once with the time it lost and the time it waited to "
            + "enter. Longest wait: the longest red of any movement with somebody waiting. Valid: complete and without "
            + "teleports. Safe: no conflicting greens, no green straight to red, no short yellow or green.");
        foreach ((string name, string svg) in charts)
        {
            if (name == "delay") page.Heading("Delay");
            if (name == "queue") page.Heading("Queue over time");
            if (name == charts.FirstOrDefault(c => c.Name.StartsWith("time-space", StringComparison.Ordinal)).Name)
                page.Heading("Time-space diagrams");
            page.Drawing(svg);
        }
        page.Heading("Longest waits at one red");
        page.Table(["policy", "intersection", "movement", "turn", "seed", "until s", "wait s", "bound s"],
            figures.SelectMany(Waits), texts: 4);
        return page;
    }

    private static IEnumerable<string[]> Waits(PolicyFigures f) => f.Runs
        .SelectMany(r => r.Waits.Take(WaitsShown).Where(w => w.WaitS > 0).Select(w => (Run: r, Wait: w)))
        .OrderByDescending(x => x.Wait.WaitS).Take(WaitsShown)
        .Select(x => new[]
        {
            f.Policy, x.Run.City.Intersections[x.Wait.Movement.Intersection].Id, x.Wait.Movement.Id,
            x.Wait.Movement.Turn.ToString(), Number(x.Run.Options.Seed), Number(x.Wait.UntilS), Number(x.Wait.WaitS),
            Number(x.Wait.BoundS),
        });

    private static string Number(double value) => value.ToString("0", CultureInfo.InvariantCulture);
}
