using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// Vehicles on a road graph, one second a step. Every vehicle first plans a speed from what it sees at the
/// beginning of the second; then all move, lanes ahead before lanes behind, and nobody moves into anybody.
/// </summary>
internal sealed class Traffic
{
    private const float LookAheadM = 120, BodyGapM = 0.3f, StopBeforeLineM = 0.6f;
    private const int MostHops = 6;

    private readonly RoadGraph _roads;
    private readonly LaneStore _store;
    private readonly StopLine _stopLine;
    private readonly LoopCounts _loops;
    private readonly IRouter _router;
    private readonly TrafficFigures _figures;
    private readonly int[] _settledStep;
    private readonly Overtaking _overtaking;
    private int _step;

    public Traffic(RoadGraph roads, LaneStore store, StopLine stopLine, LoopCounts loops, IRouter router,
        TrafficFigures figures)
    {
        _roads = roads;
        _store = store;
        _stopLine = stopLine;
        _loops = loops;
        _router = router;
        _figures = figures;
        _overtaking = new Overtaking(roads, store);
        _settledStep = new int[roads.LengthM.Length];
    }

    /// <summary>Vehicles that stood in the last second.</summary>
    public int StandingNow { get; private set; }

    public void Step(int nowS, ReadOnlySpan<Aspect[]> heads)
    {
        _step++;
        StandingNow = 0;
        for (int lane = 0; lane < _roads.LengthM.Length; lane++)
            for (int i = _store.First[lane]; i >= 0; i = _store.Vehicles[i].Behind) Plan(i, nowS, heads);
        for (int lane = 0; lane < _roads.LengthM.Length; lane++)
        {
            if (_store.First[lane] >= 0) Settle(lane, nowS);
            else _settledStep[lane] = _step;
        }
        _overtaking.Step(this);
    }

    /// <summary>Chooses the way on from the lane a vehicle has come onto.</summary>
    public void ChooseNext(ref Vehicle v, int lane)
    {
        Link[] links = _roads.Links[lane];
        if (links.Length == 0)
        {
            v.Next = v.Movement = -1;
            return;
        }
        Link link = links[links.Length == 1 ? 0 : _router.Choose(lane, links, v.Destination, _store.Count, ref v.Random)];
        v.Next = link.Next;
        v.Movement = link.Movement;
    }

    /// <summary>Puts a wreck on a lane; -1 while a vehicle is in its place, or no place is free.</summary>
    public int PlaceWreck(Accident accident)
    {
        const float wreckM = 8;
        float front = Math.Max(wreckM, _roads.LengthM[accident.Lane] - (float)accident.AtM);
        int ahead = -1, behind = _store.First[accident.Lane];
        while (behind >= 0 && _store.Vehicles[behind].Position > front)
        {
            ahead = behind;
            behind = _store.Vehicles[behind].Behind;
        }
        bool clear = (ahead < 0 || _store.Vehicles[ahead].Position - _store.Vehicles[ahead].Length > front + 1)
            && (behind < 0 || _store.Vehicles[behind].Position < front - wreckM - 1);
        int i = clear ? _store.Take() : -1;
        if (i < 0) return -1;
        ref Vehicle v = ref _store.Vehicles[i];
        v.Wreck = true;
        v.Length = wreckM;
        v.Position = front;
        v.MovedStep = -1;
        _store.Insert(i, accident.Lane, ahead);
        _overtaking.Add(i);
        return i;
    }

    public void ClearWreck(int wreck)
    {
        _overtaking.Clear(wreck);
        _store.Remove(wreck);
        _store.GiveBack(wreck);
    }

    private void Plan(int i, int nowS, ReadOnlySpan<Aspect[]> heads)
    {
        ref Vehicle v = ref _store.Vehicles[i];
        v.MayCross = false;
        if (v.Wreck) return;
        VehicleType type = VehicleType.All[v.Type];
        float b = type.Deceleration;
        float wish = Math.Min(v.Speed + type.Acceleration, FreeSpeed(v));
        float toEnd = _roads.LengthM[v.Lane] - v.Position;
        if (v.Ahead >= 0)
        {
            ref readonly Vehicle lead = ref _store.Vehicles[v.Ahead];
            float gap = lead.Position - lead.Length - v.Position - Following.StandingGapM;
            wish = Math.Min(wish, Following.SafeSpeed(gap, lead.Speed, b));
        }
        if (toEnd < LookAheadM)
        {
            if (v.Movement >= 0)
            {
                v.MayCross = _stopLine.MayCross(v, toEnd, v.Ahead < 0, nowS, heads);
                if (!v.MayCross) wish = Math.Min(wish, Following.SafeSpeed(toEnd - StopBeforeLineM, 0, b));
            }
            else v.MayCross = true;
            if (v.MayCross) wish = Math.Min(wish, SpeedIntoNext(v, toEnd, b));
        }
        float share = Following.NextShare(ref v.Random);
        v.Planned = Math.Max(0, wish - Following.Imperfection * type.Acceleration * share * Math.Min(1, wish));
    }

    private float FreeSpeed(in Vehicle v) =>
        Math.Min(_roads.LimitMps[v.Lane] * v.SpeedShare, VehicleType.All[v.Type].MaxSpeedMps);

    /// <summary>Safe speed towards the lanes that follow: their limits and the last vehicle on them.</summary>
    private float SpeedIntoNext(in Vehicle v, float toEnd, float b)
    {
        float wish = float.MaxValue;
        int lane = v.Next;
        for (int hop = 0; lane >= 0 && toEnd < LookAheadM && hop < MostHops; hop++)
        {
            wish = Math.Min(wish, Following.ApproachSpeed(toEnd, _roads.LimitMps[lane] * v.SpeedShare, 2));
            int last = _store.Last[lane];
            if (last >= 0 && v.Ahead < 0)
            {
                ref readonly Vehicle lead = ref _store.Vehicles[last];
                float gap = toEnd + lead.Position - lead.Length - Following.StandingGapM;
                return Math.Min(wish, Following.SafeSpeed(gap, lead.Speed, b));
            }
            if (last >= 0) return wish;
            toEnd += _roads.LengthM[lane];
            lane = _roads.Links[lane] is { Length: 1 } only && only[0].Movement < 0 ? only[0].Next : -1;
        }
        return wish;
    }

    /// <summary>Moves the vehicles of a lane; first those of the lane that its front vehicle is coming onto.</summary>
    private void Settle(int lane, int nowS)
    {
        if (_settledStep[lane] == _step) return;
        _settledStep[lane] = _step;
        int next;
        for (int i = _store.First[lane]; i >= 0; i = next)
        {
            ref Vehicle v = ref _store.Vehicles[i];
            next = v.Behind;
            if (v.MovedStep == _step) continue;
            v.MovedStep = _step;
            float old = v.Position, target = old + v.Planned;
            if (v.Ahead >= 0)
            {
                ref readonly Vehicle lead = ref _store.Vehicles[v.Ahead];
                target = Math.Min(target, lead.Position - lead.Length - BodyGapM);
            }
            else if (target > _roads.LengthM[lane] && !v.Wreck)
            {
                CrossEnd(i, lane, target, nowS);
                continue;
            }
            MoveTo(ref v, lane, old, Math.Max(old, target));
        }
    }

    private void MoveTo(ref Vehicle v, int lane, float old, float position)
    {
        v.Position = position;
        v.Speed = position - old;
        _loops.Passed(lane, old, position, v.Length);
        Account(ref v);
    }

    private void Account(ref Vehicle v)
    {
        if (v.Wreck) return;
        float free = FreeSpeed(v);
        v.LostS += Math.Max(0, 1 - v.Speed / free);
        _figures.LostS += Math.Max(0, 1 - v.Speed / free);
        if (v.Speed < 0.1f)
        {
            StandingNow++;
            v.BlockedS = (short)Math.Min(short.MaxValue, v.BlockedS + 1);
            if (v.Standing) return;
            v.Standing = true;
            v.Stops++;
            _figures.Stops++;
        }
        else
        {
            v.BlockedS = 0;
            if (v.Speed > 1.5f) v.Standing = false;
        }
    }

    /// <summary>
    /// Takes a vehicle over the end of its lane, through as many short lanes as its speed covers, or as near to
    /// the end as it may.
    /// </summary>
    private void CrossEnd(int i, int from, float target, int nowS)
    {
        ref Vehicle v = ref _store.Vehicles[i];
        float old = v.Position, end = _roads.LengthM[from];
        if (v.Next < 0)
        {
            _loops.Passed(from, old, end + v.Length, v.Length);
            _figures.Left(v);
            _store.Remove(i);
            _store.GiveBack(i);
            return;
        }
        int to = v.Next;
        bool may = v.Movement < 0 || v.MayCross;
        if (may) Settle(to, nowS);
        float into = Math.Min(target - end, _store.RoomM(to, float.MaxValue) - BodyGapM);
        if (!may || into < 0)
        {
            MoveTo(ref v, from, old, Math.Clamp(may ? end + into : end - 0.01f, old, Math.Max(old, end)));
            return;
        }
        _loops.Passed(from, old, target, v.Length);
        Enter(i, from, to);
        float moved = end - old + into;
        v.Position = HopOn(i, to, into, ref moved, nowS);
        _loops.Passed(v.Lane, 0, v.Position, v.Length);
        v.Speed = moved;
        Account(ref v);
    }

    /// <summary>Goes on over short lanes without a stop line; returns the position on the last one.</summary>
    private float HopOn(int i, int lane, float into, ref float moved, int nowS)
    {
        ref Vehicle v = ref _store.Vehicles[i];
        for (int hop = 0; hop < MostHops; hop++)
        {
            float length = _roads.LengthM[lane];
            if (into <= length) return into;
            bool alone = v.Ahead < 0 && v.Movement < 0 && v.Next >= 0;
            if (alone) Settle(v.Next, nowS);
            float on = alone ? Math.Min(into - length, _store.RoomM(v.Next, float.MaxValue) - BodyGapM) : -1;
            if (on < 0)
            {
                moved -= into - length;
                return length;
            }
            moved -= into - length - on;
            int to = v.Next;
            _loops.Passed(lane, 0, into, v.Length);
            Enter(i, lane, to);
            (lane, into) = (to, on);
        }
        return Math.Min(into, _roads.LengthM[lane]);
    }

    /// <summary>Moves a vehicle from the front of one lane to the back of the next.</summary>
    private void Enter(int i, int from, int to)
    {
        ref Vehicle v = ref _store.Vehicles[i];
        int movement = v.Movement;
        if (movement >= 0 && _roads.City.Movements[movement] is { Via.Length: > 0 } way)
            _stopLine.EntersBox(way.To, v.Length);
        _store.Remove(i);
        _store.Insert(i, to, _store.Last[to]);
        if (_roads.City.Lanes[from].BoxOf >= 0 && _roads.City.Lanes[to].BoxOf < 0) _stopLine.LeavesBox(to, v.Length);
        if (movement >= 0) _figures.Crossed(movement);
        v.Position = 0;
        ChooseNext(ref v, to);
    }
}
