using CityBrain.Model;

namespace CityBrain.SignalControl.Safety;

/// <summary>
/// Tells whether the greens of the next stage would meet somebody who is still in the junction box: a vehicle that
/// stands there, has not passed the point that the network marks for it to give way (it would give way there to
/// whoever starts now, and several such ways wait for each other for good: docs/decisions/0010, "The cure"), or has
/// moved off and will not be out in time. One past that point that drives through is not waited for, nor one whose own
/// green comes or stays.
/// </summary>
internal static class BoxClearance
{
    /// <summary>Acceleration of a vehicle that has moved off, m/s².</summary>
    private const float AccelerationMps2 = 2;

    /// <summary>Is the way clear for the greens that begin with the stage the runner changes to?</summary>
    public static bool IsClear(City city, Intersection at, StageRunner runner, TrafficState traffic, GateOptions options,
        long nowMs)
    {
        Aspect[] next = at.Stages[runner.Stage].Aspects;
        foreach (Movement m in at.Movements)
            if (InTheWay(at, runner, next, m.Group) && !HasLeft(city, m, traffic, options, nowMs)) return false;
        return true;
    }

    /// <summary>Neither green now nor in the next stage, and crossed by a green that begins with it.</summary>
    private static bool InTheWay(Intersection at, StageRunner runner, Aspect[] next, int group)
    {
        if (runner.IsGreen(group) || next[group].IsGreen()) return false;
        for (int g = 0; g < next.Length; g++)
            if (next[g].IsGreen() && !runner.IsGreen(g) && at.Conflicts.Conflicts(group, g)) return true;
        return false;
    }

    private static bool HasLeft(City city, Movement movement, TrafficState traffic, GateOptions options, long nowMs)
    {
        float beyondM = 0;
        for (int k = movement.Via.Length - 1; k >= 0; k--)
        {
            int lane = movement.Via[k];
            bool seen = nowMs - traffic.Lanes[lane].SeenMs <= options.BoxSeenMs, givesWay = k < movement.Via.Length - 1;
            if (seen && !IsClear(lane, beyondM, givesWay, traffic, options)) return false;
            beyondM += (float)city.Lanes[lane].Length.Value;
        }
        return true;
    }

    /// <summary>One lane, whose end is so far from the end of the box.</summary>
    private static bool IsClear(int lane, float beyondM, bool givesWay, TrafficState traffic, GateOptions options)
    {
        if (traffic.Lanes[lane].Stopped > 0) return false;
        foreach (VehicleSighting v in traffic.SightingsOf(lane))
            if (givesWay || (v.SpeedMps < options.BoxPassMps
                && LeavesInS(beyondM + v.DistanceM, v.SpeedMps) > options.BoxLeaveS))
                return false;
        return true;
    }

    private static float LeavesInS(float distanceM, float speedMps) =>
        (MathF.Sqrt(speedMps * speedMps + 2 * AccelerationMps2 * distanceM) - speedMps) / AccelerationMps2;
}
