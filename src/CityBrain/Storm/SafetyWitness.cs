using CityBrain.Model;

namespace CityBrain.Storm;

/// <summary>
/// Stands at an intersection and looks at its heads with a good watch. Knows the city's data and true time, shares no
/// code with the gate that makes commands nor with the monitor in the cabinet, and so sees where both are wrong.
/// </summary>
internal sealed class SafetyWitness(Intersection at)
{
    private const long Long = long.MinValue / 4;

    private bool _looked;
    private readonly Aspect[] _shown = new Aspect[at.Groups.Length];
    private readonly Aspect[] _lastGreen = new Aspect[at.Groups.Length];
    private readonly long[] _greenBegan = Filled(at), _greenEnded = Filled(at), _yellowBegan = Filled(at);

    /// <summary>Looks at the heads; what is wrong with them, or null.</summary>
    /// <param name="heads">One aspect a group.</param>
    /// <param name="nowMs">True time.</param>
    /// <param name="commanded">The brain leads: shortest greens are the city's; else those of the programme.</param>
    public string? Look(ReadOnlySpan<Aspect> heads, long nowMs, bool commanded)
    {
        string? wrong = null;
        if (!_looked)
        {
            // It came while the signals were running: what it sees began before.
            _looked = true;
            heads.CopyTo(_shown);
            return null;
        }
        for (int g = 0; g < _shown.Length && wrong is null; g++)
            wrong = Change(g, heads[g], nowMs, commanded) ?? Together(g, heads, nowMs);
        for (int g = 0; g < _shown.Length; g++) Remember(g, heads[g], nowMs);
        return wrong;
    }

    /// <summary>The cabinet lost its power: the heads are dark, and nobody is to blame for a short yellow.</summary>
    public void GoDark(long nowMs)
    {
        for (int g = 0; g < _shown.Length; g++) Remember(g, Aspect.Off, nowMs);
    }

    private string? Change(int g, Aspect next, long nowMs, bool commanded)
    {
        Aspect before = _shown[g];
        SignalGroup group = at.Groups[g];
        if (before.IsGreen() && !next.IsGreen())
        {
            if (group.Yellow.Value > 0 && next != Aspect.Yellow) return $"{Name(g)}: green to {next} without yellow";
            if (commanded && nowMs - _greenBegan[g] < group.ShortestGreen.Value)
                return $"{Name(g)}: green for {nowMs - _greenBegan[g]} ms, at least {group.ShortestGreen.Value}";
        }
        if (before == Aspect.Yellow && next != Aspect.Yellow)
        {
            if (next.IsGreen()) return $"{Name(g)}: yellow to green";
            if (nowMs - _yellowBegan[g] < group.Yellow.Value)
                return $"{Name(g)}: yellow for {nowMs - _yellowBegan[g]} ms, at least {group.Yellow.Value}";
        }
        return null;
    }

    private string? Together(int g, ReadOnlySpan<Aspect> heads, long nowMs)
    {
        if (!heads[g].IsGreen()) return null;
        bool begins = !_shown[g].IsGreen();
        for (int other = 0; other < heads.Length; other++)
        {
            if (other == g || !at.Conflicts.Conflicts(g, other)) continue;
            if (heads[other].IsGreen())
            {
                if (!at.Conflicts.Compatible(g, heads[g], other, heads[other])) return $"{Name(g)} and {Name(other)} are green together";
                continue;
            }
            if (!begins || at.Conflicts.Compatible(g, heads[g], other, _lastGreen[other])) continue;
            long ended = _shown[other].IsGreen() ? nowMs : _greenEnded[other];
            if (nowMs - ended < at.Intergreens.Ms(other, g))
                return $"{Name(g)} green {nowMs - ended} ms after {Name(other)}, at least {at.Intergreens.Ms(other, g)}";
        }
        return null;
    }

    private void Remember(int g, Aspect next, long nowMs)
    {
        bool was = _shown[g].IsGreen();
        if (next.IsGreen() && !was) _greenBegan[g] = nowMs;
        if (was && !next.IsGreen()) _greenEnded[g] = nowMs;
        if (next == Aspect.Yellow && _shown[g] != Aspect.Yellow) _yellowBegan[g] = nowMs;
        if (next.IsGreen()) _lastGreen[g] = next;
        _shown[g] = next;
    }

    private string Name(int g) => $"{at.Id}/{at.Groups[g].Id}";

    private static long[] Filled(Intersection at)
    {
        var times = new long[at.Groups.Length];
        Array.Fill(times, Long);
        return times;
    }
}
