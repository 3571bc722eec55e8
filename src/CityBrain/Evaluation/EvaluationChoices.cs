using System.Globalization;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>Reads what an evaluation's options say: seeds, corridor, window.</summary>
internal static class EvaluationChoices
{
    private const int MostSeeds = 1000;
    private const double WindowS = 600;

    /// <summary>Reads 1-5 or 1,4,9 or both joined by commas; each seed once, in order.</summary>
    public static int[] Seeds(string text)
    {
        var seeds = new SortedSet<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', 2);
            if (!Whole(ends[0], out int from) || !Whole(ends[^1], out int to) || to < from || to - from >= MostSeeds)
                throw CliFailure.Usage($"--seeds {text}: such as 1-5 or 1,4,9; at most {MostSeeds}");
            for (int s = from; s <= to; s++) seeds.Add(s);
        }
        return [.. seeds];
    }

    /// <summary>The corridor named, or the longest straight one, and the way back where there is one.</summary>
    public static List<Corridor> Corridors(City city, string? names)
    {
        Corridor? corridor = names is null ? Corridor.Longest(city) : Named(city, names);
        return corridor is null ? [] : corridor.Back() is { } back ? [corridor, back] : [corridor];
    }

    /// <summary>From when to when the diagram goes, seconds of the scenario's clock.</summary>
    public static (double FromS, double ToS) Window(SumoScenario scenario, string? text)
    {
        double length = scenario.EndS - scenario.BeginS;
        if (text is null)
        {
            double from = Math.Max(0, (length - WindowS) / 2);
            return (scenario.BeginS + from, scenario.BeginS + Math.Min(length, from + WindowS));
        }
        string[] ends = text.Split('-', 2);
        if (ends.Length != 2 || !Whole(ends[0], out int a) || !Whole(ends[1], out int b) || b <= a || a >= length)
            throw CliFailure.Usage($"--window {text}: FROM-TO in seconds since the beginning, such as 600-1200");
        return (scenario.BeginS + a, scenario.BeginS + Math.Min(length, b));
    }

    private static Corridor Named(City city, string names)
    {
        var path = new List<int>();
        foreach (string id in names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            path.Add(city.TryIntersection(id, out int i) ? i
                : throw CliFailure.Usage($"--corridor: there is no signal '{id}'; there are {Some(city)}"));
        return path.Count == 0 ? throw CliFailure.Usage("--corridor names signals in driving order: A,B,C")
            : Corridor.Through(city, path)
            ?? throw CliFailure.Usage($"--corridor {names}: no road leads from each of them to the next");
    }

    private static string Some(City city) => string.Join(", ", city.Intersections.Take(12).Select(i => i.Id))
        + (city.Intersections.Length > 12 ? ", ..." : "");

    private static bool Whole(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
