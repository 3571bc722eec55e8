using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>The longest that anybody waited for the green of one movement.</summary>
/// <param name="Movement">The movement; crossings are for people on foot.</param>
/// <param name="WaitS">Seconds of one red for which somebody stood there; 0 when nobody ever did.</param>
/// <param name="UntilS">When that wait ended, seconds of the simulation's clock.</param>
/// <param name="BoundS">The intersection's bound on waiting.</param>
public sealed record MovementWait(Movement Movement, double WaitS, double UntilS, double BoundS)
{
    public bool OnFoot => Movement.Turn == Turn.Crossing;
    public bool OverBound => WaitS > BoundS;
}

/// <summary>
/// The longest red with somebody waiting, per movement, from the street itself: a vehicle counts for the movement it
/// takes in the end, from its first standstill (at most 0.1 m/s) on the stop-line lane in that red. A vehicle that goes
/// over to the lane beside counts anew there. One that still stands there at the end, where its lane has several
/// movements, counts for the one in which it waited least: more is not known. People on foot count from the second in
/// which somebody stands at the kerb and wants to step onto the crossing.
/// </summary>
internal sealed class MovementWaits
{
    private const double StandsBelowMps = VehicleSighting.StoppedCmPerS / 100.0;

    private readonly City _city;
    private readonly GroupReds[][] _reds;
    private readonly long[][] _kerbSinceMs;
    private readonly (long WaitMs, long UntilMs)[] _longest;
    private readonly List<Stay> _stays = [];

    /// <summary>A vehicle's time on its present lane.</summary>
    private sealed class Stay
    {
        public int Lane = -1;
        public long StandsSinceMs = -1, SeenMs;
        public readonly List<(long FromMs, long ToMs)> Stood = [];
    }

    public MovementWaits(City city)
    {
        _city = city;
        _reds = [.. city.Intersections.Select(i => i.Groups.Select(_ => new GroupReds()).ToArray())];
        _kerbSinceMs = [.. city.Intersections.Select(i => Enumerable.Repeat(-1L, i.Groups.Length).ToArray())];
        _longest = new (long, long)[city.Movements.Length];
    }

    /// <summary>What an intersection's heads show from now on; called before <see cref="Second"/>.</summary>
    public void Show(int intersection, ReadOnlySpan<Aspect> aspects, long nowMs)
    {
        for (int g = 0; g < aspects.Length; g++) _reds[intersection][g].Show(aspects[g], nowMs);
    }

    /// <summary>Where everybody is now.</summary>
    public void Second(List<StreetVehicle> vehicles, IReadOnlyCollection<int> pressedButtons, long nowMs)
    {
        foreach (StreetVehicle v in vehicles) See(v, nowMs);
        for (int i = 0; i < _kerbSinceMs.Length; i++)
            for (int g = 0; g < _kerbSinceMs[i].Length; g++)
                if (_city.Intersections[i].Groups[g].Kind == GroupKind.Pedestrian)
                    SeeKerb(i, g, IsPressed(i, g, pressedButtons), nowMs);
    }

    /// <summary>The waits of all movements, the longest first; those on the street now are ended first.</summary>
    public List<MovementWait> Finish(long nowMs)
    {
        foreach (Stay stay in _stays) CloseAtEnd(stay, Math.Min(nowMs, stay.SeenMs + 1000));
        return [.. _city.Movements.Select(m => new MovementWait(m, _longest[m.Index].WaitMs / 1000.0,
                _longest[m.Index].UntilMs / 1000.0, _city.Intersections[m.Intersection].Limits.MaxWait.Value / 1000.0))
            .OrderByDescending(w => w.WaitS).ThenBy(w => w.Movement.Index)];
    }

    private void See(in StreetVehicle v, long nowMs)
    {
        while (_stays.Count <= v.Number) _stays.Add(new Stay());
        Stay stay = _stays[v.Number];
        stay.SeenMs = nowMs;
        if (v.Lane != stay.Lane)
        {
            Leave(stay, v.Lane, nowMs);
            stay.Lane = v.Lane;
            stay.Stood.Clear();
            stay.StandsSinceMs = -1;
        }
        if (v.Lane < 0 || _city.Lanes[v.Lane].Movements.Length == 0) return;
        bool stands = v.SpeedMps <= StandsBelowMps;
        if (stands && stay.StandsSinceMs < 0) stay.StandsSinceMs = nowMs;
        if (!stands) StandsNoMore(stay, nowMs);
    }

    private static void StandsNoMore(Stay stay, long nowMs)
    {
        if (stay.StandsSinceMs >= 0) stay.Stood.Add((stay.StandsSinceMs, nowMs));
        stay.StandsSinceMs = -1;
    }

    private void Leave(Stay stay, int toLane, long nowMs)
    {
        if (stay.Lane < 0 || toLane < 0) return;
        StandsNoMore(stay, nowMs);
        if (stay.Stood.Count == 0 || MovementTo(stay.Lane, toLane) is not { } taken) return;
        foreach ((long from, long to) in stay.Stood) Note(taken, Wait(taken, from, to, nowMs));
    }

    /// <summary>The movement by which one gets from a stop line to a lane: by its box, its exit, or just behind.</summary>
    private Movement? MovementTo(int from, int to)
    {
        int[] movements = _city.Lanes[from].Movements;
        foreach (int m in movements)
            if (_city.Movements[m].To == to || _city.Movements[m].Via.Contains(to)) return _city.Movements[m];
        foreach (int m in movements)
        {
            Lane exit = _city.Lanes[_city.Movements[m].To];
            if (exit.Beside.Contains(to) || exit.Downstream.Contains(to)) return _city.Movements[m];
        }
        return null;
    }

    private void CloseAtEnd(Stay stay, long nowMs)
    {
        if (stay.StandsSinceMs < 0) return;
        StandsNoMore(stay, nowMs);
        (Movement? Movement, (long WaitMs, long) Wait) least = (null, (long.MaxValue, 0));
        foreach (int m in _city.Lanes[stay.Lane].Movements)
        {
            Movement movement = _city.Movements[m];
            (long WaitMs, long) longest = stay.Stood.Select(s => Wait(movement, s.FromMs, s.ToMs, nowMs)).Max();
            if (longest.WaitMs < least.Wait.WaitMs) least = (movement, longest);
        }
        if (least.Movement is { } taken) Note(taken, least.Wait);
    }

    private void SeeKerb(int intersection, int group, bool pressed, long nowMs)
    {
        ref long since = ref _kerbSinceMs[intersection][group];
        if (since >= 0)
            foreach (Movement m in _city.Intersections[intersection].Movements)
                if (m.Group == group) Note(m, Wait(m, since, nowMs, nowMs));
        if (!pressed) since = -1;
        else if (since < 0) since = nowMs;
    }

    private bool IsPressed(int intersection, int group, IReadOnlyCollection<int> pressed) =>
        pressed.Any(b => _city.Detectors[b].Intersection == intersection && _city.Detectors[b].Group == group);

    private (long WaitMs, long UntilMs) Wait(Movement m, long fromMs, long toMs, long leftMs) =>
        _reds[m.Intersection][m.Group].Longest(fromMs, toMs, leftMs);

    private void Note(Movement movement, (long WaitMs, long UntilMs) wait)
    {
        if (wait.WaitMs > _longest[movement.Index].WaitMs) _longest[movement.Index] = wait;
    }
}
