using CityBrain.Model;

namespace CityBrain.SignalControl.Fixed;

/// <summary>
/// The intersection's own programme by the clock, with its cycle, offset and splits: each green ends when the programme
/// ends it, and the gate puts the change into the time up to the next. Without a programme every stage has its turn
/// with the same split.
/// </summary>
public sealed class FixedPolicy : ISignalPolicy
{
    private readonly int _splitMs;
    private readonly int[][] _stageByInterval;

    public FixedPolicy(City city, PolicyOptions options)
    {
        _splitMs = options.DefaultSplitMs;
        _stageByInterval = [.. city.Intersections.Select(StageByInterval)];
    }

    public string Name => "fixed";

    public int Choose(in IntersectionView view, ref DecisionReason reason)
    {
        reason.Rule = Rule.Programme;
        Intersection at = view.Intersection;
        int[] stages = _stageByInterval[at.Index];
        if (at.Programme is not { } programme || stages.Length == 0)
            return (int)(view.NowMs / _splitMs % at.Stages.Length);
        return stages[programme.IntervalAt(view.NowMs, out _)];
    }

    public void AddTo(ref Digest digest)
    {
        // Remembers nothing: the clock says it all.
    }

    /// <summary>The stage to show or change to in each interval: the next one while the programme changes.</summary>
    private static int[] StageByInterval(Intersection at)
    {
        Interval[] intervals = at.Programme?.Intervals ?? [];
        if (!intervals.Any(v => v.Stage >= 0)) return [];
        var stages = new int[intervals.Length];
        for (int i = 0; i < stages.Length; i++)
        {
            int k = i;
            while (intervals[k].Stage < 0) k = (k + 1) % stages.Length;
            stages[i] = intervals[k].Stage;
        }
        return stages;
    }
}
