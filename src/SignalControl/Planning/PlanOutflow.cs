using System.Numerics;
using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>Runs the chosen plan once more and notes what it sends where, for the neighbours.</summary>
public sealed class PlanOutflow(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS)
{
    private readonly QueueModel _queues = new(settings, maxWidth, maxStages, maxChangeS);
    private readonly float[] _state = new float[2 * maxWidth + PlanScene.LimitedExits];
    private readonly PlanStep[] _steps = new PlanStep[32];
    private readonly float[] _open = new float[maxWidth];
    private readonly ulong[] _goes = new ulong[maxWidth];

    public void Project(JunctionModel junction, JunctionMemory memory, PlanScene scene, StageSearch search,
        int stage, int age, long nowMs)
    {
        _queues.Attach(scene, junction);
        _queues.Begin(_state);
        int steps = search.Best(_steps), h = scene.HorizonS, t = 0, before = stage;
        Array.Clear(memory.ExitFlow);
        for (int k = 0; k <= steps; k++)
        {
            Open(junction, memory, stage);
            int end = k < steps ? _steps[k].SwitchS : h;
            for (; t < end; t++, age++)
            {
                _queues.GreenSecond(_state, stage, before, age, t);
                Note(junction, memory, scene, t);
            }
            if (k == steps) break;
            int next = _steps[k].Stage, green = Math.Min(h, t + junction.ChangeS[stage * junction.Stages + next]);
            for (int into = 0; t < green; t++, into++)
            {
                _queues.ChangeSecond(_state, stage, next, into, t);
                Note(junction, memory, scene, t);
            }
            before = stage;
            stage = next;
            age = 0;
        }
        memory.PlanMs = nowMs;
    }

    /// <summary>What each row lets go in a stage: the sum of its open shares, and which links are open.</summary>
    private void Open(JunctionModel junction, JunctionMemory memory, int stage)
    {
        for (int r = 0; r < junction.LaneRows; r++)
        {
            RowLink[] links = junction.Links[r];
            _open[r] = 0;
            _goes[r] = 0;
            for (int k = 0; k < links.Length; k++)
            {
                if (!Goes(junction.AspectOf(stage, links[k]))) continue;
                _open[r] += memory.Share[r][k];
                _goes[r] |= 1UL << k;
            }
        }
    }

    private void Note(JunctionModel junction, JunctionMemory memory, PlanScene scene, int t)
    {
        int stride = scene.HorizonS + 1;
        ReadOnlySpan<float> served = _queues.LastServed;
        for (int r = 0; r < junction.LaneRows; r++)
        {
            memory.RowFlow[r * stride + t] = served[r];
            if (served[r] <= 0 || _open[r] <= 0) continue;
            RowLink[] links = junction.Links[r];
            for (ulong goes = _goes[r]; goes != 0; goes &= goes - 1)
            {
                int k = BitOperations.TrailingZeroCount(goes);
                memory.ExitFlow[links[k].Exit * stride + t] += served[r] * memory.Share[r][k] / _open[r];
            }
        }
    }

    private static bool Goes(Aspect aspect) => aspect.IsGreen() || aspect == Aspect.StopThenGo;
}
