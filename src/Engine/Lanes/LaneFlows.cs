using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>
/// What successive pictures of a lane say about its traffic: outflow, flow, arrivals, speed, occupancy and free speed.
/// Means are exponential in event time, with weight dt / (tau + dt) for a step of dt.
/// </summary>
internal sealed class LaneFlows
{
    private const float OutflowTauS = 10, FlowTauS = 120, SpeedTauS = 60, FreeTauS = 300;
    /// <summary>Pictures further apart than this are not compared, seconds.</summary>
    private const float LongestStepS = 3;
    /// <summary>A vehicle drives freely with this much clear road ahead of it, metres.</summary>
    private const float FreeGapM = 60;

    private readonly City _city;
    private readonly TrafficState _state;
    private readonly VehicleSighting[] _before;
    private readonly int[] _beforeCount;
    private readonly long[] _beforeMs;
    private readonly bool[] _counted;
    private readonly Discharge _discharge;
    private readonly TurnCounts _turns;

    public LaneFlows(City city, TrafficState state, Discharge discharge, TurnCounts turns)
    {
        _city = city;
        _state = state;
        _discharge = discharge;
        _turns = turns;
        _before = new VehicleSighting[state.Sightings.Length];
        _beforeCount = new int[city.Lanes.Length];
        _beforeMs = new long[city.Lanes.Length];
        _counted = new bool[city.Lanes.Length];
        foreach (Detector d in city.Detectors)
            if (d.Kind == DetectorKind.Loop) _counted[d.Lane] = true;
    }

    /// <summary>The lane's row was replaced by a picture of this zone.</summary>
    public void Update(Detector zone, long timeMs)
    {
        int lane = zone.Lane;
        ReadOnlySpan<VehicleSighting> now = _state.SightingsOf(lane);
        Span<VehicleSighting> row = _before.AsSpan(
            lane * TrafficState.SightingsPerLane, TrafficState.SightingsPerLane);
        float seconds = (timeMs - _beforeMs[lane]) * 0.001f;
        if (_beforeMs[lane] != 0 && seconds > 0 && seconds <= LongestStepS)
            Compare(zone, row[.._beforeCount[lane]], now, seconds, timeMs);
        now.CopyTo(row);
        _beforeCount[lane] = now.Length;
        _beforeMs[lane] = timeMs;
    }

    private void Compare(Detector zone, ReadOnlySpan<VehicleSighting> before, ReadOnlySpan<VehicleSighting> now,
        float seconds, long timeMs)
    {
        Lane lane = _city.Lanes[zone.Lane];
        float from = (float)zone.At.Value, to = from + (float)zone.Reach.Value;
        Passage passed = Passage.Between(before, now, seconds, from, to);
        ref LaneState state = ref _state.Lanes[lane.Index];
        float perS = passed.Departed / seconds;
        Toward(ref state.OutflowPerS, perS, seconds, OutflowTauS);
        Toward(ref state.ArrivalsVph, passed.Arrived / seconds * 3600, seconds, FlowTauS);
        if (!_counted[lane.Index]) Toward(ref state.FlowVph, perS * 3600, seconds, FlowTauS);
        Speeds(ref state, lane, now, seconds, to - from);
        if (lane.Intersection >= 0) _discharge.Step(lane, before, now, passed, timeMs, seconds);
        if (lane.BoxOf >= 0) _turns.Count(lane.Index, now, seconds);
    }

    private void Speeds(
        ref LaneState state, Lane lane, ReadOnlySpan<VehicleSighting> now, float seconds, float zoneM)
    {
        float speed = 0, length = 0, free = 0, ahead = float.NegativeInfinity;
        int freely = 0;
        foreach (VehicleSighting v in now)
        {
            speed += v.SpeedMps;
            length += v.LengthDm == 0 ? 5 : v.LengthM;
            bool clear = v.DistanceM - Math.Max(0, ahead) > FreeGapM;
            if (clear && v.SpeedMps > 0.5f * (float)lane.Limit.MetresPerSecond)
            {
                free += v.SpeedMps;
                freely++;
            }
            ahead = v.DistanceM + v.LengthM;
        }
        if (!_counted[lane.Index] && zoneM > 0)
            Toward(ref state.Occupancy, Math.Min(1, length / zoneM), seconds, SpeedTauS);
        if (now.Length == 0) return;
        if (!_counted[lane.Index]) Toward(ref state.SpeedMps, speed / now.Length, seconds, SpeedTauS);
        if (freely == 0) return;
        Toward(ref state.FreeSpeedMps, free / freely, seconds, FreeTauS);
        float limit = (float)lane.Limit.MetresPerSecond;
        state.FreeSpeedMps = Math.Clamp(state.FreeSpeedMps, 0.6f * limit, 1.3f * limit);
    }

    private static void Toward(ref float mean, float value, float seconds, float tauS) =>
        mean += seconds / (tauS + seconds) * (value - mean);

    public void AddTo(ref Digest digest)
    {
        for (int i = 0; i < _beforeMs.Length; i++)
        {
            digest.Add(_beforeMs[i]);
            digest.Add(_beforeCount[i]);
        }
    }
}
