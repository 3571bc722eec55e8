using CityBrain.Model;
using CityBrain.SignalControl.Demand;

namespace CityBrain.SignalControl.Actuated;

/// <summary>
/// Vehicle actuation: the stages in the programme's order, each extended while vehicles come within the gap and ended
/// by a gap or by its longest green; stages that nobody calls are left out. (FHWA Signal Timing Manual, 2nd ed.,
/// section 6.1: passage time, gap-out, max-out, phase skip.)
/// </summary>
public sealed class ActuatedPolicy : ISignalPolicy
{
    /// <summary>The passage point lies this many seconds of free driving upstream of the stop line.</summary>
    private const float PassageS = 2;

    /// <summary>A vehicle covers the passage point for this long a way, so that one standing on it is seen.</summary>
    private const float SpacingM = 7.5f;

    /// <summary>A vehicle this near to the stop line of a permissive green waits for the protected one.</summary>
    private const float WaitingM = 30;

    /// <summary>A lane whose vehicles mostly go where it is red does not extend the green.</summary>
    private const float LeastShare = 0.5f;

    /// <summary>A camera that says nothing for so long is not there.</summary>
    private const long CameraSilentMs = 5_000;

    private readonly City _city;
    private readonly PolicyOptions _options;
    private readonly Reach _reach;
    private readonly int[][] _order;
    private readonly int[] _position;

    public ActuatedPolicy(City city, PolicyOptions options)
    {
        _city = city;
        _options = options;
        _reach = new Reach(city, PassageS * city.Lanes.Select(l => (float)l.Limit.MetresPerSecond).DefaultIfEmpty().Max());
        _order = [.. city.Intersections.Select(Order)];
        _position = new int[city.Intersections.Length];
    }

    public string Name => "actuated";

    public int Choose(in IntersectionView view, ref DecisionReason reason)
    {
        int stage = view.Signal.Stage;
        reason.Rule = Rule.Extend;
        if (!view.Signal.MayChange) return stage;
        int next = NextCalled(view, stage, out int position);
        if (next == stage)
        {
            reason.Rule = Rule.Idle;
            return stage;
        }
        bool longest = view.NowMs - view.Signal.StageSinceMs >= _options.MaxGreenMs;
        if (!longest && Extends(view, stage, ref reason))
        {
            reason.Reject(next, 0);
            return stage;
        }
        reason.Rule = longest ? Rule.MaxOut : Rule.GapOut;
        _position[view.Intersection.Index] = position;
        return next;
    }

    public void AddTo(ref Digest digest)
    {
        foreach (int position in _position) digest.Add(position);
    }

    /// <summary>The next stage of the order that starts the green of somebody who waits; the present one if none.</summary>
    private int NextCalled(in IntersectionView view, int stage, out int position)
    {
        int[] order = _order[view.Intersection.Index];
        int at = _position[view.Intersection.Index];
        if (order[at] != stage) at = Math.Max(0, Array.IndexOf(order, stage));    // the gate decided otherwise
        for (int k = 1; k <= order.Length; k++)
        {
            position = (at + k) % order.Length;
            if (order[position] != stage && Called(view, stage, order[position])) return order[position];
        }
        position = at;
        return stage;
    }

    private bool Called(in IntersectionView view, int present, int stage)
    {
        Aspect[] now = view.Intersection.Stages[present].Aspects, then = view.Intersection.Stages[stage].Aspects;
        for (int g = 0; g < then.Length; g++)
        {
            if (!then[g].IsGreen()) continue;
            bool starts = !now[g].IsGreen(), becomesProtected = then[g] == Aspect.Green && now[g] == Aspect.GreenYield;
            if (starts && view.Traffic.Group(view.Intersection.Index, g).CallSinceMs >= 0) return true;
            if (becomesProtected && WaitsToTurn(view, g)) return true;
        }
        return false;
    }

    /// <summary>Does a vehicle stand at the stop line of the group, although its green is permissive?</summary>
    private static bool WaitsToTurn(in IntersectionView view, int group)
    {
        foreach (Movement m in view.Intersection.Movements)
        {
            if (m.Group != group || m.Turn == Turn.Crossing) continue;
            ReadOnlySpan<VehicleSighting> seen = view.Traffic.SightingsOf(m.From);
            if (seen.Length > 0 && seen[0].Stopped && seen[0].DistanceM <= WaitingM) return true;
        }
        return false;
    }

    /// <summary>
    /// Has a vehicle on a lane with green passed the passage point within the gap, as far as its place and speed tell?
    /// One that waits at the stop line to turn does not extend the green.
    /// </summary>
    private bool Extends(in IntersectionView view, int stage, ref DecisionReason reason)
    {
        Aspect[] aspects = view.Intersection.Stages[stage].Aspects;
        int coming = 0;
        foreach (int lane in view.Intersection.StopLineLanes)
        {
            if (GreenShare(view.Traffic, aspects, lane) < LeastShare) continue;
            float passageM = PassageS * (float)_city.Lanes[lane].Limit.MetresPerSecond;
            if (OnlyLoop(view, lane))
            {
                if (view.NowMs - view.Traffic.Lanes[lane].CoveredMs <= (long)(_options.GapS * 1000)) coming++;
                continue;
            }
            foreach (ReachLane r in _reach.Of(lane)) coming += Passed(view.Traffic.SightingsOf(r.Lane), r.OffsetM, passageM);
        }
        reason.ArrivalsVehicles = coming;
        return coming > 0;
    }

    /// <summary>No camera has shown the lane lately, but it has a loop at the stop line.</summary>
    private static bool OnlyLoop(in IntersectionView view, int lane) =>
        view.Traffic.Lanes[lane].CoveredMs > 0 && view.NowMs - view.Traffic.Lanes[lane].SeenMs > CameraSilentMs;

    private int Passed(ReadOnlySpan<VehicleSighting> seen, float offsetM, float passageM)
    {
        int passed = 0;
        foreach (VehicleSighting v in seen)
        {
            float atM = offsetM + v.DistanceM;
            if (atM <= passageM && atM > passageM - SpacingM - _options.GapS * v.SpeedMps) passed++;
        }
        return passed;
    }

    private float GreenShare(TrafficState traffic, Aspect[] aspects, int lane)
    {
        float share = 0;
        foreach (int m in _city.Lanes[lane].Movements)
            if (aspects[_city.Movements[m].Group].IsGreen()) share += TurnShares.Of(_city, traffic, m);
        return share;
    }

    /// <summary>Stages in the order of the programme; all of them in file order where there is none.</summary>
    private static int[] Order(Intersection at)
    {
        var order = new List<int>();
        foreach (Interval v in at.Programme?.Intervals ?? [])
            if (v.Stage >= 0 && (order.Count == 0 || order[^1] != v.Stage)) order.Add(v.Stage);
        if (order.Count > 1 && order[^1] == order[0]) order.RemoveAt(order.Count - 1);
        return order.Count > 0 ? [.. order] : [.. at.Stages.Select(s => s.Index)];
    }
}
