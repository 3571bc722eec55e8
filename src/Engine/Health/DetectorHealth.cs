using CityBrain.Engine.Loops;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine.Health;

/// <summary>
/// Judges every detector, minute by minute, and lowers its confidence while something is wrong. Thresholds follow the
/// usual checks of loop data (Chen et al. 2003, "Detecting errors and imputing missing data for single-loop surveillance
/// systems"; Jacobson et al. 1990).
/// </summary>
internal sealed class DetectorHealth
{
    /// <summary>
    /// Occupied nearly all of a minute without a vehicle counted, this many minutes in a row: stuck on. Minutes in which
    /// a vehicle had to stand there neither count nor break the row, see <see cref="HasToStand"/>.
    /// </summary>
    private const int StuckOnMinutes = 3;
    /// <summary>No vehicle and no occupancy for this long although it used to count: stuck off.</summary>
    private const int StuckOffMinutes = 30;
    /// <summary>More than this in a minute does not pass one loop: chatter (4,000 vehicles an hour).</summary>
    private const float ChatterPerMinute = 66;
    private const float StuckOnOccupancy = 0.97f;
    /// <summary>How far a camera may be wrong about where a vehicle stands, metres.</summary>
    private const double PlaceErrorM = 3;
    /// <summary>Impossible readings in a row of minutes until the fault is shown, and how fast they are forgotten.</summary>
    private const int ImpossibleShown = 3;

    private readonly City _city;
    private readonly Detector[] _detectors;
    private readonly TrafficState _state;
    private readonly EngineOptions _options;
    private readonly Record[] _records;
    private readonly int[][] _sensorsOf;
    private long _startMs = -1;
    private int _next, _nextLane;

    private struct Record
    {
        public int Minute, Forgot;
        public short OnMinutes, OffMinutes;
        public short Impossible;
        public bool Chatter, EverCounted;
    }

    public DetectorHealth(City city, TrafficState state, EngineOptions options)
    {
        _city = city;
        _detectors = city.Detectors;
        _state = state;
        _options = options;
        _records = new Record[_detectors.Length];
        ILookup<int, int> byLane = _detectors.Where(d => d.Lane >= 0).ToLookup(d => d.Lane, d => d.Index);
        _sensorsOf = new int[city.Lanes.Length][];
        for (int lane = 0; lane < _sensorsOf.Length; lane++) _sensorsOf[lane] = [.. byLane[lane]];
    }

    /// <summary>A reading came with a value that cannot be.</summary>
    public void Impossible(int detector)
    {
        ref Record record = ref _records[detector];
        if (record.Impossible < short.MaxValue) record.Impossible++;
    }

    /// <summary>
    /// Brings faults and confidence up to date; in a large city a sixteenth of the detectors at a time, so that no
    /// tick has to look at all of them.
    /// </summary>
    public void Update(long nowMs, ClosedWindows windows, LoopBank loops)
    {
        if (_startMs < 0) _startMs = nowMs;
        int parts = Math.Max(4096, _detectors.Length / 16 + 1), end = Math.Min(_detectors.Length, _next + parts);
        for (int i = _next; i < end; i++)
        {
            ref Record record = ref _records[i];
            ref DetectorState state = ref _state.Detectors[i];
            if (_detectors[i].Kind == DetectorKind.Loop)
            {
                Judge(ref record, windows.Last(i, WindowLength.Seconds60), _detectors[i], nowMs);
                state.SeenMs = Math.Max(state.SeenMs, loops.SeenMs(i, nowMs));
            }
            Forget(ref record, (int)(nowMs / 60_000));
            state.Fault = FaultOf(record, i, nowMs, state.SeenMs);
            state.Confidence = Confidence(state.Fault);
        }
        _next = end == _detectors.Length ? 0 : end;
        UpdateLanes();
    }

    private void UpdateLanes()
    {
        int parts = Math.Max(4096, _sensorsOf.Length / 16 + 1), end = Math.Min(_sensorsOf.Length, _nextLane + parts);
        for (int lane = _nextLane; lane < end; lane++)
            _state.Lanes[lane].Confidence = LaneConfidence(_sensorsOf[lane]);
        _nextLane = end == _sensorsOf.Length ? 0 : end;
    }

    /// <summary>Every minute a quarter of the impossible readings is forgotten.</summary>
    private static void Forget(ref Record record, int minute)
    {
        if (record.Forgot == minute) return;
        record.Forgot = minute;
        record.Impossible -= (short)((record.Impossible + 3) / 4);
    }

    private void Judge(ref Record record, in WindowRow minute, Detector loop, long nowMs)
    {
        int index = (int)(minute.StartMs / 60_000);
        if (minute.Readings == 0 || index == record.Minute) return;
        record.Minute = index;
        record.EverCounted |= minute.Count > 0;
        bool on = minute.Occupancy >= StuckOnOccupancy && minute.Count < 1;
        bool off = minute.Count == 0 && minute.Occupancy == 0;
        if (!on) record.OnMinutes = 0;
        else if (!HasToStand(loop, minute.StartMs, nowMs)) record.OnMinutes = (short)Math.Min(record.OnMinutes + 1, 10_000);
        record.OffMinutes = off ? (short)Math.Min(record.OffMinutes + 1, 10_000) : (short)0;
        record.Chatter = minute.Count > ChatterPerMinute;
    }

    /// <summary>
    /// Occupied for a good reason: a camera sees a vehicle stand over the loop, or the loop's lane was shown red from
    /// before the minute began until now.
    /// </summary>
    private bool HasToStand(Detector loop, long minuteStartMs, long nowMs)
    {
        if (loop.Lane < 0) return false;
        ref readonly LaneState lane = ref _state.Lanes[loop.Lane];
        bool watched = lane.SeenMs > 0 && nowMs - lane.SeenMs < _options.SilentAfterMs;
        if (watched && StandsOver(loop)) return true;
        int place = _city.Lanes[loop.Lane].Intersection;
        int[] movements = _city.Lanes[loop.Lane].Movements;
        if (place < 0 || movements.Length == 0 || _state.Controllers[place].SeenMs == 0) return false;
        foreach (int m in movements)
        {
            ref readonly GroupState group = ref _state.Group(place, _city.Movements[m].Group);
            if (group.Reported != Aspect.Red || group.ReportedSinceMs > minuteStartMs) return false;
        }
        return true;
    }

    private bool StandsOver(Detector loop)
    {
        double at = loop.At.Value;
        foreach (VehicleSighting vehicle in _state.SightingsOf(loop.Lane))
            if (vehicle.Stopped && vehicle.DistanceM - PlaceErrorM <= at
                && at <= vehicle.DistanceM + vehicle.LengthDm * 0.1 + PlaceErrorM) return true;
        return false;
    }

    private DetectorFault FaultOf(in Record record, int detector, long nowMs, long seenMs)
    {
        var fault = DetectorFault.None;
        if (record.OnMinutes >= StuckOnMinutes) fault |= DetectorFault.StuckOn;
        if (record.OffMinutes >= StuckOffMinutes && record.EverCounted) fault |= DetectorFault.StuckOff;
        if (record.Chatter) fault |= DetectorFault.Chatter;
        if (record.Impossible >= ImpossibleShown) fault |= DetectorFault.Impossible;
        bool speaks = _detectors[detector].Kind != DetectorKind.Button;
        if (speaks && nowMs - Math.Max(_startMs, seenMs) >= _options.SilentAfterMs) fault |= DetectorFault.Silent;
        return fault;
    }

    private static float Confidence(DetectorFault fault)
    {
        if ((fault & (DetectorFault.Silent | DetectorFault.StuckOn)) != 0) return 0;
        float confidence = 1;
        if ((fault & DetectorFault.StuckOff) != 0) confidence *= 0.25f;
        if ((fault & DetectorFault.Chatter) != 0) confidence *= 0.5f;
        if ((fault & DetectorFault.Impossible) != 0) confidence *= 0.5f;
        return confidence;
    }

    /// <summary>A lane is as sure as its best sensor; without any it is not sure at all.</summary>
    private float LaneConfidence(int[] sensors)
    {
        float best = 0;
        foreach (int sensor in sensors) best = Math.Max(best, _state.Detectors[sensor].Confidence);
        return best;
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(_startMs);
        digest.Add(_next);
        digest.Add(_nextLane);
        foreach (ref readonly Record r in _records.AsSpan())
        {
            digest.Add(r.Minute);
            digest.Add(r.OnMinutes + (r.OffMinutes << 16));
            digest.Add(r.Impossible + (r.Chatter ? 1 << 16 : 0) + (r.EverCounted ? 1 << 17 : 0));
        }
    }
}
