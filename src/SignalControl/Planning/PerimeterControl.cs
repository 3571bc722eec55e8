using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Gates full areas at their edge. Where the links between the signals of an area hold so many vehicles that
/// they hold up each other, those who wait at its entries weigh less in the plans of their intersections, so
/// that fewer are let in until it has emptied. Where it is not full, no bit of any plan changes. The bound on
/// waits, shortest greens and all else that the SafetyGate keeps stay as they are. Each district gates its
/// own areas.
/// </summary>
public sealed class PerimeterControl
{
    /// <summary>Seconds over which the fill is smoothed.</summary>
    private const float SmoothS = 20;
    /// <summary>Share of an area's storage that must be seen.</summary>
    private const float LeastSeen = 0.5f;

    private readonly PlannerSettings _settings;
    private readonly FlowObserver _flows;
    private readonly ControlArea[] _areas;
    private readonly int[] _areaOf;
    private readonly bool[][] _isEntry;
    private readonly PerimeterRegulator[] _regulators;
    private readonly float[] _fill;
    private long _seenMs = long.MinValue;

    /// <param name="city">The city.</param>
    /// <param name="settings">Of the planning.</param>
    /// <param name="junctions">By unit.</param>
    /// <param name="reaches">By unit.</param>
    /// <param name="flows">Tells which lanes are seen.</param>
    /// <param name="unitOf">The unit of each intersection.</param>
    /// <param name="district">The district served, dense index; -1 for the whole city.</param>
    public PerimeterControl(City city, PlannerSettings settings, JunctionModel[] junctions,
        ApproachReach[] reaches, FlowObserver flows, int[] unitOf, int district)
    {
        _settings = settings;
        _flows = flows;
        _areas = ControlArea.Divide(
            city, settings, junctions, reaches, unitOf, district, out _areaOf, out _isEntry);
        _regulators = new PerimeterRegulator[_areas.Length];
        _fill = new float[_areas.Length];
    }

    /// <summary>
    /// Share of the storage inside a unit's area that is taken, smoothed; 0 where it stands alone.
    /// </summary>
    public float FillOf(int unit) => _areaOf[unit] < 0 ? 0 : _fill[_areaOf[unit]];

    /// <summary>
    /// Share of their weight that those who wait at a unit's entries lose; 0 where nothing is held back.
    /// </summary>
    public float HeldOf(int unit) => _areaOf[unit] < 0 ? 0 : _regulators[_areaOf[unit]].Held;

    /// <summary>Is a unit's row an entry where vehicles are held back now?</summary>
    public bool Holds(int unit, int row) => HeldOf(unit) > 0 && _isEntry[unit][row];

    /// <summary>Measures all areas, once a tick.</summary>
    public void Observe(TrafficState traffic, long nowMs)
    {
        if (nowMs == _seenMs) return;
        float seconds = _seenMs == long.MinValue ? 0 : Math.Clamp((nowMs - _seenMs) * 0.001f, 0f, 5f);
        _seenMs = nowMs;
        for (int a = 0; a < _areas.Length; a++)
        {
            if (!TryFill(_areas[a], traffic, nowMs, out float fill))
            {
                _fill[a] = 0;
                _regulators[a].Release();
                continue;
            }
            _fill[a] += (fill - _fill[a]) * (seconds / SmoothS);
            _regulators[a].Step(_fill[a], seconds);
        }
    }

    /// <summary>Takes their weight from those who wait at a unit's entries, and from those who will.</summary>
    public void Apply(int unit, PlanScene scene)
    {
        float weight = 1 - HeldOf(unit);
        bool[] entries = _isEntry[unit];
        for (int r = 0; r < entries.Length && weight < 1; r++)
        {
            if (!entries[r]) continue;
            scene.Weight[r] = weight;
            scene.OldExtra[r] *= weight;
        }
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(_seenMs);
        foreach (float fill in _fill) digest.Add(fill);
        foreach (PerimeterRegulator r in _regulators) r.AddTo(ref digest);
    }

    /// <summary>Share of the places that standing vehicles would have on the lanes that are seen.</summary>
    private bool TryFill(ControlArea area, TrafficState traffic, long nowMs, out float fill)
    {
        float all = 0, seen = 0;
        int vehicles = 0;
        foreach (ref readonly ControlArea.AreaLane inside in area.Lanes.AsSpan())
        {
            all += inside.SeenM;
            if (!_flows.Seen(traffic, inside.Lane, nowMs)) continue;
            seen += inside.SeenM;
            foreach (VehicleSighting v in traffic.SightingsOf(inside.Lane))
                if (v.DistanceM <= inside.SeenM) vehicles++;
        }
        fill = seen > 0 ? vehicles * _settings.JamSpacingM / seen : 0;
        return seen > 0 && seen >= LeastSeen * all;
    }
}
