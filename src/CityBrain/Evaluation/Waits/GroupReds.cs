using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>When one signal group was not green: red, yellow or red-and-yellow.</summary>
internal sealed class GroupReds
{
    private readonly List<(long FromMs, long ToMs)> _over = [];
    private long _sinceMs = -1;

    /// <summary>The group shows this from now on. A head that blinks or is dark stops nobody.</summary>
    public void Show(Aspect aspect, long nowMs)
    {
        bool free = aspect.IsGreen() || aspect is Aspect.Blinking or Aspect.Off;
        if (!free && _sinceMs < 0) _sinceMs = nowMs;
        if (!free || _sinceMs < 0) return;
        _over.Add((_sinceMs, nowMs));
        _sinceMs = -1;
    }

    /// <summary>Instant since which it has not been green, -1 while it is.</summary>
    public long SinceMs => _sinceMs;

    /// <summary>
    /// Of somebody who began to stand at <paramref name="fromMs"/>, stood until <paramref name="toMs"/> and was there
    /// until <paramref name="leftMs"/>: the longest time at one red, and its end. A queue that creeps on at red waits on.
    /// </summary>
    public (long WaitMs, long UntilMs) Longest(long fromMs, long toMs, long leftMs)
    {
        (long WaitMs, long UntilMs) longest = (0, leftMs);
        for (int i = _over.Count - 1; i >= 0 && _over[i].ToMs > fromMs; i--) Take(_over[i], ref longest);
        if (_sinceMs >= 0) Take((_sinceMs, long.MaxValue), ref longest);
        return longest;

        void Take((long FromMs, long ToMs) red, ref (long WaitMs, long UntilMs) best)
        {
            if (red.FromMs > toMs) return;
            long until = Math.Min(red.ToMs, leftMs), wait = until - Math.Max(red.FromMs, fromMs);
            if (wait > best.WaitMs) best = (wait, until);
        }
    }
}
