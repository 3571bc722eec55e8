using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// How many vehicles each exit can still take, second by second: the space behind its last slow vehicle, plus what
/// will leave it. Only exits that could fill up within the horizon are limited.
/// </summary>
internal sealed class ExitRoom
{
    private readonly City _city;
    private readonly PlannerSettings _settings;
    private readonly JunctionModel[] _junctions;
    private readonly JunctionMemory[] _memories;
    private readonly ApproachReach[] _reaches;
    private readonly int[] _unitOf;
    private readonly int[] _rowOfLane;
    private readonly int[][][] _into;
    private readonly int[] _limited = new int[PlanScene.LimitedExits];
    private readonly float[] _rooms = new float[PlanScene.LimitedExits];

    public ExitRoom(City city, PlannerSettings settings, JunctionModel[] junctions, ApproachReach[] reaches,
        JunctionMemory[] memories, int[] unitOf)
    {
        _reaches = reaches;
        _unitOf = unitOf;
        _city = city;
        _settings = settings;
        _junctions = junctions;
        _memories = memories;
        _rowOfLane = new int[city.Lanes.Length];
        Array.Fill(_rowOfLane, -1);
        foreach (JunctionModel j in junctions)
            for (int r = 0; r < j.LaneRows; r++) _rowOfLane[j.Lane[r]] = r;
        _into = [.. junctions.Select(j => j.ExitLane.Select(e => j.Unit.Members.SelectMany(n => n.Movements)
            .Where(m => m.To == e && m.Turn != Turn.Crossing).SelectMany(m => m.Via).Distinct().ToArray()).ToArray())];
    }

    /// <summary>A row that sends less than this share into an exit is not held up by it.</summary>
    public const float LeastShare = 0.05f;

    /// <summary>An exit with room for more vehicles than this is not limited.</summary>
    private const float FreeFrom = 14f;

    /// <summary>An exit with room for fewer vehicles than this holds up those who want to leave by it.</summary>
    private const float FullBelow = 2f;

    /// <summary>A lane's slow vehicles stand below this speed, m/s.</summary>
    private const float SlowMps = 3f;

    public void Limit(int i, TrafficState traffic, long nowMs, PlanScene scene)
    {
        JunctionModel junction = _junctions[i];
        for (int e = 0; e < junction.ExitLane.Length; e++)
        {
            float room = MathF.Floor(Space(junction.ExitLane[e], traffic, 0, out _, out _));
            foreach (int lane in _into[i][e]) room -= traffic.Lanes[lane].SightingCount;
            _memories[i].ExitBlocked[e] = room < 1f;
            _memories[i].HeldUp[e] = room < FullBelow ? Wanting(i, e, scene) : 0;
            if (room <= FreeFrom && !_reaches[i].IsInner[e]) Insert(e, room, scene);
        }
        for (int at = 0; at < scene.RoomCount; at++)
        {
            Space(junction.ExitLane[_limited[at]], traffic, 0, out int end, out float tailM);
            Fill(scene, at, Math.Max(0f, _rooms[at]), end, tailM, traffic, nowMs);
            Attach(i, at, scene);
        }
    }

    /// <summary>Queued vehicles that want to leave by an exit.</summary>
    private float Wanting(int i, int exit, PlanScene scene)
    {
        JunctionModel junction = _junctions[i];
        float wanting = 0;
        for (int r = 0; r < junction.LaneRows; r++)
            for (int k = 0; k < junction.Links[r].Length; k++)
                if (junction.Links[r][k].Exit == exit) wanting += _memories[i].Share[r][k] * scene.Old[r];
        return wanting;
    }

    /// <summary>Keeps the fullest exits, fullest first.</summary>
    private void Insert(int exit, float room, PlanScene scene)
    {
        int at = scene.RoomCount;
        while (at > 0 && _rooms[at - 1] > room) at--;
        if (at == _limited.Length) return;
        int last = Math.Min(scene.RoomCount, _limited.Length - 1);
        for (int k = last; k > at; k--) (_limited[k], _rooms[k]) = (_limited[k - 1], _rooms[k - 1]);
        (_limited[at], _rooms[at]) = (exit, room);
        scene.RoomCount = last + 1;
    }

    /// <summary>
    /// Vehicles that fit into a lane now, and in the lanes it leads to if it is short; <paramref name="end"/> is the lane
    /// where the queue, if any, stands.
    /// </summary>
    private float Space(int lane, TrafficState traffic, int depth, out int end, out float tailM)
    {
        Lane l = _city.Lanes[lane];
        float length = (float)l.Length.Value, tail = -1;
        int moving = 0;
        foreach (VehicleSighting v in traffic.SightingsOf(lane))
            if (v.SpeedMps < SlowMps)
            {
                tail = v.DistanceM + Math.Max(4f, v.LengthM);
                moving = 0;
            }
            else moving++;
        end = lane;
        tailM = Math.Max(0f, tail);
        if (tail >= 0) return (length - tail) / _settings.JamSpacingM - moving;
        if (l.Intersection >= 0) return length / _settings.JamSpacingM - moving;
        if (depth >= 4 || length > 60) return float.PositiveInfinity;
        float best = float.NegativeInfinity;
        foreach (int next in l.Downstream)
        {
            float room = Space(next, traffic, depth + 1, out int nextEnd, out float nextTail);
            if (room <= best) continue;
            best = room;
            end = nextEnd;
            tailM = nextTail;
        }
        if (float.IsNegativeInfinity(best)) return float.PositiveInfinity;
        return best + length / _settings.JamSpacingM - moving;
    }

    /// <summary>Every lane that <see cref="Space"/> may look at from an exit on, the exit first.</summary>
    public static IEnumerable<int> LanesBehind(City city, int lane, int depth = 0)
    {
        Lane l = city.Lanes[lane];
        bool ends = l.Intersection >= 0 || depth >= 4 || l.Length.Value > 60;
        if (ends) return [lane];
        return l.Downstream.SelectMany(next => LanesBehind(city, next, depth + 1)).Prepend(lane);
    }

    /// <summary>Room over time: a neighbour's planned outflow frees it, once the start wave has run back along the queue.</summary>
    private void Fill(PlanScene scene, int at, float room, int end, float tailM, TrafficState traffic, long nowMs)
    {
        int h = scene.HorizonS, owner = _city.Lanes[end].Intersection < 0 ? -1 : _unitOf[_city.Lanes[end].Intersection];
        Span<float> curve = scene.Room.AsSpan(at * (h + 1), h + 1);
        int lag = (int)(tailM / 5f);
        bool planned = owner >= 0 && _memories[owner].PlanMs != long.MinValue && _rowOfLane[end] >= 0;
        int past = planned ? (int)((nowMs - _memories[owner].PlanMs) / 1000) : 0;
        ReadOnlySpan<float> flow = planned ? _memories[owner].RowFlow.AsSpan(_rowOfLane[end] * (h + 1), h + 1) : default;
        float measured = traffic.Lanes[end].OutflowPerS;
        for (int t = 0; t <= h; t++)
        {
            int k = t - lag + past;
            room += planned ? (k >= 0 && k <= h ? flow[k] : 0f) : measured;
            curve[t] = room;
        }
    }

    private void Attach(int i, int at, PlanScene scene)
    {
        JunctionModel junction = _junctions[i];
        for (int s = 0; s < junction.Stages; s++)
            for (int r = 0; r < junction.LaneRows; r++)
            {
                if (scene.Rate[s * scene.Width + r] <= 0) continue;
                float share = _memories[i].ShareInto(junction, s, r, _limited[at]);
                if (share > LeastShare) scene.AddLimit(s, new ExitLimit(r, at, share));
            }
    }
}
