using CityBrain.Model;

namespace CityBrain.SignalControl.Safety;

/// <summary>What a set of aspects would break.</summary>
public enum Violation : byte
{
    None,
    /// <summary>The wrong number of aspects, or an aspect that does not exist.</summary>
    Malformed,
    /// <summary>Green with a conflicting green that the network never shows beside it.</summary>
    Conflict,
    /// <summary>Green would end before the group's shortest green.</summary>
    ShortGreen,
    /// <summary>Green would turn to anything but yellow although the group has a yellow.</summary>
    NoYellow,
    /// <summary>Yellow would end before its time.</summary>
    ShortYellow,
    /// <summary>Yellow would turn green again.</summary>
    YellowToGreen,
    /// <summary>Yellow without a green before it.</summary>
    YellowFromRed,
    /// <summary>Green would begin before the intergreen from a conflicting group is over.</summary>
    ShortIntergreen,
}

/// <summary>
/// The last look at aspects before they leave: one intersection's conflict monitor. It remembers what was shown and
/// since when, and knows only groups, conflicts, intergreens and times; stages, policies and how a change was planned
/// are unknown to it, so that an error there cannot be repeated here. (After the conflict monitors and malfunction
/// management units of NEMA TS 2, section 4.)
/// </summary>
public sealed class AspectCheck
{
    private readonly Intersection _intersection;
    private readonly Aspect[] _shown;
    private readonly long[] _aspectSinceMs;   // begin of the present aspect; one green to the other is no new begin
    private readonly long[] _greenEndMs;      // end of the last green

    public AspectCheck(Intersection intersection)
    {
        _intersection = intersection;
        int groups = intersection.Groups.Length;
        _shown = new Aspect[groups];
        _aspectSinceMs = new long[groups];
        _greenEndMs = new long[groups];
    }

    /// <summary>The group that broke the rule of the last refused check.</summary>
    public int Offender { get; private set; } = -1;

    /// <summary>Starts from what the controller shows. A red is taken to have followed a green at once.</summary>
    public void Adopt(ReadOnlySpan<Aspect> shown, ReadOnlySpan<long> sinceMs)
    {
        shown.CopyTo(_shown);
        sinceMs.CopyTo(_aspectSinceMs);
        sinceMs.CopyTo(_greenEndMs);
    }

    /// <summary>May these aspects follow those shown? Changes nothing.</summary>
    public Violation Check(ReadOnlySpan<Aspect> next, long nowMs)
    {
        if (next.Length != _shown.Length) return Violation.Malformed;
        for (int g = 0; g < next.Length; g++)
        {
            Violation found = next[g] > Aspect.Off ? Violation.Malformed : CheckGroup(g, next[g], nowMs);
            if (found == Violation.None && next[g].IsGreen()) found = CheckGreen(g, next, nowMs);
            if (found == Violation.None) continue;
            Offender = g;
            return found;
        }
        return Violation.None;
    }

    /// <summary>Remembers aspects that were sent.</summary>
    public void Accept(ReadOnlySpan<Aspect> next, long nowMs)
    {
        for (int g = 0; g < next.Length; g++)
        {
            bool wasGreen = _shown[g].IsGreen(), isGreen = next[g].IsGreen();
            if (wasGreen && !isGreen) _greenEndMs[g] = nowMs;
            if (next[g] != _shown[g] && !(wasGreen && isGreen)) _aspectSinceMs[g] = nowMs;
            _shown[g] = next[g];
        }
    }

    /// <summary>Rules of one group by itself: shortest green, yellow.</summary>
    private Violation CheckGroup(int g, Aspect next, long nowMs)
    {
        Aspect shown = _shown[g];
        SignalGroup group = _intersection.Groups[g];
        long lastedMs = nowMs - _aspectSinceMs[g];
        if (shown.IsGreen() && !next.IsGreen())
        {
            if (lastedMs < group.ShortestGreen.Value) return Violation.ShortGreen;
            return next == Aspect.Yellow || group.Yellow.Value == 0 ? Violation.None : Violation.NoYellow;
        }
        if (shown == Aspect.Yellow && next != Aspect.Yellow)
        {
            if (lastedMs < group.Yellow.Value) return Violation.ShortYellow;
            return next.IsGreen() ? Violation.YellowToGreen : Violation.None;
        }
        return next == Aspect.Yellow && shown != Aspect.Yellow ? Violation.YellowFromRed : Violation.None;
    }

    /// <summary>Rules of a green with every conflicting group.</summary>
    private Violation CheckGreen(int g, ReadOnlySpan<Aspect> next, long nowMs)
    {
        ConflictMatrix conflicts = _intersection.Conflicts;
        bool begins = !_shown[g].IsGreen() || (_shown[g] == Aspect.GreenYield && next[g] == Aspect.Green);
        for (int other = 0; other < next.Length; other++)
        {
            if (other == g || !conflicts.Conflicts(g, other)) continue;
            if (!conflicts.Compatible(g, next[g], other, next[other])) return Violation.Conflict;
            if (!begins || next[other].IsGreen()) continue;
            long endedMs = _shown[other].IsGreen() ? nowMs : _greenEndMs[other];
            if (nowMs - endedMs < _intersection.Intergreens.Ms(other, g)) return Violation.ShortIntergreen;
        }
        return Violation.None;
    }

    internal void AddTo(ref Digest digest)
    {
        for (int g = 0; g < _shown.Length; g++)
        {
            digest.Add((int)_shown[g]);
            digest.Add(_aspectSinceMs[g]);
            digest.Add(_greenEndMs[g]);
        }
    }
}
