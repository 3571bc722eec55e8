using CityBrain.Model;
using CityBrain.SignalControl.Demand;

namespace CityBrain.SignalControl.MaxPressure;

/// <summary>
/// Max pressure: the stage with the most queued vehicles on the movements it serves, less those standing on the lanes
/// it feeds (Varaiya 2013, "Max pressure control of a network of signalized intersections"). A queue that discharges is
/// still a queue: whoever moves slower than <see cref="PolicyOptions.QueueSpeedMps"/> belongs to it. Queues are followed
/// along the approach through junctions without signals; vehicles of a shared lane count by their turning shares. On
/// equal pressure the present stage stays.
/// </summary>
public sealed class MaxPressurePolicy : ISignalPolicy
{
    private readonly City _city;
    private readonly PolicyOptions _options;
    private readonly Reach _reach;
    private readonly int[][][] _exits;       // by intersection and stage: exit lanes fed, each once
    private readonly float[] _queued;        // by movement, of the intersection looked at
    private readonly long[] _decidedMs, _stageSinceMs;

    public MaxPressurePolicy(City city, PolicyOptions options)
    {
        _city = city;
        _options = options;
        _reach = new Reach(city, options.QueueReachM);
        _exits = [.. city.Intersections.Select(i => i.Stages.Select(s => Exits(i, s)).ToArray())];
        _queued = new float[city.Movements.Length];
        _decidedMs = new long[city.Intersections.Length];
        _stageSinceMs = new long[city.Intersections.Length];
    }

    public string Name => "max-pressure";

    public int Choose(in IntersectionView view, ref DecisionReason reason)
    {
        int at = view.Intersection.Index, stage = view.Signal.Stage;
        reason.Rule = Rule.Pressure;
        if (!view.Signal.MayChange) return stage;
        bool newStage = _stageSinceMs[at] != view.Signal.StageSinceMs;
        if (!newStage && view.NowMs - _decidedMs[at] < _options.CadenceMs) return stage;
        _stageSinceMs[at] = view.Signal.StageSinceMs;
        _decidedMs[at] = view.NowMs;
        Count(view);
        return Highest(view, stage, ref reason);
    }

    public void AddTo(ref Digest digest)
    {
        for (int i = 0; i < _decidedMs.Length; i++)
        {
            digest.Add(_decidedMs[i]);
            digest.Add(_stageSinceMs[i]);
        }
    }

    /// <summary>Queued vehicles of each movement within reach.</summary>
    private void Count(in IntersectionView view)
    {
        foreach (int lane in view.Intersection.StopLineLanes)
        {
            float queued = 0;
            foreach (ReachLane r in _reach.Of(lane))
                foreach (VehicleSighting v in view.Traffic.SightingsOf(r.Lane))
                    if (v.SpeedMps < _options.QueueSpeedMps && r.OffsetM + v.DistanceM <= _options.QueueReachM)
                        queued += r.Share;
            foreach (int m in _city.Lanes[lane].Movements) _queued[m] = queued * TurnShares.Of(_city, view.Traffic, m);
        }
    }

    private int Highest(in IntersectionView view, int present, ref DecisionReason reason)
    {
        int best = present;
        float bestPressure = Pressure(view, present, out float bestQueue);
        for (int s = 0; s < view.Intersection.Stages.Length; s++)
        {
            if (s == present) continue;
            float pressure = Pressure(view, s, out float queue);
            bool higher = pressure > bestPressure;
            reason.Reject(higher ? best : s, -(higher ? bestPressure : pressure));
            if (higher) (best, bestPressure, bestQueue) = (s, pressure, queue);
        }
        reason.Score = -bestPressure;
        reason.QueueVehicles = bestQueue;
        return best;
    }

    private float Pressure(in IntersectionView view, int stage, out float queue)
    {
        Aspect[] aspects = view.Intersection.Stages[stage].Aspects;
        queue = 0;
        foreach (Movement m in view.Intersection.Movements)
            if (m.Turn != Turn.Crossing && aspects[m.Group].IsGreen()) queue += _queued[m.Index];
        float pressure = queue;
        foreach (int exit in _exits[view.Intersection.Index][stage]) pressure -= view.Traffic.Lanes[exit].Stopped;
        return pressure;
    }

    private static int[] Exits(Intersection at, Stage stage) =>
        [.. at.Movements.Where(m => m.Turn != Turn.Crossing && stage.Aspects[m.Group].IsGreen())
            .Select(m => m.To).Distinct()];
}
