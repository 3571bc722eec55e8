using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>One stage as it was shown: from its first instant to its last, milliseconds of the feed's clock.</summary>
public readonly record struct StageRun(short Stage, long FromMs, long ToMs, Rule Rule);

/// <summary>The last stages of every intersection, a ring of fixed size each.</summary>
internal sealed class StageLog(int intersections)
{
    public const int Kept = 96;

    private readonly StageRun[] _runs = new StageRun[intersections * Kept];
    private readonly int[] _count = new int[intersections];

    /// <summary>Takes note of what an intersection shows at the frame's time.</summary>
    public void Note(int intersection, in IntersectionFrame frame, long timeMs)
    {
        // While the signals change no stage is shown; the gap between two runs is the intergreen.
        if (frame.Stage < 0 || frame.Changing || frame.StageSinceMs > timeMs) return;
        int count = _count[intersection];
        // When the first one began nobody may know (at a start it is 0): it counts from when it is first seen.
        long from = count == 0 ? timeMs : frame.StageSinceMs;
        if (count > 0)
        {
            ref StageRun last = ref At(intersection, count - 1);
            bool same = last.Stage == frame.Stage && (last.FromMs == from || (count == 1 && from < last.FromMs));
            if (same) last = last with { ToMs = timeMs };
            if (same) return;
            if (last.ToMs > from) last = last with { ToMs = Math.Max(last.FromMs, from) };
        }
        At(intersection, count) = new StageRun(frame.Stage, from, timeMs, frame.Reason.Rule);
        _count[intersection] = count + 1;
    }

    /// <summary>The kept runs, oldest first.</summary>
    public StageRun[] Of(int intersection)
    {
        int count = _count[intersection], first = Math.Max(0, count - Kept);
        var runs = new StageRun[count - first];
        for (int i = 0; i < runs.Length; i++) runs[i] = At(intersection, first + i);
        return runs;
    }

    private ref StageRun At(int intersection, int n) => ref _runs[intersection * Kept + n % Kept];
}
