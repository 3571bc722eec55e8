using System.Globalization;
using CityBrain.Charts;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>The pictures of an evaluation: name of the file (without .svg) and drawing.</summary>
internal static class EvaluationCharts
{
    private const int QueueStepS = 10;

    public static List<(string Name, string Svg)> Draw(IReadOnlyList<EvaluationResult> results)
    {
        List<PolicyFigures> figures = PolicyFigures.Of(results);
        string heading = EvaluationTable.Heading(results);
        var charts = new List<(string, string)>
        {
            ("delay", Delay(heading, figures)), ("queue", Queue(heading, figures)),
        };
        foreach (PolicyFigures f in figures)
        {
            IReadOnlyList<CorridorTrace> traces = f.Runs[0].Traces;
            for (int i = 0; i < traces.Count; i++)
                charts.Add(($"time-space-{f.Policy}{(i == 0 ? "" : "-back")}", TimeSpace(f.Runs[0], traces[i], i > 0)));
        }
        return charts;
    }

    private static string Delay(string heading, List<PolicyFigures> figures) => DelayChart.Draw(heading,
        [.. figures.Select(f => new DelayBar(f.Policy, f.DelayS.Mean, f.DelayS.Least, f.DelayS.Greatest, f.P95S.Mean))]);

    private static string Queue(string heading, List<PolicyFigures> figures) => LineChart.Draw(
        "Queue over time", heading + "; mean and range over seeds, every 10 s",
        "time since the beginning, minutes", "vehicles that stand, or wait to enter",
        [.. figures.Select(QueueOf)]);

    private static LineSeries QueueOf(PolicyFigures f)
    {
        List<SumoStep>[] runs = [.. f.Runs.Select(r => SumoSummary.Read(r.Options.Output))];
        double beginS = f.Runs[0].Options.Scenario.BeginS;
        var line = new List<(double, double)>();
        var band = new List<(double, double, double)>();
        for (int k = 0; k < runs.Min(r => r.Count); k += QueueStepS)
        {
            Spread s = Spread.Of(runs.Select(r => (double)(r[k].Halting + r[k].Outside)));
            double minutes = (runs[0][k].TimeS - beginS) / 60;
            line.Add((minutes, s.Mean));
            band.Add((minutes, s.Least, s.Greatest));
        }
        return new LineSeries(f.Policy, line, runs.Length > 1 ? band : null);
    }

    private static string TimeSpace(EvaluationResult run, CorridorTrace trace, bool back)
    {
        Corridor corridor = trace.Corridor;
        double beginS = run.Options.Scenario.BeginS;
        SpaceStop[] stops = [.. corridor.Stops.Select((s, k) =>
            new SpaceStop(s.Intersection.Id, s.AtM, Spans(trace.Shown[k], beginS, trace.ToS)))];
        string said = string.Create(CultureInfo.InvariantCulture,
            $"{run.Options.Scenario.Name}, seed {run.Options.Seed}, {corridor.Stops.Count} signals, {corridor.LengthM:0} m: ");
        string name = corridor.Name.Length <= 110 ? corridor.Name
            : $"{corridor.Stops[0].Intersection.Id} > ... > {corridor.Stops[^1].Intersection.Id}";
        return TimeSpaceChart.Draw(
            $"Time-space diagram, {run.Options.Policy}{(back ? ", the other way" : "")}", said + name,
            trace.FromS - beginS, trace.ToS - beginS, corridor.LengthM, stops,
            [.. trace.Trajectories.Select(t => t.Points.ConvertAll(p => (p.AtS - beginS, p.DistanceM)))]);
    }

    private static List<SignalSpan> Spans(IReadOnlyList<ShownAspect> shown, double beginS, double endS)
    {
        var spans = new List<SignalSpan>();
        for (int k = 0; k < shown.Count; k++)
        {
            double until = k + 1 < shown.Count ? shown[k + 1].FromS : endS;
            spans.Add(new SignalSpan(shown[k].FromS - beginS, until - beginS, shown[k].Aspect switch
            {
                Aspect.Green or Aspect.GreenYield => Palette.GreenLight,
                Aspect.Yellow or Aspect.RedYellow or Aspect.Blinking => Palette.YellowLight,
                Aspect.Off => Palette.Axis,
                _ => Palette.RedLight,
            }));
        }
        return spans;
    }
}
