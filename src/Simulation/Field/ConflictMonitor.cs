using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// Watches what the signal heads of one intersection show and judges what is asked of them next: conflicting
/// greens, yellow, intergreen and shortest green (the functions of a malfunction management unit, NEMA TS 2
/// section 4, and of signal safeguarding, RiLSA 2015 chapter 4). It is written from the city's data alone and
/// shares no code with the SafetyGate that makes commands: two independent checks stand between a fault and the
/// street.
/// </summary>
public sealed class ConflictMonitor
{
    private const long LongAgoMs = long.MinValue / 4;

    private readonly Intersection _intersection;
    private readonly Aspect[] _shown;
    private readonly Aspect[] _lastGreen;
    private readonly long[] _greenBeganMs, _greenEndedMs;

    public ConflictMonitor(Intersection intersection)
    {
        _intersection = intersection;
        int groups = intersection.Groups.Length;
        _shown = new Aspect[groups];
        _lastGreen = new Aspect[groups];
        _greenBeganMs = new long[groups];
        _greenEndedMs = new long[groups];
        Array.Fill(_greenBeganMs, LongAgoMs);
        Array.Fill(_greenEndedMs, LongAgoMs);
    }

    /// <summary>
    /// The heads were dark and nobody knows what they showed before: every group counts as having been green until now, so
    /// that nothing begins before the longest intergreen towards it has passed.
    /// </summary>
    public void SwitchOn(long nowMs)
    {
        Array.Fill(_lastGreen, Aspect.Green);
        Array.Fill(_greenEndedMs, nowMs);
    }

    /// <summary>What the heads show, one aspect per signal group.</summary>
    public ReadOnlySpan<Aspect> Shown => _shown;

    /// <summary>How long a group has been green, milliseconds; 0 when it is not.</summary>
    public long GreenForMs(int group, long nowMs) => _shown[group].IsGreen() ? nowMs - _greenBeganMs[group] : 0;

    /// <summary>Milliseconds since a group's green ended; very large when it was never green.</summary>
    public long SinceGreenMs(int group, long nowMs) => nowMs - _greenEndedMs[group];

    /// <summary>May these aspects be shown from now on? The first thing that speaks against it, else None.</summary>
    public Refusal Judge(ReadOnlySpan<Aspect> asked, long nowMs)
    {
        if (asked.Length != _shown.Length) return Refusal.WrongAddress;
        for (int g = 0; g < asked.Length; g++)
        {
            Refusal refusal = JudgeEnd(g, asked[g], nowMs);
            if (refusal != Refusal.None) return refusal;
        }
        for (int g = 0; g < asked.Length; g++)
        {
            if (!asked[g].IsGreen()) continue;
            for (int other = 0; other < asked.Length; other++)
                if (!_intersection.Conflicts.Compatible(g, asked[g], other, asked[other])) return Refusal.Conflict;
            if (Starts(g, asked[g]) && !(Cleared(g, asked[g], nowMs) && NoneEndsNow(g, asked)))
                return Refusal.ShortIntergreen;
        }
        return Refusal.None;
    }

    /// <summary>
    /// Have all groups that must not be green together with this one been clear of green for their intergreen?
    /// Says nothing about groups that still are green.
    /// </summary>
    public bool Cleared(int group, Aspect green, long nowMs)
    {
        for (int other = 0; other < _shown.Length; other++)
        {
            if (_shown[other].IsGreen() || !_intersection.Conflicts.Conflicts(group, other)) continue;
            if (_intersection.Conflicts.Compatible(group, green, other, _lastGreen[other])) continue;
            if (SinceGreenMs(other, nowMs) < _intersection.Intergreens.Ms(other, group)) return false;
        }
        return true;
    }

    /// <summary>No green that may not be seen together with this one ends in the very step in which it begins.</summary>
    private bool NoneEndsNow(int group, ReadOnlySpan<Aspect> asked)
    {
        for (int other = 0; other < asked.Length; other++)
            if (!asked[other].IsGreen() && _intersection.Intergreens.Ms(other, group) > 0
                && !_intersection.Conflicts.Compatible(group, asked[group], other, _shown[other])) return false;
        return true;
    }

    /// <summary>The heads show these aspects from now on.</summary>
    public void Show(ReadOnlySpan<Aspect> aspects, long nowMs)
    {
        for (int g = 0; g < _shown.Length; g++)
        {
            bool was = _shown[g].IsGreen(), becomes = aspects[g].IsGreen();
            if (becomes && !was) _greenBeganMs[g] = nowMs;
            if (was && !becomes) _greenEndedMs[g] = nowMs;
            if (becomes) _lastGreen[g] = aspects[g];
            _shown[g] = aspects[g];
        }
    }

    private Refusal JudgeEnd(int g, Aspect asked, long nowMs)
    {
        SignalGroup group = _intersection.Groups[g];
        Aspect shown = _shown[g];
        if (shown.IsGreen() && !asked.IsGreen())
        {
            if (asked != Aspect.Yellow && group.Yellow > Millis.Zero) return Refusal.ShortYellow;
            if (GreenForMs(g, nowMs) < group.ShortestGreen.Value) return Refusal.ShortGreen;
        }
        else if (shown == Aspect.Yellow && asked != Aspect.Yellow)
        {
            if (asked.IsGreen() || SinceGreenMs(g, nowMs) < group.Yellow.Value) return Refusal.ShortYellow;
        }
        else if (asked == Aspect.Yellow && shown != Aspect.Yellow && !shown.IsGreen()) return Refusal.ShortYellow;
        return Refusal.None;
    }

    /// <summary>Becomes green, or becomes protected after having been permissive.</summary>
    private bool Starts(int g, Aspect asked) =>
        !_shown[g].IsGreen() || (_shown[g] == Aspect.GreenYield && asked == Aspect.Green);
}
