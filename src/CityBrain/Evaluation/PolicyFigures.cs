namespace CityBrain.Evaluation;

/// <summary>Mean, least and greatest over the seeds of a policy.</summary>
internal readonly record struct Spread(double Mean, double Least, double Greatest)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return new Spread(all.Average(), all.Min(), all.Max());
    }
}

/// <summary>What one policy came to over all its seeds.</summary>
internal sealed class PolicyFigures
{
    private PolicyFigures(string policy, IReadOnlyList<EvaluationResult> runs)
    {
        (Policy, Runs) = (policy, runs);
        DelayS = Spread.Of(runs.Select(r => r.Score.MeanDelayS));
        P95S = Spread.Of(runs.Select(r => r.Score.P95DelayS));
        Stops = Spread.Of(runs.Select(r => r.Score.MeanStops));
        LongestWaitS = Spread.Of(runs.Select(r => r.Waits.Count == 0 ? 0 : r.Waits[0].WaitS));
        LongestVehicleWaitS = runs.Max(r => Longest(r, onFoot: false));
        LongestOnFootWaitS = runs.Max(r => Longest(r, onFoot: true));
        OverBound = runs.Sum(r => r.Waits.Count(w => w.OverBound));
        BoundS = runs.SelectMany(r => r.Waits).Select(w => w.BoundS).DefaultIfEmpty(0).Max();
    }

    /// <summary>By policy, in the order in which they were run.</summary>
    public static List<PolicyFigures> Of(IEnumerable<EvaluationResult> results) =>
        [.. results.GroupBy(r => r.Options.Policy).Select(g => new PolicyFigures(g.Key, [.. g]))];

    public string Policy { get; }
    public IReadOnlyList<EvaluationResult> Runs { get; }
    public Spread DelayS { get; }
    public Spread P95S { get; }
    /// <summary>Stops a vehicle.</summary>
    public Spread Stops { get; }
    /// <summary>The longest red with somebody waiting, of all movements of a run.</summary>
    public Spread LongestWaitS { get; }
    public double LongestVehicleWaitS { get; }
    public double LongestOnFootWaitS { get; }
    /// <summary>Movements over the bound, all runs together, and the bound (the highest, where they differ).</summary>
    public int OverBound { get; }
    public double BoundS { get; }
    public bool Valid => Runs.All(r => r.Score.Problems.Count == 0);
    public bool Safe => Runs.All(r => r.Safety.Safe);

    private static double Longest(EvaluationResult r, bool onFoot) =>
        r.Waits.Where(w => w.OnFoot == onFoot).Select(w => w.WaitS).DefaultIfEmpty(0).Max();
}
