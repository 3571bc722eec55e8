using CityBrain.Model;

namespace CityBrain.SignalControl.Safety;

/// <summary>
/// Shows one intersection's stage and runs the change to the next. A change begins with yellow for every group that
/// ends; all groups that start do so together, when the last yellow is over and every intergreen from a group that
/// ended to one that starts has run. Groups green before and after stay as they are until then. All times are instants
/// of ticks: what a tick shows lasts until the next one.
/// </summary>
internal sealed class StageRunner
{
    private readonly Intersection _intersection;
    private readonly Aspect[] _shown;
    private readonly long[] _sinceMs;      // begin of the aspect; from one green to the other it runs on
    private readonly long[] _greenEndMs;

    public StageRunner(Intersection intersection)
    {
        _intersection = intersection;
        int groups = intersection.Groups.Length;
        _shown = new Aspect[groups];
        _sinceMs = new long[groups];
        _greenEndMs = new long[groups];
    }

    /// <summary>The stage shown, or the one being changed to.</summary>
    public int Stage { get; private set; }
    public int PreviousStage { get; private set; }
    /// <summary>Begin of the stage's greens; while changing, when they will begin.</summary>
    public long StageSinceMs { get; private set; }
    public bool Changing { get; private set; }
    public ReadOnlySpan<Aspect> Shown => _shown;

    public bool IsGreen(int group) => _shown[group].IsGreen();
    public long SinceMs(int group) => _sinceMs[group];
    /// <summary>Instant at which the group's last green ended; for a group adopted red, when it was first seen so.</summary>
    public long GreenEndMs(int group) => _greenEndMs[group];

    /// <summary>Goes on from what the controller shows; stage is the one that shows it, or -1.</summary>
    public void Adopt(ReadOnlySpan<Aspect> shown, ReadOnlySpan<long> sinceMs, int stage)
    {
        shown.CopyTo(_shown);
        sinceMs.CopyTo(_sinceMs);
        sinceMs.CopyTo(_greenEndMs);
        Changing = false;
        Stage = PreviousStage = stage;
        StageSinceMs = 0;
        for (int g = 0; g < _shown.Length; g++)
            if (_shown[g].IsGreen()) StageSinceMs = Math.Max(StageSinceMs, sinceMs[g]);
    }

    /// <summary>Milliseconds until every green shown has lasted its shortest time; 0 when a change may begin.</summary>
    public long MinGreenLeftMs(long nowMs)
    {
        long left = 0;
        for (int g = 0; g < _shown.Length; g++)
            if (_shown[g].IsGreen())
                left = Math.Max(left, _sinceMs[g] + _intersection.Groups[g].ShortestGreen.Value - nowMs);
        return left;
    }

    /// <summary>
    /// Begins the change to a stage: yellow now for what ends. <see cref="Advance"/> goes on with it in the same tick, and
    /// shows the stage at once where nothing ends.
    /// </summary>
    public void Begin(int stage, long nowMs)
    {
        Aspect[] next = _intersection.Stages[stage].Aspects;
        for (int g = 0; g < _shown.Length; g++)
            if (_shown[g].IsGreen() && !next[g].IsGreen())
                Set(g, _intersection.Groups[g].Yellow.Value > 0 ? Aspect.Yellow : Aspect.Red, nowMs);
        PreviousStage = Stage;
        Stage = stage;
        Changing = true;
        StageSinceMs = Math.Max(nowMs, EarliestGreens(next));
    }

    /// <summary>Goes on with a change: yellows that are over turn red; at its time the stage begins.</summary>
    public void Advance(long nowMs, bool boxClear)
    {
        if (!Changing) return;
        for (int g = 0; g < _shown.Length; g++)
            if (_shown[g] == Aspect.Yellow && nowMs >= _sinceMs[g] + _intersection.Groups[g].Yellow.Value)
                Set(g, Aspect.Red, nowMs);
        if (nowMs < StageSinceMs || !boxClear) return;
        Aspect[] next = _intersection.Stages[Stage].Aspects;
        for (int g = 0; g < _shown.Length; g++) Set(g, next[g], nowMs);
        StageSinceMs = nowMs;
        Changing = false;
    }

    /// <summary>The first instant at which every green of the stage may be shown.</summary>
    private long EarliestGreens(Aspect[] next)
    {
        long at = long.MinValue;
        for (int ended = 0; ended < _shown.Length; ended++)
        {
            if (_shown[ended].IsGreen()) continue;
            if (_shown[ended] == Aspect.Yellow)
                at = Math.Max(at, _sinceMs[ended] + _intersection.Groups[ended].Yellow.Value);
            for (int g = 0; g < _shown.Length; g++)
                if (Begins(_shown[g], next[g]))
                    at = Math.Max(at, _greenEndMs[ended] + _intersection.Intergreens.Ms(ended, g));
        }
        return at;
    }

    /// <summary>A green begins, or a permissive one becomes protected.</summary>
    private static bool Begins(Aspect shown, Aspect next) =>
        next.IsGreen() && (!shown.IsGreen() || (shown == Aspect.GreenYield && next == Aspect.Green));

    private void Set(int g, Aspect next, long nowMs)
    {
        Aspect shown = _shown[g];
        if (shown == next) return;
        if (shown.IsGreen() && !next.IsGreen()) _greenEndMs[g] = nowMs;
        if (shown.IsGreen() != next.IsGreen() || !next.IsGreen()) _sinceMs[g] = nowMs;
        _shown[g] = next;
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(Stage);
        digest.Add(PreviousStage);
        digest.Add(StageSinceMs);
        digest.Add(Changing ? 1 : 0);
        for (int g = 0; g < _shown.Length; g++)
        {
            digest.Add((int)_shown[g]);
            digest.Add(_sinceMs[g]);
            digest.Add(_greenEndMs[g]);
        }
    }
}
