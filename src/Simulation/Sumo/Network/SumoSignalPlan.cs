using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>
/// What a signal's own programme says: its stages, its intervals, how long yellow lasts, and how long the gaps
/// between conflicting greens are. One letter per link; links are named by their index.
/// </summary>
internal sealed class SumoSignalPlan
{
    /// <summary>Shortest yellow, seconds; a programme that shows less is raised to it.</summary>
    public const double YellowFloorS = 3;

    private readonly List<SumoPhase> _phases;
    private readonly HashSet<(int, int)> _conflicts;

    /// <param name="programme">The programme that runs by default.</param>
    /// <param name="links">Number of links: the highest link index in use, plus one.</param>
    /// <param name="conflicts">Conflicting pairs of link indices.</param>
    public SumoSignalPlan(SumoProgramme programme, int links, IReadOnlyList<ConflictDescription> conflicts)
    {
        Links = Math.Max(links, programme.Phases.Select(p => p.State.Length).DefaultIfEmpty().Max());
        _phases = [.. programme.Phases.Select(p => p with { State = Readable(p.State).PadRight(Links, 'r') })];
        _conflicts = [.. conflicts.SelectMany(c => new[] { (Link(c.A), Link(c.B)), (Link(c.B), Link(c.A)) })];
        Stages = FindStages(_phases);
        Intervals = [.. _phases.Where(p => p.DurationS > 0)
            .Select(p => new IntervalDescription(p.State, p.DurationS, StageOf(p.State)))];
        CycleS = Intervals.Sum(i => i.DurationS);
        YellowS = FindYellows();
    }

    public int Links { get; }
    /// <summary>Distinct states that show green and no yellow, in order of the programme.</summary>
    public IReadOnlyList<string> Stages { get; }
    public IReadOnlyList<IntervalDescription> Intervals { get; }
    public double CycleS { get; }
    /// <summary>Yellow of each link after its green, seconds; NaN where the programme goes from green to red.</summary>
    public double[] YellowS { get; }

    public static bool IsGreen(char letter) => letter is 'g' or 'G';

    /// <summary>Longest run of a link's letters of a kind, around the cycle; the cycle if it never ends.</summary>
    public double LongestS(int link, Func<char, bool> kind)
    {
        double longest = 0, run = 0;
        for (int k = 0; k < 2 * Intervals.Count; k++)
        {
            IntervalDescription interval = Intervals[k % Intervals.Count];
            run = kind(interval.Aspects[link]) ? run + interval.DurationS : 0;
            longest = Math.Max(longest, run);
        }
        return Math.Min(longest, CycleS);
    }

    /// <summary>
    /// Shortest observed seconds from the end of green of one link to the begin of green of a conflicting one,
    /// over every change from a stage to the next one.
    /// </summary>
    public Dictionary<(int Ending, int Starting), double> ObservedIntergreens()
    {
        var result = new Dictionary<(int, int), double>();
        int[] stages = [.. Enumerable.Range(0, Intervals.Count).Where(i => Intervals[i].Stage is not null)];
        for (int s = 0; s < stages.Length && stages.Length > 1; s++)
            Observe(stages[s], stages[(s + 1) % stages.Length], result);
        return result;
    }

    private void Observe(int from, int to, Dictionary<(int, int), double> result)
    {
        int steps = (to - from + Intervals.Count - 1) % Intervals.Count + 1;
        double[] greenEnds = new double[Links], greenBegins = new double[Links];
        double at = 0;
        for (int k = 1; k <= steps; k++)
        {
            IntervalDescription before = Intervals[(from + k - 1) % Intervals.Count];
            IntervalDescription now = Intervals[(from + k) % Intervals.Count];
            for (int link = 0; link < Links; link++)
            {
                if (IsGreen(before.Aspects[link]) && !IsGreen(now.Aspects[link])) greenEnds[link] = at;
                if (!IsGreen(before.Aspects[link]) && IsGreen(now.Aspects[link])) greenBegins[link] = at;
            }
            at += now.DurationS;
        }
        foreach ((int a, int b) in _conflicts)
        {
            if (!Ends(a, from, to) || !Ends(b, to, from)) continue;
            double gap = greenBegins[b] - greenEnds[a];
            if (gap >= 0 && (!result.TryGetValue((a, b), out double known) || gap < known)) result[(a, b)] = gap;
        }
    }

    private bool Ends(int link, int green, int notGreen) =>
        IsGreen(Intervals[green].Aspects[link]) && !IsGreen(Intervals[notGreen].Aspects[link]);

    private static List<string> FindStages(List<SumoPhase> phases)
    {
        List<string> stages = [.. phases.Select(p => p.State)
            .Where(s => !s.Contains('y', StringComparison.OrdinalIgnoreCase) && s.Any(IsGreen))
            .Distinct(StringComparer.Ordinal)];
        // A programme without any green (flashing, off): whatever it shows is its stage.
        return stages.Count > 0 ? stages
            : [.. phases.Select(p => p.State.Replace('y', 'r').Replace('u', 'r')).Distinct(StringComparer.Ordinal)];
    }

    private string? StageOf(string state)
    {
        for (int i = 0; i < Stages.Count; i++)
            if (Stages[i] == state) return i.ToString(CultureInfo.InvariantCulture);
        return null;
    }

    private double[] FindYellows()
    {
        double[] result = new double[Links];
        for (int link = 0; link < Links; link++)
        {
            result[link] = double.NaN;
            for (int k = 0; k < Intervals.Count; k++)
            {
                if (!IsGreen(Intervals[k].Aspects[link])) continue;
                double run = YellowAfter(k, link);
                if (run > 0) result[link] = double.IsNaN(result[link]) ? run : Math.Max(result[link], run);
            }
        }
        return result;
    }

    private double YellowAfter(int interval, int link)
    {
        double run = 0;
        for (int k = 1; k < Intervals.Count; k++)
        {
            IntervalDescription next = Intervals[(interval + k) % Intervals.Count];
            if (next.Aspects[link] != 'y') break;
            run += next.DurationS;
        }
        return run;
    }

    // SUMO's Y (yellow with priority) is a yellow; a letter that nobody knows is red.
    private static string Readable(string state) => string.Create(state.Length, state, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
            span[i] = Aspects.TryParse(source[i], out Aspect aspect) ? aspect.Letter() : 'r';
    });

    private static int Link(string id) => int.Parse(id, CultureInfo.InvariantCulture);
}
