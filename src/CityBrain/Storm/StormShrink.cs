namespace CityBrain.Storm;

/// <summary>
/// Makes a storm that breaks a rule as short as it gets while it still breaks the same one: fewer faults, one
/// intersection, shorter and weaker faults. Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
/// failure-inducing input", IEEE TSE 2002), one fault at a time since there are few.
/// </summary>
internal static class StormShrink
{
    private const int MostRuns = 400;

    /// <summary>The shortest script found and how it ends.</summary>
    public static StormResult Shrink(StormResult failed)
    {
        StormResult best = failed;
        int runs = 0;
        bool shorter = true;
        while (shorter && runs < MostRuns)
        {
            shorter = false;
            foreach (StormScript candidate in Candidates(best.Script))
            {
                if (runs++ >= MostRuns) break;
                StormResult result = StormWorld.Run(candidate);
                if (result.Rule != best.Rule) continue;
                best = result;
                shorter = true;
                break;
            }
        }
        return best;
    }

    private static IEnumerable<StormScript> Candidates(StormScript script)
    {
        int n = script.Faults.Count;
        for (int half = n / 2; half > 1; half /= 2)
            for (int from = 0; from + half <= n; from += half)
                yield return script with { Faults = [.. script.Faults.Where((_, i) => i < from || i >= from + half)] };
        for (int i = 0; i < n; i++) yield return script with { Faults = [.. script.Faults.Where((_, k) => k != i)] };
        if (script.Junctions > 1) yield return script with { Junctions = script.Junctions - 1 };
        if (n > 0 && script.Faults.Max(f => f.AtMs + f.ForMs) is var end && end < script.StormMs)
            yield return script with { StormMs = end };
        for (int i = 0; i < n; i++)
        {
            StormFault f = script.Faults[i];
            if (f.ForMs > 1000) yield return With(script, i, f with { ForMs = f.ForMs / 2 });
        }
    }

    private static StormScript With(StormScript script, int at, StormFault fault) =>
        script with { Faults = [.. script.Faults.Select((f, i) => i == at ? fault : f)] };
}
