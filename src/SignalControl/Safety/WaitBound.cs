using CityBrain.Model;
using CityBrain.SignalControl.Timings;

namespace CityBrain.SignalControl.Safety;

/// <summary>
/// Holds every movement with a caller to a longest wait without taking more from the policy than that needs. Callers
/// are put in order of their deadlines (earliest deadline first, Liu and Layland 1973); a wish is granted as long as,
/// after it and its shortest green, a chain of stages of shortest greens would still serve everyone in time. Only when
/// it would not does the first stage of that chain go before the wish.
/// </summary>
internal sealed class WaitBound(int maxGroups, int tickMs)
{
    private readonly int[] _groups = new int[Math.Max(1, maxGroups)];
    private readonly long[] _deadlinesMs = new long[Math.Max(1, maxGroups)];
    private readonly bool[] _covered = new bool[Math.Max(1, maxGroups)];
    private Intersection _at = null!;
    private StageTimes _times = null!;
    private int _skipped;
    private int _first;

    /// <summary>Callers now waiting at the intersection looked at.</summary>
    public int Waiting { get; private set; }

    /// <summary>The group that has waited longest, or -1, and since when.</summary>
    public int LongestGroup => Waiting == 0 ? -1 : _groups[0];
    public long LongestSinceMs => Waiting == 0 ? 0 : _deadlinesMs[0] - _at.Limits.MaxWait.Value;

    /// <summary>Looks at an intersection: who waits, in order of deadline. A stage skipped serves nobody.</summary>
    public void Look(Intersection at, StageTimes times, StageRunner runner, TrafficState traffic, int skipped)
    {
        _at = at;
        _times = times;
        _skipped = skipped;
        Waiting = 0;
        for (int g = 0; g < at.Groups.Length; g++)
        {
            long call = traffic.Group(at.Index, g).CallSinceMs;
            if (call < 0 || runner.IsGreen(g)) continue;
            if (runner.Changing && at.Stages[runner.Stage].Aspects[g].IsGreen()) continue;
            if (!CanServe(g)) continue;
            Insert(g, Math.Max(call, runner.GreenEndMs(g)) + at.Limits.MaxWait.Value);
        }
    }

    /// <summary>
    /// The stage to go to: the wish (the present stage or the next one on the way) if everyone can still be served in
    /// time after it, else the stage whose turn it is.
    /// </summary>
    public int Decide(int present, int wish, long nowMs)
    {
        if (Waiting == 0) return wish;
        long leaveMs = wish == present
            ? nowMs + tickMs
            : nowMs + _times.ChangeMs(present, wish) + _times.ShortestMs(wish);
        if (Feasible(wish, leaveMs) && (wish == present || InTime(wish, nowMs + _times.ChangeMs(present, wish))))
            return wish;
        return First(present, nowMs);
    }

    /// <summary>
    /// When a green has lasted the longest time and a caller of a conflicting group waits: the stage that serves the
    /// first such caller and ends the green, else -1.
    /// </summary>
    public int MaxOut(StageRunner runner, int wish, long nowMs)
    {
        for (int k = 0; k < Waiting; k++)
            for (int g = 0; g < _at.Groups.Length; g++)
            {
                if (!runner.IsGreen(g) || !_at.Conflicts.Conflicts(g, _groups[k])) continue;
                if (nowMs - runner.SinceMs(g) < _at.Limits.MaxGreen.Value) continue;
                if (Ends(wish, g)) return wish;
                foreach (int s in _times.Serving(_groups[k]))
                    if (s != _skipped && Ends(s, g) && _times.Hop(runner.Stage, s) >= 0) return s;
            }
        return -1;
    }

    private bool Ends(int stage, int group) => !_at.Stages[stage].Aspects[group].IsGreen();

    private bool CanServe(int group)
    {
        foreach (int s in _times.Serving(group))
            if (s != _skipped) return true;
        return false;
    }

    private void Insert(int group, long deadlineMs)
    {
        int at = Waiting++;
        for (; at > 0 && _deadlinesMs[at - 1] > deadlineMs; at--)
        {
            _groups[at] = _groups[at - 1];
            _deadlinesMs[at] = _deadlinesMs[at - 1];
        }
        _groups[at] = group;
        _deadlinesMs[at] = deadlineMs;
    }

    /// <summary>The first stage of the chain that serves everyone by deadline, begun now.</summary>
    private int First(int present, long nowMs)
    {
        Feasible(present, nowMs);
        return _first < 0 ? present : _first;
    }

    /// <summary>Can all callers be served in time when the stage may be left at the instant given?</summary>
    private bool Feasible(int stage, long leaveMs) =>
        InTime(stage, leaveMs, nearest: false) || InTime(stage, leaveMs, nearest: true);

    /// <summary>The same for one way to choose stages; notes the first one.</summary>
    private bool InTime(int stage, long leaveMs, bool nearest)
    {
        _first = -1;
        for (int k = 0; k < Waiting; k++) _covered[k] = !Ends(stage, _groups[k]);
        bool inTime = true;
        for (int k = 0; k < Waiting; k++)
        {
            if (_covered[k]) continue;
            int next = Next(stage, _groups[k], nearest);
            if (next < 0) continue;
            if (_first < 0) _first = next;
            long greensMs = leaveMs + _times.ReachMs(stage, next);
            inTime &= greensMs <= _deadlinesMs[k];
            for (int j = k; j < Waiting; j++) _covered[j] |= !Ends(next, _groups[j]);
            leaveMs = greensMs + _times.ShortestMs(next);
            stage = next;
        }
        return inTime;
    }

    /// <summary>Would the callers that the stage serves get their green in time?</summary>
    private bool InTime(int stage, long greensMs)
    {
        for (int k = 0; k < Waiting && _deadlinesMs[k] < greensMs; k++)
            if (!Ends(stage, _groups[k])) return false;
        return true;
    }

    /// <summary>
    /// Of the stages that serve the group, the one that serves the next callers in order of deadline, the nearest of
    /// equals; or the nearest one, that a new caller does not change.
    /// </summary>
    private int Next(int from, int group, bool nearest)
    {
        int best = -1, bestMs = 0;
        foreach (int s in _times.Serving(group))
        {
            int ms = _times.ReachMs(from, s);
            if (s == _skipped || ms >= StageTimes.Never) continue;
            int order = best < 0 ? 1 : Order(s, best), sooner = bestMs.CompareTo(ms);
            bool better = nearest && best >= 0 ? sooner > 0 || (sooner == 0 && order > 0)
                : order > 0 || (order == 0 && sooner > 0);
            if (better) (best, bestMs) = (s, ms);
        }
        return best;
    }

    /// <summary>Above 0 if stage a serves the first caller, by deadline, that only one of the two serves.</summary>
    private int Order(int a, int b)
    {
        for (int k = 0; k < Waiting; k++)
        {
            if (_covered[k] || Ends(a, _groups[k]) == Ends(b, _groups[k])) continue;
            return Ends(b, _groups[k]) ? 1 : -1;
        }
        return 0;
    }
}
