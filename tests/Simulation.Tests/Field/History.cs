using CityBrain.Model;

namespace CityBrain.Simulation.Tests.Field;

/// <summary>
/// What the heads showed, second by second, and an oracle that looks for faults in it by comparing each pair of
/// seconds: slow, plain, and written without the monitor's code.
/// </summary>
internal sealed class History(City city, int intersection = 0)
{
    private readonly Intersection _x = city.Intersections[intersection];
    private readonly List<Aspect[]> _seconds = [];

    public int Count => _seconds.Count;
    public Aspect[] this[int second] => _seconds[second];

    public void Add(ReadOnlySpan<Aspect> aspects) => _seconds.Add(aspects.ToArray());

    /// <summary>Every fault, in words.</summary>
    public IEnumerable<string> Faults()
    {
        for (int t = 0; t < _seconds.Count; t++)
            for (int a = 0; a < _x.Groups.Length; a++)
                for (int b = 0; b < _x.Groups.Length; b++)
                    if (a != b && !_x.Conflicts.Compatible(a, _seconds[t][a], b, _seconds[t][b]))
                        yield return $"{t}: conflicting greens {a} {b}";
        for (int g = 0; g < _x.Groups.Length; g++)
            foreach (string fault in FaultsOf(g)) yield return fault;
    }

    private IEnumerable<string> FaultsOf(int g)
    {
        foreach ((int from, int to) in Runs(a => a[g].IsGreen()))
        {
            bool whole = from > 0 && to < _seconds.Count;
            if (whole && (to - from) * 1000 < _x.Groups[g].ShortestGreen.Value) yield return $"{from}: short green {g}";
            if (from > 0 && _seconds[from - 1][g] == Aspect.Yellow) yield return $"{from}: green out of yellow at {g}";
            if (to == _seconds.Count) continue;
            int yellow = 0;
            while (to + yellow < _seconds.Count && _seconds[to + yellow][g] == Aspect.Yellow) yellow++;
            if (to + yellow < _seconds.Count && yellow * 1000 < _x.Groups[g].Yellow.Value)
                yield return $"{to}: yellow of {yellow} s at {g}";
            for (int other = 0; other < _x.Groups.Length; other++)
            {
                if (!_x.Conflicts.Conflicts(g, other)) continue;
                if (_x.Conflicts.Compatible(g, _seconds[to - 1][g], other, Aspect.Green)) continue;
                int start = to;
                while (start < _seconds.Count && _seconds[start][other] != Aspect.Green) start++;
                if (start < _seconds.Count && !_seconds[to - 1][other].IsGreen()
                    && (start - to) * 1000 < _x.Intergreens.Ms(g, other)) yield return $"{start}: {other} too soon after {g}";
            }
        }
    }

    private IEnumerable<(int From, int To)> Runs(Func<Aspect[], bool> holds)
    {
        for (int t = 0; t < _seconds.Count; t++)
        {
            if (!holds(_seconds[t])) continue;
            int from = t;
            while (t < _seconds.Count && holds(_seconds[t])) t++;
            yield return (from, t);
        }
    }
}
