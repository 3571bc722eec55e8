using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// An intersection's own fixed programme and how to get into step with it from whatever is shown. A group that
/// shows something else is first brought to red (shortest green, yellow), and turns green with the programme once
/// everything that crosses it has cleared and enough of its green is left. A group in step is led by the programme
/// alone: its source vouches for its own yellow and intergreen times, and they last as long as it says also when a step
/// comes late.
/// </summary>
internal sealed class OwnProgramme
{
    /// <summary>So late, all groups join anew instead of making up for it, milliseconds.</summary>
    private const long MostLateMs = 2_000;

    private readonly Intersection _intersection;
    private readonly Programme _programme;
    private readonly bool[] _inStep;
    /// <summary>By interval: a yellow or an intergreen runs in it, so that it is not for making up time.</summary>
    private readonly bool[] _mustLast;
    /// <summary>The interval that is shown and since when; -1 before the first.</summary>
    private int _shown = -1;
    private long _shownSinceMs;
    /// <summary>By group: the longest intergreen after its green.</summary>
    private readonly int[] _clearingMs;
    private int _outOfStep;

    public OwnProgramme(Intersection intersection, Programme programme, bool inStep)
    {
        _intersection = intersection;
        _programme = programme;
        _inStep = new bool[intersection.Groups.Length];
        Array.Fill(_inStep, inStep);
        _clearingMs = new int[_inStep.Length];
        for (int ending = 0; ending < _clearingMs.Length; ending++)
            for (int starting = 0; starting < _clearingMs.Length; starting++)
                _clearingMs[ending] = Math.Max(_clearingMs[ending], intersection.Intergreens.Ms(ending, starting));
        _outOfStep = inStep ? 0 : _inStep.Length;
        _mustLast = new bool[programme.Intervals.Length];
        for (int k = 0; k < _mustLast.Length; k++)
            _mustLast[k] = ClearsWith(programme.Intervals[k], programme.Intervals[(k + 1) % _mustLast.Length]) || Clears(k);
    }

    /// <summary>Every group shows what the programme shows.</summary>
    public bool InStep => _outOfStep == 0;

    /// <summary>Somebody else leads now: every group has to join again.</summary>
    public void Leave()
    {
        Array.Clear(_inStep);
        _outOfStep = _inStep.Length;
        _shown = -1;
    }

    /// <summary>Writes what to show now.</summary>
    /// <param name="monitor">What is shown.</param>
    /// <param name="nowMs">The monitor's time.</param>
    /// <param name="programmeMs">The clock that the programme runs by.</param>
    /// <param name="next">One aspect a group.</param>
    public void Next(ConflictMonitor monitor, long nowMs, long programmeMs, Span<Aspect> next)
    {
        int interval = Interval(nowMs, programmeMs, out long intoMs);
        ReadOnlySpan<Aspect> wanted = _programme.Intervals[interval].Aspects;
        if (InStep)
        {
            wanted.CopyTo(next);
            return;
        }
        for (int g = 0; g < next.Length; g++)
        {
            if (_inStep[g] && Leads(monitor.Shown[g], wanted[g])) next[g] = wanted[g];
            else next[g] = EndOrKeep(monitor, g, wanted[g], interval, intoMs, nowMs);
        }
        for (int g = 0; g < next.Length; g++)
        {
            if (wanted[g].IsGreen() && next[g] != wanted[g])
                StartOrWait(monitor, g, wanted[g], interval, intoMs, nowMs, next);
        }
    }

    /// <summary>
    /// The interval to show. A step that comes late begins its interval late; where a yellow or an intergreen ends with
    /// that, it lasts its time all the same, and the next green that nothing clears beside ends on time again.
    /// </summary>
    private int Interval(long nowMs, long programmeMs, out long intoMs)
    {
        int due = _programme.IntervalAt(programmeMs, out intoMs);
        if (due == _shown) return due;
        if (_shown < 0) _shownSinceMs = nowMs - intoMs;
        else if (LateMs(due, intoMs) > MostLateMs)
        {
            Leave();
            _shownSinceMs = nowMs - intoMs;
        }
        else
        {
            long lastedMs = nowMs - _shownSinceMs;
            if (_mustLast[_shown] && lastedMs < _programme.Intervals[_shown].Duration.Value)
            {
                intoMs = lastedMs;
                return _shown;
            }
            int next = (_shown + 1) % _mustLast.Length;
            if (due != next) (due, intoMs) = (next, 0);
            _shownSinceMs = nowMs;
        }
        _shown = due;
        return due;
    }

    /// <summary>How long ago the interval that is shown should have ended.</summary>
    private long LateMs(int due, long intoMs)
    {
        for (int k = (_shown + 1) % _mustLast.Length; k != due; k = (k + 1) % _mustLast.Length)
            intoMs += _programme.Intervals[k].Duration.Value;
        return intoMs;
    }

    /// <summary>True where a group's longest intergreen still runs when this interval begins.</summary>
    private bool Clears(int interval)
    {
        int n = _programme.Intervals.Length;
        for (int g = 0; g < _clearingMs.Length; g++)
        {
            long sinceMs = 0;
            int before = interval;
            while (sinceMs < _clearingMs[g] && !_programme.Intervals[before].Aspects[g].IsGreen())
            {
                before = (before + n - 1) % n;
                if (_programme.Intervals[before].Aspects[g].IsGreen()) return true;
                sinceMs += _programme.Intervals[before].Duration.Value;
            }
        }
        return false;
    }

    /// <summary>True where a group leaves yellow, or becomes green, or protected, when the next interval begins.</summary>
    private static bool ClearsWith(Interval interval, Interval next)
    {
        for (int g = 0; g < interval.Aspects.Length; g++)
        {
            Aspect before = interval.Aspects[g], after = next.Aspects[g];
            if (before is Aspect.Yellow or Aspect.RedYellow && after != before) return true;
            if (after.IsGreen() && (!before.IsGreen() || (before == Aspect.GreenYield && after == Aspect.Green))) return true;
        }
        return false;
    }

    /// <summary>True when nothing can speak against following the programme: no green begins or is upgraded.</summary>
    private static bool Leads(Aspect shown, Aspect wanted) =>
        !wanted.IsGreen() || wanted == shown || (shown == Aspect.Green && wanted == Aspect.GreenYield);

    private Aspect EndOrKeep(ConflictMonitor monitor, int g, Aspect wanted, int interval, long intoMs, long nowMs)
    {
        Aspect shown = monitor.Shown[g];
        SignalGroup group = _intersection.Groups[g];
        if (shown.IsGreen())
        {
            long missing = group.ShortestGreen.Value - monitor.GreenForMs(g, nowMs);
            if (wanted.IsGreen() && GreenLeftMs(g, interval, intoMs) >= missing)
            {
                Join(g);
                return wanted == Aspect.GreenYield ? wanted : shown;
            }
            if (missing > 0) return shown;
            return group.Yellow > Millis.Zero ? Aspect.Yellow : Aspect.Red;
        }
        if (shown == Aspect.Yellow && monitor.SinceGreenMs(g, nowMs) < group.Yellow.Value) return shown;
        if (wanted.IsGreen() || wanted is Aspect.Yellow or Aspect.RedYellow) return Aspect.Red;
        if (monitor.SinceGreenMs(g, nowMs) >= _clearingMs[g]) Join(g);
        return wanted;
    }

    private void StartOrWait(ConflictMonitor monitor, int g, Aspect wanted, int interval, long intoMs, long nowMs,
        Span<Aspect> next)
    {
        bool upgrade = next[g] == Aspect.GreenYield;
        if (upgrade ? !_inStep[g] : next[g].IsGreen() || monitor.Shown[g] == Aspect.Yellow) return;
        bool free = monitor.Cleared(g, wanted, nowMs);
        for (int other = 0; free && other < next.Length; other++)
        {
            free = _intersection.Conflicts.Compatible(g, wanted, other, next[other])
                && (next[other].IsGreen() || _intersection.Conflicts.Compatible(g, wanted, other, monitor.Shown[other]));
        }
        if (free && (upgrade || GreenLeftMs(g, interval, intoMs) >= LeastMs(g, interval)))
        {
            next[g] = wanted;
            Join(g);
        }
        else if (!upgrade && _inStep[g])
        {
            next[g] = Aspect.Red;
            _inStep[g] = false;
            _outOfStep++;
        }
    }

    private void Join(int g)
    {
        if (_inStep[g]) return;
        _inStep[g] = true;
        _outOfStep--;
    }

    /// <summary>Milliseconds for which the programme goes on showing green to a group, at most a cycle.</summary>
    private long GreenLeftMs(int g, int interval, long intoMs)
    {
        long left = -intoMs;
        for (int k = 0; k < _programme.Intervals.Length; k++)
        {
            Interval next = _programme.Intervals[(interval + k) % _programme.Intervals.Length];
            if (!next.Aspects[g].IsGreen()) return left;
            left += next.Duration.Value;
        }
        return _programme.Cycle.Value;
    }

    /// <summary>The shortest green worth beginning: the group's own, or all that the programme ever gives it.</summary>
    private long LeastMs(int g, int interval)
    {
        int first = interval;
        for (int k = 1; k < _programme.Intervals.Length; k++)
        {
            int before = (interval - k + _programme.Intervals.Length) % _programme.Intervals.Length;
            if (!_programme.Intervals[before].Aspects[g].IsGreen()) break;
            first = before;
        }
        return Math.Min(_intersection.Groups[g].ShortestGreen.Value, GreenLeftMs(g, first, 0));
    }
}
