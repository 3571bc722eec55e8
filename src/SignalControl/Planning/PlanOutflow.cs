using System.Numerics;
using System.Runtime.Intrinsics;
using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>Runs the chosen plan once more and notes what it sends where, for the neighbours.</summary>
public sealed class PlanOutflow(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS, int maxSlots = 0)
{
    private readonly QueueModel _queues = new(settings, maxWidth, maxStages, maxChangeS);
    private readonly float[] _state = new float[2 * maxWidth + PlanScene.LimitedExits + 2 * maxSlots];
    private readonly PlanStep[] _steps = new PlanStep[32];
    private Leg _leg;
    private readonly float[] _open = new float[maxWidth];
    private readonly ulong[] _goes = new ulong[maxWidth];

    public void Project(JunctionModel junction, JunctionMemory memory, PlanScene scene, StageSearch search,
        int stage, int age, int before, long nowMs)
    {
        _queues.Attach(scene, junction);
        _queues.Begin(_state);
        int steps = search.Best(_steps), h = scene.HorizonS, t = 0;
        Array.Clear(memory.ExitFlow);
        for (int k = 0; k <= steps; k++)
        {
            Open(junction, memory, stage);
            int end = k < steps ? _steps[k].SwitchS : h;
            _queues.Stay(ref _leg, stage, before, age, t, end);
            _queues.Follow(_state, _state, ref _leg);
            before = stage;
            if (k < steps)
            {
                stage = _steps[k].Stage;
                _queues.Switch(ref _leg, before, stage, end);
                _queues.Follow(_state, _state, ref _leg);
            }
            Note(junction, memory, h + 1, t, _leg.End);
            t = _leg.End;
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

    /// <summary>What each row sends in the seconds of a stage and of the change after it, and where it goes.</summary>
    private void Note(JunctionModel junction, JunctionMemory memory, int stride, int from, int end)
    {
        for (int t = from; t < end; t++)
        {
            ReadOnlySpan<float> served = _queues.Served(t);
            for (int r = 0; r < junction.LaneRows; r++) memory.RowFlow[r * stride + t] = served[r];
        }
        for (int r = 0; r < junction.LaneRows; r++)
        {
            if (_open[r] <= 0) continue;
            ReadOnlySpan<float> flow = memory.RowFlow.AsSpan(r * stride + from, end - from);
            RowLink[] links = junction.Links[r];
            for (ulong goes = _goes[r]; goes != 0; goes &= goes - 1)
            {
                int k = BitOperations.TrailingZeroCount(goes);
                Span<float> exit = memory.ExitFlow.AsSpan(links[k].Exit * stride + from, end - from);
                Send(flow, exit, memory.Share[r][k], _open[r]);
            }
        }
    }

    /// <summary>Adds the share of a flow that is meant for an exit.</summary>
    private static void Send(ReadOnlySpan<float> flow, Span<float> exit, float share, float open)
    {
        int t = 0;
        for (; t <= flow.Length - Vector256<float>.Count; t += Vector256<float>.Count)
            (Vector256.LoadUnsafe(in exit[t]) + Vector256.LoadUnsafe(in flow[t]) * share / open)
                .StoreUnsafe(ref exit[t]);
        for (; t < flow.Length; t++) exit[t] += flow[t] * share / open;
    }

    private static bool Goes(Aspect aspect) => aspect.IsGreen() || aspect == Aspect.StopThenGo;
}
