using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>
/// What sensors counted in a stretch of time, worked out alike for a recording and for a simulation of it, so that the
/// two can be compared: vehicles by movement, by lane and part of the time, and the time lost in view. Cameras count by the way
/// that vehicles drive in their view over its length (Edie 1963, "Discussion of traffic stream measurements and
/// definitions"): movements on their way through the box, other lanes along themselves. Where a stop-line lane has a
/// loop, that counts it, and the cameras only say which movements they were.
/// </summary>
internal sealed class StreetCounts
{
    /// <summary>
    /// Arrivals are kept in parts this long, seconds: short beside a cycle, so that platoons stay platoons. Spread evenly
    /// over five minutes, the same vehicles lost a quarter less time in streets near capacity (docs/EVALUATE.md).
    /// </summary>
    public const int PartS = 10;
    private const float TrustedFrom = 0.3f;
    /// <summary>A shorter view counts too roughly, metres.</summary>
    private const double LeastViewM = 10;

    private readonly City _city;
    private readonly long _fromMs, _toMs;
    private readonly int[] _loopOf, _movementOf;
    private readonly double[] _wayM, _onWay, _left;
    private readonly double[] _pending;
    private readonly float[][] _vehicles;
    private readonly double[] _viewM, _throughBox;
    private readonly double[] _inView;
    private long _lastMs = long.MinValue;
    private long _laneTicks, _blindLaneTicks;

    /// <param name="city">The city.</param>
    /// <param name="fromMs">From this instant of the feed's clock on.</param>
    /// <param name="toMs">Before this one.</param>
    /// <param name="arrivals">Keep <see cref="OverTime"/> too (by lane, four bytes a part).</param>
    public StreetCounts(City city, long fromMs, long toMs, bool arrivals = true)
    {
        (_city, _fromMs, _toMs) = (city, fromMs, toMs);
        _onWay = new double[city.Movements.Length];
        _wayM = new double[city.Movements.Length];
        _left = new double[city.Lanes.Length];
        _throughBox = new double[city.Lanes.Length];
        _pending = new double[city.Lanes.Length];
        _inView = new double[city.Lanes.Length];
        _viewM = new double[city.Lanes.Length];
        foreach (Detector d in city.Detectors)
            if (d.Kind == DetectorKind.Camera) _viewM[d.Lane] += d.Reach.Value;
        int parts = (int)Math.Max(1, (toMs - fromMs + PartS * 1000 - 1) / (PartS * 1000));
        Parts = parts;
        _movementOf = MovementsOfBoxes();
        foreach (Lane box in city.Lanes)
            if (_movementOf[box.Index] >= 0 && _viewM[box.Index] > 0) _wayM[_movementOf[box.Index]] += box.Length.Value;
        _vehicles = [.. city.Lanes.Select(l => new float[arrivals && IsObserved(l.Index) ? parts : 0])];
        _loopOf = [.. Enumerable.Repeat(-1, city.Detectors.Length)];
        foreach (var lane in city.Detectors.Where(d => d.Kind == DetectorKind.Loop).GroupBy(d => d.Lane))
            if (lane.MinBy(d => (d.At.Value, d.Index)) is { } nearest && IsStopLine(city.Lanes[lane.Key]))
                _loopOf[nearest.Index] = lane.Key;
        HasLoop = new bool[city.Lanes.Length];
        foreach (int lane in _loopOf)
            if (lane >= 0) HasLoop[lane] = true;
    }

    private bool[] HasLoop { get; }

    /// <summary>Vehicles of a movement.</summary>
    public double Of(Movement movement)
    {
        double all = 0;
        foreach (int m in _city.Lanes[movement.From].Movements) all += _onWay[m];
        if (!HasLoop[movement.From]) return _onWay[movement.Index];
        double share = all > 0 ? _onWay[movement.Index] / all : 1.0 / _city.Lanes[movement.From].Movements.Length;
        return _left[movement.From] * share;
    }

    /// <summary>Vehicles of all movements.</summary>
    public double Vehicles => _city.Movements.Where(m => m.Turn != Turn.Crossing).Sum(Of);
    /// <summary>Seconds counted.</summary>
    public double Seconds { get; private set; }
    /// <summary>
    /// Seconds that vehicles in view lost against driving at the lane's limit, added up: the part of all delay that sensors
    /// see.
    /// </summary>
    public double LostVehicleS { get; private set; }
    /// <summary>Seconds lost in view in a second.</summary>
    public double LostRate => LostVehicleS / Math.Max(1, Seconds);
    /// <summary>Share of the stop-line lanes' time for which no trusted sensor saw them.</summary>
    public double BlindShare => _laneTicks == 0 ? 1 : (double)_blindLaneTicks / _laneTicks;
    /// <summary>Parts of the time.</summary>
    public int Parts { get; }
    /// <summary>Counted from here on, seconds of the feed's clock.</summary>
    public double FromS => _fromMs / 1000.0;

    /// <summary>True for a lane whose vehicles are counted.</summary>
    public bool IsObserved(int lane) => IsStopLine(_city.Lanes[lane])
        || (_city.Lanes[lane] is { Kind: LaneKind.Road, OnFoot: false } && _viewM[lane] >= LeastViewM);

    /// <summary>
    /// Vehicles of a lane in each part of the time: of a stop-line lane those that came to it (that left it, and that were
    /// added to those in view), of another one those that drove along it. Empty where nobody counts.
    /// </summary>
    public ReadOnlySpan<float> OverTime(int lane) => _vehicles[lane];

    /// <summary>
    /// Where on a lane its vehicles of <see cref="OverTime"/> are counted, metres from its beginning: where the view of a
    /// stop-line lane begins, halfway elsewhere.
    /// </summary>
    public double CountedAtM(int lane)
    {
        double lengthM = _city.Lanes[lane].Length.Value;
        return IsStopLine(_city.Lanes[lane]) ? Math.Max(0, lengthM - _viewM[lane]) : lengthM / 2;
    }

    /// <summary>Vehicles that left a stop-line lane; 0 for another one.</summary>
    public double Left(int lane) => _left[lane];

    private static bool IsStopLine(Lane lane) => lane.Movements.Length > 0 && !lane.OnFoot;

    /// <summary>An event, before the tick that follows it.</summary>
    public void Accept(in CityEvent e)
    {
        if (e.Kind == EventKind.Loop && (uint)e.Index < (uint)_loopOf.Length && _loopOf[e.Index] is >= 0 and int lane
            && e.A is >= 0 and < 1000) _pending[lane] += e.A;
    }

    /// <summary>After a tick.</summary>
    public void Tick(TrafficState traffic, long nowMs)
    {
        double seconds = _lastMs == long.MinValue ? 1 : Math.Clamp((nowMs - _lastMs) / 1000.0, 0, 10);
        _lastMs = nowMs;
        bool counts = nowMs >= _fromMs && nowMs < _toMs;
        if (counts) Seconds += seconds;
        int part = counts ? (int)((nowMs - _fromMs) / (PartS * 1000)) : 0;
        double[] onWay = ThroughBoxes(traffic, seconds, counts);
        foreach (Lane lane in _city.Lanes)
        {
            ref readonly LaneState state = ref traffic.Lanes[lane.Index];
            if (counts && !lane.OnFoot) LostVehicleS += Lost(traffic, lane) * seconds;
            if (!IsStopLine(lane))
            {
                if (counts && _vehicles[lane.Index].Length > 0)
                    _vehicles[lane.Index][part] += (float)(Driven(traffic, lane.Index) * seconds / _viewM[lane.Index]);
                continue;
            }
            double left = HasLoop[lane.Index] ? _pending[lane.Index] : onWay[lane.Index];
            _pending[lane.Index] = 0;
            if (counts) Count(lane.Index, left, part, state);
            else _inView[lane.Index] = state.Vehicles;
        }
    }

    /// <summary>By stop-line lane: vehicles that drove on through the box since the last tick, in whole and parts.</summary>
    private double[] ThroughBoxes(TrafficState traffic, double seconds, bool counts)
    {
        Array.Clear(_throughBox);
        for (int box = 0; box < _movementOf.Length; box++)
        {
            int m = _movementOf[box];
            if (m < 0 || _wayM[m] <= 0) continue;
            double vehicles = Driven(traffic, box) * seconds / _wayM[m];
            if (counts) _onWay[m] += vehicles;
            _throughBox[_city.Movements[m].From] += vehicles;
        }
        return _throughBox;
    }

    /// <summary>By lane: the movement whose way through the box it is, -1 for none and for several.</summary>
    private int[] MovementsOfBoxes()
    {
        int[] movements = [.. Enumerable.Repeat(-1, _city.Lanes.Length)];
        var several = new HashSet<int>();
        foreach (Movement m in _city.Movements)
            foreach (int via in m.Via)
            {
                if (m.Turn == Turn.Crossing || movements[via] >= 0) several.Add(via);
                movements[via] = m.Index;
            }
        foreach (int via in several) movements[via] = -1;
        return movements;
    }

    /// <summary>Seconds that the vehicles in view lose in a second.</summary>
    private static double Lost(TrafficState traffic, Lane lane)
    {
        double lost = 0, limit = lane.Limit.MetresPerSecond;
        foreach (VehicleSighting v in traffic.SightingsOf(lane.Index)) lost += Math.Max(0, 1 - v.SpeedMps / limit);
        return lost;
    }

    /// <summary>Metres that the vehicles in view drive in a second.</summary>
    private static double Driven(TrafficState traffic, int lane)
    {
        double metres = 0;
        foreach (VehicleSighting v in traffic.SightingsOf(lane)) metres += v.SpeedMps;
        return metres;
    }

    private void Count(int lane, double left, int part, in LaneState state)
    {
        _laneTicks++;
        if (state.Confidence < TrustedFrom) _blindLaneTicks++;
        _left[lane] += left;
        if (_vehicles[lane].Length > 0) _vehicles[lane][part] += (float)(left + state.Vehicles - _inView[lane]);
        _inView[lane] = state.Vehicles;
    }
}
