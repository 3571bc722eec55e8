using CityBrain.Model;

namespace CityBrain.Engine.Signals;

/// <summary>
/// Who waits for which signal group, and since when. A button's call is kept until its group shows green; a
/// vehicle's call lasts while a vehicle stands or comes near at a stop line of the group. A lane that serves
/// several groups calls them all, for nobody can see where its first vehicle wants to go.
/// </summary>
internal sealed class GroupCalls
{
    private readonly City _city;
    private readonly TrafficState _state;
    private readonly EngineOptions _options;
    private readonly bool[] _pressed;
    private readonly bool[] _called;
    private readonly bool[] _recalled;
    private readonly int[][] _sensorsOf;
    /// <summary>By stop-line lane: the lanes that lead to it within the call distance, itself first.</summary>
    private readonly (int Lane, float OffsetM)[][] _leading;
    private long _startMs;

    public GroupCalls(City city, TrafficState state, EngineOptions options)
    {
        _city = city;
        _state = state;
        _options = options;
        _pressed = new bool[state.Groups.Length];
        _called = new bool[state.Groups.Length];
        _recalled = new bool[state.Groups.Length];
        Array.Fill(state.Groups, new GroupState { CallSinceMs = -1 });
        ILookup<int, int> sensors = city.Detectors.Where(d => d.Lane >= 0).ToLookup(d => d.Lane, d => d.Index);
        _sensorsOf = new int[city.Lanes.Length][];
        for (int lane = 0; lane < _sensorsOf.Length; lane++) _sensorsOf[lane] = [.. sensors[lane]];
        _leading = [.. city.Lanes.Select(l => l.Intersection >= 0 ? Leading(l) : [])];
        FindRecalls();
    }

    /// <summary>A push button was pressed.</summary>
    public void Press(Detector button, long timeMs)
    {
        int at = button.Intersection * _state.MaxGroups + button.Group;
        ref GroupState group = ref _state.Groups[at];
        if (group.Reported.IsGreen()) return;
        _pressed[at] = true;
        if (group.CallSinceMs < 0) group.CallSinceMs = timeMs;
    }

    /// <summary>The controller says what a group shows.</summary>
    public void Report(int intersection, int group, Aspect aspect, long timeMs)
    {
        int at = intersection * _state.MaxGroups + group;
        ref GroupState state = ref _state.Groups[at];
        if (state.Reported != aspect || state.ReportedSinceMs == 0)
        {
            state.Reported = aspect;
            state.ReportedSinceMs = timeMs;
        }
        if (!aspect.IsGreen()) return;
        state.CallSinceMs = -1;
        _pressed[at] = false;
    }

    /// <summary>Looks at every stop line and brings the calls up to date.</summary>
    public void Update(long nowMs)
    {
        foreach (Intersection intersection in _city.Intersections)
        {
            int first = intersection.Index * _state.MaxGroups;
            Span<bool> called = _called.AsSpan(first, intersection.Groups.Length);
            _recalled.AsSpan(first, called.Length).CopyTo(called);
            foreach (int lane in intersection.StopLineLanes)
            {
                if (!Calls(lane, nowMs)) continue;
                foreach (int movement in _city.Lanes[lane].Movements) called[_city.Movements[movement].Group] = true;
            }
            for (int g = 0; g < called.Length; g++)
            {
                ref GroupState group = ref _state.Groups[first + g];
                if (group.Reported.IsGreen() || !(called[g] || _pressed[first + g])) group.CallSinceMs = -1;
                else if (group.CallSinceMs < 0) group.CallSinceMs = nowMs;
            }
        }
    }

    private bool Calls(int lane, long nowMs)
    {
        long covered = _state.Lanes[lane].CoveredSinceMs;
        if (covered > 0 && nowMs - covered >= _options.CoveredCallsMs) return true;
        // A stop-line lane may be shorter than a car: who stands right behind it calls as well.
        foreach ((int from, float offsetM) in _leading[lane])
        {
            if (_state.Lanes[from].SightingCount == 0) continue;
            VehicleSighting first = _state.Sightings[from * TrafficState.SightingsPerLane];
            if (offsetM + first.DistanceM <= _options.CallDistanceM || first.Stopped) return true;
        }
        return _options.RecallUndetected && !Watched(lane, nowMs);
    }

    /// <summary>Lanes that end within the call distance of a stop line, followed up through junctions without signals.</summary>
    private (int Lane, float OffsetM)[] Leading(Lane stopLine)
    {
        var found = new List<(int Lane, float OffsetM)> { (stopLine.Index, 0) };
        for (int i = 0; i < found.Count; i++)
        {
            Lane lane = _city.Lanes[found[i].Lane];
            float offsetM = found[i].OffsetM + (float)lane.Length.Value;
            if (offsetM >= _options.CallDistanceM) continue;
            foreach (int up in lane.Upstream)
            {
                Lane upstream = _city.Lanes[up];
                bool own = upstream.Intersection < 0 && upstream.BoxOf < 0 && !upstream.OnFoot;
                if (own && !found.Exists(f => f.Lane == up)) found.Add((up, offsetM));
            }
        }
        return [.. found];
    }

    private bool Watched(int lane, long nowMs)
    {
        foreach (int sensor in _sensorsOf[lane])
        {
            ref readonly DetectorState state = ref _state.Detectors[sensor];
            long since = state.SeenMs == 0 ? _startMs : state.SeenMs;
            if (nowMs - since < _options.SilentAfterMs) return true;
        }
        return false;
    }

    /// <summary>Silence is counted from the first tick on.</summary>
    public void Start(long nowMs) => _startMs = nowMs;

    private void FindRecalls()
    {
        if (!_options.RecallUndetected) return;
        HashSet<(int, int)> buttons = [.. _city.Detectors.Where(d => d.Kind == DetectorKind.Button)
            .Select(d => (d.Intersection, d.Group))];
        foreach (Intersection intersection in _city.Intersections)
            foreach (SignalGroup group in intersection.Groups)
            {
                if (group.Kind != GroupKind.Pedestrian) continue;
                _recalled[intersection.Index * _state.MaxGroups + group.Index] =
                    !buttons.Contains((intersection.Index, group.Index));
            }
    }

    public void AddTo(ref Digest digest)
    {
        for (int i = 0; i < _pressed.Length; i++)
        {
            ref readonly GroupState group = ref _state.Groups[i];
            digest.Add(group.CallSinceMs);
            digest.Add(group.ReportedSinceMs);
            digest.Add((int)group.Reported + (_pressed[i] ? 256 : 0));
        }
        digest.Add(_startMs);
    }
}
