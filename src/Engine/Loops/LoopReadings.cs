using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>Loop counts of lanes: flow, speed and occupancy, smoothed over about a minute of readings.</summary>
internal sealed class LoopReadings
{
    private const float Share = 1f / 30;
    private readonly TrafficState _state;
    private readonly Detector[] _detectors;
    private readonly long[] _seen;
    private readonly uint[] _sequence;

    public LoopReadings(City city, TrafficState state)
    {
        _state = state;
        _detectors = city.Detectors;
        _seen = new long[_detectors.Length];
        _sequence = new uint[_detectors.Length];
    }

    public Fate Accept(in CityEvent e)
    {
        if (!(e.A >= 0) || e.A > 1000 || !(e.B >= 0) || e.B > 1.001f || e.C < 0 || e.C > 120) return Fate.Impossible;
        ref long seen = ref _seen[e.Index];
        if (seen == e.TimeMs && _sequence[e.Index] == e.Sequence && e.TimeMs != 0) return Fate.Duplicate;
        bool late = e.TimeMs < seen;
        Smooth(ref _state.Lanes[_detectors[e.Index].Lane], e, late || seen == 0 ? 1000 : e.TimeMs - seen);
        seen = Math.Max(seen, e.TimeMs);
        _sequence[e.Index] = e.Sequence;
        return late ? Fate.OutOfOrder : Fate.Accepted;
    }

    private static void Smooth(ref LaneState lane, in CityEvent e, long intervalMs)
    {
        float flow = e.A * 3_600_000f / Math.Max(1, intervalMs);
        lane.FlowVph += Share * (flow - lane.FlowVph);
        lane.Occupancy += Share * (e.B - lane.Occupancy);
        if (e.A > 0 && e.C >= 0) lane.SpeedMps += Share * e.A * (e.C - lane.SpeedMps);
    }

    public void AddTo(ref Digest digest)
    {
        foreach (long seen in _seen) digest.Add(seen);
    }
}
