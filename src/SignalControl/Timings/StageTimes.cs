using CityBrain.Model;

namespace CityBrain.SignalControl.Timings;

/// <summary>
/// How long the changes of one intersection take, from its data: made once, then only read. Durations are rounded up
/// to whole ticks, because what a tick shows lasts until the next one.
/// </summary>
public sealed class StageTimes
{
    /// <summary>Longer than any time that occurs: the stage cannot be reached.</summary>
    public const int Never = int.MaxValue / 4;

    private readonly int _stages;
    private readonly int[] _changeMs, _reachMs, _hop, _shortestMs;
    private readonly int[][] _serving;

    public StageTimes(Intersection intersection, int tickMs)
    {
        _stages = intersection.Stages.Length;
        _changeMs = new int[_stages * _stages];
        _reachMs = new int[_stages * _stages];
        _hop = new int[_stages * _stages];
        _shortestMs = [.. intersection.Stages.Select(s => Math.Max(tickMs, Round(Shortest(intersection, s), tickMs)))];
        _serving = [.. intersection.Groups.Select(g =>
            intersection.Stages.Where(s => s.Aspects[g.Index].IsGreen()).Select(s => s.Index).ToArray())];
        for (int a = 0; a < _stages; a++)
            for (int b = 0; b < _stages; b++) SetDirect(intersection, a, b, tickMs);
        FollowChains();
    }

    /// <summary>From the first yellow of stage a to the greens of stage b, were b to follow at once.</summary>
    public int ChangeMs(int a, int b) => _changeMs[a * _stages + b];

    /// <summary>The same by the quickest chain of stages that may follow each other, each as short as it may be.</summary>
    public int ReachMs(int a, int b) => _reachMs[a * _stages + b];

    /// <summary>The stage to show next on the way from a to b; -1 when there is no way.</summary>
    public int Hop(int a, int b) => _hop[a * _stages + b];

    /// <summary>Shortest time for which the stage can be shown when all its greens begin with it; at least a tick.</summary>
    public int ShortestMs(int stage) => _shortestMs[stage];

    /// <summary>Stages in which the group is green.</summary>
    public ReadOnlySpan<int> Serving(int group) => _serving[group];

    private void SetDirect(Intersection intersection, int a, int b, int tickMs)
    {
        int at = a * _stages + b;
        _changeMs[at] = a == b ? 0 : Round(Change(intersection, a, b), tickMs);
        bool may = intersection.Stages[a].MayBeFollowedBy[b];
        _reachMs[at] = may ? _changeMs[at] : Never;
        _hop[at] = may ? b : -1;
    }

    /// <summary>Quickest chains (Floyd 1962); on equal times the direct way stays.</summary>
    private void FollowChains()
    {
        for (int via = 0; via < _stages; via++)
            for (int a = 0; a < _stages; a++)
                for (int b = 0; b < _stages; b++)
                {
                    if (via == a || via == b) continue;
                    long ms = (long)ReachMs(a, via) + _shortestMs[via] + ReachMs(via, b);
                    if (ms >= ReachMs(a, b) || ms >= Never) continue;
                    _reachMs[a * _stages + b] = (int)ms;
                    _hop[a * _stages + b] = Hop(a, via);
                }
    }

    private static long Change(Intersection intersection, int a, int b)
    {
        Aspect[] now = intersection.Stages[a].Aspects, next = intersection.Stages[b].Aspects;
        long ms = 0;
        for (int e = 0; e < now.Length; e++)
        {
            if (!now[e].IsGreen() || next[e].IsGreen()) continue;
            ms = Math.Max(ms, intersection.Groups[e].Yellow.Value);
            for (int s = 0; s < next.Length; s++)
                if (next[s].IsGreen() && (now[s] != next[s]))
                    ms = Math.Max(ms, intersection.Intergreens.Ms(e, s));
        }
        return ms;
    }

    private static long Shortest(Intersection intersection, Stage stage)
    {
        long ms = 0;
        for (int g = 0; g < stage.Aspects.Length; g++)
            if (stage.Aspects[g].IsGreen()) ms = Math.Max(ms, intersection.Groups[g].ShortestGreen.Value);
        return ms;
    }

    private static int Round(long ms, int tickMs) => (int)Math.Min(Never - 1, (ms + tickMs - 1) / tickMs * tickMs);
}
