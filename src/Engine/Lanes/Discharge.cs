using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>
/// How fast queues leave: saturation headway and start-up loss of a lane under protected green, seconds a vehicle of
/// its movements under permissive green. Saturation headway is the mean time between the fourth and the last vehicle
/// of those that stood when green began (HCM 6th ed., ch. 31: field measurement of saturation flow); vehicles that
/// came later and queues that were held up by a full exit are not counted.
/// </summary>
internal sealed class Discharge
{
    /// <summary>The first headway counted ends with this vehicle's successor.</summary>
    private const int FirstSaturated = 4;
    private const float ShortestHeadwayS = 1.2f, LongestHeadwayS = 3.5f;
    private const float PriorHeadways = 20, MemoryHeadways = 400, SureHeadways = 30;
    private const float AtStopLineM = 12, ExitFullM = 15, PermissiveMemoryS = 600;

    private readonly City _city;
    private readonly TrafficState _state;
    private readonly EngineOptions _options;
    private readonly Green[] _greens;

    private enum Showing : byte { Red, Permissive, Protected }

    /// <summary>One lane's present green and what was learned in earlier ones.</summary>
    private struct Green
    {
        public Showing Showing;
        public bool HeldUp;
        public int Queued, Crossed, Samples;
        public float FourthS, SumS;
        public float Headways, HeadwaySumS, Losses;
        public float PermissiveS, PermissiveVehicles;
        public long SinceMs;
    }

    public Discharge(City city, TrafficState state, EngineOptions options)
    {
        _city = city;
        _state = state;
        _options = options;
        _greens = new Green[city.Lanes.Length];
    }

    /// <summary>What happened at a stop line between two pictures.</summary>
    public void Step(Lane lane, ReadOnlySpan<VehicleSighting> before, ReadOnlySpan<VehicleSighting> now,
        Passage passed, long timeMs, float seconds)
    {
        ref Green green = ref _greens[lane.Index];
        Showing showing = Shown(lane, out long sinceMs);
        if (showing != green.Showing)
        {
            if (green.Showing == Showing.Protected) Learn(ref green, lane.Index);
            Begin(ref green, showing, before, sinceMs);
        }
        if (showing == Showing.Protected) Follow(ref green, lane, before, passed, timeMs, seconds);
        else if (showing == Showing.Permissive) Permissive(ref green, lane, before, passed, seconds);
    }

    private static void Begin(ref Green green, Showing showing, ReadOnlySpan<VehicleSighting> before, long sinceMs)
    {
        green.Showing = showing;
        green.SinceMs = sinceMs;
        green.Queued = Standing(before);
        green.Crossed = green.Samples = 0;
        green.SumS = 0;
        green.HeldUp = false;
    }

    private void Follow(ref Green green, Lane lane, ReadOnlySpan<VehicleSighting> before, Passage passed,
        long timeMs, float seconds)
    {
        if (green.HeldUp || green.Crossed >= green.Queued) return;
        green.HeldUp = ExitFull(lane);
        float start = (timeMs - green.SinceMs) * 0.001f - seconds;
        for (int i = 0; i < passed.Departed && green.Crossed < green.Queued; i++)
        {
            float at = start + Passage.CrossingS(before[i], seconds, 0);
            green.Crossed++;
            if (green.Crossed == FirstSaturated) green.FourthS = at;
            if (green.Crossed > FirstSaturated)
            {
                green.Samples++;
                green.SumS = at - green.FourthS;
            }
        }
    }

    private void Learn(ref Green green, int lane)
    {
        if (green.HeldUp || green.Samples < 2) return;
        float headway = green.SumS / green.Samples;
        if (headway < ShortestHeadwayS || headway > LongestHeadwayS) return;
        ref LaneState state = ref _state.Lanes[lane];
        if (green.Headways > MemoryHeadways)
        {
            green.Headways /= 2;
            green.HeadwaySumS /= 2;
        }
        green.Headways += green.Samples;
        green.HeadwaySumS += green.SumS;
        state.SaturationHeadwayS = (green.HeadwaySumS + PriorHeadways * _options.SaturationHeadwayS)
            / (green.Headways + PriorHeadways);
        state.SaturationConfidence = green.Headways / (green.Headways + SureHeadways);
        float loss = Math.Clamp(green.FourthS - FirstSaturated * state.SaturationHeadwayS, 0, 6);
        green.Losses = Math.Min(green.Losses + 1, 50);
        state.StartUpLossS += (loss - state.StartUpLossS) / (green.Losses + 5);
    }

    private void Permissive(
        ref Green green, Lane lane, ReadOnlySpan<VehicleSighting> before, Passage passed, float seconds)
    {
        bool waiting = before.Length > 0 && before[0].DistanceM < AtStopLineM;
        if ((!waiting && passed.Departed == 0) || ExitFull(lane)) return;
        if (green.PermissiveS > PermissiveMemoryS)
        {
            green.PermissiveS /= 2;
            green.PermissiveVehicles /= 2;
        }
        green.PermissiveS += seconds;
        green.PermissiveVehicles += passed.Departed;
        if (green.PermissiveVehicles < 3) return;
        foreach (int m in lane.Movements)
            _state.Movements[m].PermissiveHeadwayS = green.PermissiveS / green.PermissiveVehicles;
    }

    /// <summary>Vehicles of the standing queue at the stop line.</summary>
    private static int Standing(ReadOnlySpan<VehicleSighting> row)
    {
        int count = 0;
        float tail = 0;
        foreach (VehicleSighting v in row)
        {
            if (v.SpeedMps > 1.4f || v.DistanceM - tail > AtStopLineM) break;
            tail = v.DistanceM + (v.LengthDm == 0 ? 5 : v.LengthM);
            count++;
        }
        return count;
    }

    private bool ExitFull(Lane lane)
    {
        foreach (int m in lane.Movements)
        {
            int exit = _city.Movements[m].To;
            float tail = _state.Lanes[exit].QueueTailM;
            if (tail > 0 && tail > (float)_city.Lanes[exit].Length.Value - ExitFullM) return true;
        }
        return false;
    }

    /// <summary>What the lane shows: protected or permissive only when every movement of it has that green.</summary>
    private Showing Shown(Lane lane, out long sinceMs)
    {
        int least = (int)Aspect.Green, most = 0;
        sinceMs = 0;
        foreach (int m in lane.Movements)
        {
            ref readonly GroupState group = ref _state.Group(lane.Intersection, _city.Movements[m].Group);
            int aspect = group.Reported.IsGreen() ? (int)group.Reported : 0;
            least = Math.Min(least, aspect);
            most = Math.Max(most, aspect);
            sinceMs = Math.Max(sinceMs, group.ReportedSinceMs);
        }
        if (least == 0 || least != most) return Showing.Red;
        return least == (int)Aspect.Green ? Showing.Protected : Showing.Permissive;
    }

    public void AddTo(ref Digest digest)
    {
        foreach (ref readonly Green g in _greens.AsSpan())
        {
            digest.Add(g.SinceMs);
            digest.Add(g.Crossed + 1000 * g.Queued);
            digest.Add(g.HeadwaySumS);
            digest.Add(g.PermissiveS);
            digest.Add(g.PermissiveVehicles);
        }
    }
}
