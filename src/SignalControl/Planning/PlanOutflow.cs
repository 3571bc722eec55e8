using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>Runs the chosen plan once more and notes what it sends where, for the neighbours.</summary>
public sealed class PlanOutflow(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS)
{
    private readonly QueueModel _queues = new(settings, maxWidth, maxStages, maxChangeS);
    private readonly float[] _state = new float[2 * maxWidth + PlanScene.LimitedExits];
    private readonly PlanStep[] _steps = new PlanStep[32];

    public void Project(JunctionModel junction, JunctionMemory memory, PlanScene scene, StageSearch search,
        int stage, int age, long nowMs)
    {
        _queues.Attach(scene, junction);
        _queues.Begin(_state);
        int steps = search.Best(_steps), h = scene.HorizonS, t = 0, before = stage;
        Array.Clear(memory.ExitFlow);
        for (int k = 0; k <= steps; k++)
        {
            int end = k < steps ? _steps[k].SwitchS : h;
            for (; t < end; t++, age++)
            {
                _queues.GreenSecond(_state, stage, before, age, t);
                Note(junction, memory, scene, stage, t);
            }
            if (k == steps) break;
            int next = _steps[k].Stage, green = Math.Min(h, t + junction.ChangeS[stage * junction.Stages + next]);
            for (int into = 0; t < green; t++, into++)
            {
                _queues.ChangeSecond(_state, stage, next, into, t);
                Note(junction, memory, scene, stage, t);
            }
            before = stage;
            stage = next;
            age = 0;
        }
        memory.PlanMs = nowMs;
    }

    private void Note(JunctionModel junction, JunctionMemory memory, PlanScene scene, int stage, int t)
    {
        int stride = scene.HorizonS + 1;
        ReadOnlySpan<float> served = _queues.LastServed;
        for (int r = 0; r < junction.LaneRows; r++)
        {
            memory.RowFlow[r * stride + t] = served[r];
            if (served[r] <= 0) continue;
            RowLink[] links = junction.Links[r];
            float open = 0;
            for (int k = 0; k < links.Length; k++)
                if (Goes(junction.AspectOf(stage, links[k]))) open += memory.Share[r][k];
            if (open <= 0) continue;
            for (int k = 0; k < links.Length; k++)
                if (Goes(junction.AspectOf(stage, links[k])))
                    memory.ExitFlow[links[k].Exit * stride + t] += served[r] * memory.Share[r][k] / open;
        }
    }

    private static bool Goes(Aspect aspect) => aspect.IsGreen() || aspect == Aspect.StopThenGo;
}
