using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>
/// Follows vehicles from picture to picture, over lanes, boxes and roads, for as long as views adjoin, and so learns which
/// way those take that came in at an entry. Vehicles are not recognised: the pairs of a picture's vehicles with the last
/// one's that agree best in distance driven, speed and length are taken, best first (nearest-neighbour association, gated;
/// Blackman and Popoli 1999, "Design and Analysis of Modern Tracking Systems", ch. 6).
/// </summary>
internal sealed class VehicleFollowing
{
    /// <summary>Between two looks; age from which a picture is no longer looked at, a vehicle is lost. Milliseconds.</summary>
    private const long LeastStepMs = 900, LongestStepMs = 1_500, LongestUnseenMs = 3_000;
    /// <summary>Distance may differ by this from the one that the speeds say, metres; nobody accelerates more, m/s².</summary>
    private const double GateM = 7, SlackM = 3, MostAcceleration = 3.5, UsualAcceleration = 2.6;
    /// <summary>What another length, and a change of lane, are worth in metres.</summary>
    private const double OtherLengthM = 6, ChangeOfLaneM = 1.5;
    /// <summary>Lanes looked at ahead of one vehicle.</summary>
    private const int MostReached = 48;
    /// <summary>Who enters with nobody in this many metres ahead chooses the speed freely.</summary>
    private const double ClearM = 20;
    /// <summary>No room for another vehicle where one is slower than this so near to the beginning.</summary>
    private const double FullM = 12, FullMps = 3;

    private readonly City _city;
    private readonly RoadNetwork _roads;
    private readonly long _fromMs, _toMs;
    private readonly int[] _entryOf;
    private readonly double[] _viewBeginsM, _beforeViewS;
    private readonly int[][] _wayTo;
    private readonly int[] _firstOn, _countOn;
    private readonly Detector[][] _camerasOf;
    private readonly Picture?[] _pictures;
    private readonly List<Seen> _seen = [];
    private readonly List<Reached> _reached = [];
    private readonly List<Pair> _pairs = [];
    private List<Vehicle> _vehicles = [], _next = [];
    private long _lastMs = long.MinValue;

    /// <summary>A vehicle of the present picture; metres from the lane's beginning.</summary>
    private readonly record struct Seen(int Lane, double AtM, double SpeedMps, byte LengthDm);

    /// <summary>A followed vehicle; Entry is -1 when it was not seen to come in, Arrival its place in the entry's list.</summary>
    private record struct Vehicle(Seen Last, long SeenMs, int Road, int Entry)
    {
        /// <summary>How it came in, until a second picture confirms it.</summary>
        public Arrival? Coming { get; set; }
        /// <summary>Its place in the entry's list; -1 when it is not there.</summary>
        public int Arrival { get; set; } = -1;
    }

    /// <summary>The last picture of a camera.</summary>
    private sealed record Picture(long TimeMs, VehicleSighting[] Vehicles);

    /// <summary>
    /// A lane ahead, its beginning so many metres from the beginning of the vehicle's lane; Road is the last road on the way.
    /// </summary>
    private readonly record struct Reached(int Lane, int Road, double OffsetM, int Before, bool Changed);

    private readonly record struct Pair(double CostM, int Vehicle, int Seen, int Reached) : IComparable<Pair>
    {
        public int CompareTo(Pair other) => CostM != other.CostM ? CostM.CompareTo(other.CostM)
            : Vehicle != other.Vehicle ? Vehicle.CompareTo(other.Vehicle) : Seen.CompareTo(other.Seen);
    }

    public VehicleFollowing(City city, RoadNetwork roads, long fromMs, long toMs)
    {
        (_city, _roads, _fromMs, _toMs) = (city, roads, fromMs, toMs);
        _entryOf = [.. Enumerable.Repeat(-1, roads.Lanes.Length)];
        _wayTo = [.. roads.Lanes.Select(_ => Array.Empty<int>())];
        _beforeViewS = new double[roads.Lanes.Length];
        _viewBeginsM = [.. city.Lanes.Select(l => l.Length.Value)];
        foreach (Detector d in city.Detectors)
            if (d.Kind == DetectorKind.Camera)
                _viewBeginsM[d.Lane] = Math.Min(_viewBeginsM[d.Lane],
                    Math.Max(0, city.Lanes[d.Lane].Length.Value - d.At.Value - d.Reach.Value));
        for (int e = 0; e < roads.Entries.Length; e++) ComesIntoView(e);
        _camerasOf = [.. city.Lanes.Select(_ => Array.Empty<Detector>())];
        foreach (var lane in city.Detectors.Where(d => d.Kind == DetectorKind.Camera).GroupBy(d => d.Lane))
            _camerasOf[lane.Key] = [.. lane];
        _pictures = new Picture?[city.Detectors.Length];
        _firstOn = new int[city.Lanes.Length];
        _countOn = new int[city.Lanes.Length];
        Entries = [.. roads.Entries.Select(road => new EntryArrivals(roads.Lanes[road]))];
        Turns = [.. roads.Entries.Select(_ => new SortedDictionary<int, double[]>())];
    }

    /// <summary>
    /// Finds the roads on which those of an entry first come into view: the entry itself, or what it leads to unseen, if
    /// from elsewhere that is reached in view only.
    /// </summary>
    private void ComesIntoView(int entry)
    {
        var next = new Queue<(int[] Way, double DrivenS)>([([_roads.Entries[entry]], 0)]);
        for (int steps = 0; steps < MostReached && next.TryDequeue(out var at); steps++)
        {
            int road = at.Way[^1];
            Lane lane = _city.Lanes[_roads.Lanes[road][0]];
            double passedS = at.DrivenS + lane.Length.Value / lane.Limit.MetresPerSecond;
            if (IsSeen(road)) (_entryOf[road], _wayTo[road], _beforeViewS[road]) = (entry, at.Way, at.DrivenS);
            else
                foreach (RoadLink link in _roads.LinksFrom[road])
                    if (_roads.Links.All(l => l.To != link.To || l.From == road || IsSeen(l.From)))
                        next.Enqueue(([.. at.Way, link.To], passedS));
        }
    }

    /// <summary>By entry: who was seen to come in.</summary>
    public EntryArrivals[] Entries { get; }

    /// <summary>By entry: by road, vehicles from that entry that took each link from it.</summary>
    public SortedDictionary<int, double[]>[] Turns { get; }

    /// <summary>An event, before the tick that follows it; of cameras the pictures are kept.</summary>
    public void Accept(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (e.Kind == EventKind.Camera && (uint)e.Index < (uint)_pictures.Length)
            _pictures[e.Index] = new Picture(e.TimeMs, MemoryMarshal.Cast<byte, VehicleSighting>(extra).ToArray());
    }

    /// <summary>After a tick.</summary>
    public void Tick(long nowMs)
    {
        if (_lastMs != long.MinValue && nowMs - _lastMs < LeastStepMs) return;
        bool first = _lastMs == long.MinValue;
        _lastMs = nowMs;
        See(nowMs);
        PairUp(nowMs);
        _next.Clear();
        Span<bool> found = new bool[_vehicles.Count], known = new bool[_seen.Count];
        foreach (Pair pair in _pairs)
        {
            if (found[pair.Vehicle] || known[pair.Seen]) continue;
            found[pair.Vehicle] = known[pair.Seen] = true;
            _next.Add(Moved(_vehicles[pair.Vehicle], pair, nowMs));
        }
        for (int v = 0; v < _vehicles.Count; v++)
            if (!found[v] && nowMs - _vehicles[v].SeenMs < LongestUnseenMs) _next.Add(_vehicles[v]);
            else if (!found[v]) Lost(_vehicles[v], nowMs);
        for (int s = 0; s < _seen.Count; s++)
            if (!known[s]) _next.Add(Appeared(s, nowMs, first));
        (_vehicles, _next) = (_next, _vehicles);
        if (nowMs >= _fromMs && nowMs < _toMs) LookForRoom(nowMs);
    }

    /// <summary>Notes the lanes of entries on which somebody slow stands where vehicles come in.</summary>
    private void LookForRoom(long nowMs)
    {
        foreach (EntryArrivals entry in Entries)
            foreach (int lane in entry.Lanes)
                for (int s = _firstOn[lane]; s < _firstOn[lane] + _countOn[lane] && _viewBeginsM[lane] < SlackM; s++)
                    if (_seen[s].AtM < FullM && _seen[s].SpeedMps < FullMps) entry.Full(lane, nowMs / 1000.0);
    }

    private void See(long nowMs)
    {
        _seen.Clear();
        foreach (Lane lane in _city.Lanes)
        {
            _firstOn[lane.Index] = _seen.Count;
            foreach (Detector camera in _camerasOf[lane.Index])
                if (!lane.OnFoot && _pictures[camera.Index] is { } picture && nowMs - picture.TimeMs < LongestStepMs)
                    foreach (VehicleSighting v in picture.Vehicles)
                        _seen.Add(new Seen(
                            lane.Index, Math.Max(0, lane.Length.Value - v.DistanceM), v.SpeedMps, v.LengthDm));
            _countOn[lane.Index] = _seen.Count - _firstOn[lane.Index];
        }
    }

    /// <summary>All pairs that may be one vehicle, the likeliest first.</summary>
    private void PairUp(long nowMs)
    {
        _pairs.Clear();
        _reached.Clear();
        for (int v = 0; v < _vehicles.Count; v++)
        {
            Vehicle vehicle = _vehicles[v];
            double seconds = (nowMs - vehicle.SeenMs) / 1000.0;
            double farthestM = (vehicle.Last.SpeedMps + MostAcceleration * seconds / 2) * seconds + SlackM;
            int begin = _reached.Count;
            _reached.Add(new Reached(vehicle.Last.Lane, vehicle.Road, 0, -1, false));
            for (int r = begin; r < _reached.Count && r - begin < MostReached; r++)
            {
                Compare(v, vehicle, r, seconds, farthestM);
                Reach(r, begin, vehicle.Last.AtM + farthestM);
            }
        }
        _pairs.Sort();
    }

    private void Compare(int v, in Vehicle vehicle, int reached, double seconds, double farthestM)
    {
        Reached on = _reached[reached];
        for (int s = _firstOn[on.Lane]; s < _firstOn[on.Lane] + _countOn[on.Lane]; s++)
        {
            Seen seen = _seen[s];
            double drivenM = on.OffsetM + seen.AtM - vehicle.Last.AtM;
            if (drivenM < -SlackM || drivenM > farthestM) continue;
            double costM = Math.Abs(drivenM - (vehicle.Last.SpeedMps + seen.SpeedMps) / 2 * seconds)
                + (on.Changed ? ChangeOfLaneM : 0) + (seen.LengthDm == vehicle.Last.LengthDm ? 0 : OtherLengthM);
            if (costM <= GateM) _pairs.Add(new Pair(costM, v, s, reached));
        }
    }

    /// <summary>Adds the lanes beside a reached one, and those it leads onto when they are near enough.</summary>
    private void Reach(int at, int begin, double farthestM)
    {
        Reached from = _reached[at];
        Lane lane = _city.Lanes[from.Lane];
        foreach (int beside in lane.Beside) Add(beside, from.OffsetM, changed: true);
        double endM = from.OffsetM + lane.Length.Value;
        if (endM > farthestM) return;
        foreach (int down in lane.Downstream) Add(down, endM, from.Changed);

        void Add(int to, double offsetM, bool changed)
        {
            int road = _roads.OfLane[to] < 0 ? from.Road : _roads.OfLane[to];
            if (road != from.Road && from.Road >= 0 && !_roads.LinksFrom[from.Road].Any(l => l.To == road)) return;
            for (int r = begin; r < _reached.Count; r++)
                if (_reached[r].Lane == to) return;
            _reached.Add(new Reached(to, road, offsetM, at, changed));
        }
    }

    private Vehicle Moved(Vehicle vehicle, Pair pair, long nowMs)
    {
        if (vehicle.Coming is { } coming)
        {
            vehicle.Arrival = Entries[vehicle.Entry].Add(coming);
            vehicle.Coming = null;
        }
        var ahead = new Stack<int>();
        for (int r = pair.Reached; r >= 0; r = _reached[r].Before)
            if (_roads.OfLane[_reached[r].Lane] is >= 0 and int road) ahead.Push(road);
        foreach (int road in ahead)
        {
            if (road == vehicle.Road) continue;
            if (vehicle.Road >= 0 && vehicle.Entry >= 0 && nowMs >= _fromMs && nowMs < _toMs)
                Count(vehicle, road);
            vehicle.Road = road;
        }
        return vehicle with { Last = _seen[pair.Seen], SeenMs = nowMs };
    }

    /// <summary>Who is lost at the end of a road has taken the one way from there that is out of view.</summary>
    private void Lost(Vehicle vehicle, long nowMs)
    {
        if (vehicle.Entry < 0 || vehicle.Road < 0 || _roads.OfLane[vehicle.Last.Lane] != vehicle.Road) return;
        double leftM = _city.Lanes[vehicle.Last.Lane].Length.Value - vehicle.Last.AtM;
        RoadLink[] unseen = [.. _roads.LinksFrom[vehicle.Road].Where(l => !IsSeen(l.To))];
        if (unseen.Length == 1 && leftM <= 2 * vehicle.Last.SpeedMps + SlackM && nowMs >= _fromMs && nowMs < _toMs)
            Count(vehicle, unseen[0].To);
    }

    private bool IsSeen(int road) => _roads.Lanes[road].Any(l => _viewBeginsM[l] < _city.Lanes[l].Length.Value);

    private void Count(in Vehicle vehicle, int to)
    {
        RoadLink[] links = _roads.LinksFrom[vehicle.Road];
        int link = Array.FindIndex(links, l => l.To == to);
        if (link < 0) return;
        if (!Turns[vehicle.Entry].TryGetValue(vehicle.Road, out double[]? counts))
            Turns[vehicle.Entry][vehicle.Road] = counts = new double[links.Length];
        counts[link]++;
        if (vehicle.Arrival >= 0) Entries[vehicle.Entry].All[vehicle.Arrival].Way.Add(to);
    }

    /// <summary>A vehicle nobody knew: one that comes in when it is at the beginning of the view of an entry.</summary>
    private Vehicle Appeared(int seen, long nowMs, bool first)
    {
        Seen s = _seen[seen];
        int road = _roads.OfLane[s.Lane], entry = road < 0 ? -1 : _entryOf[road];
        double drivenM = s.AtM - _viewBeginsM[s.Lane];
        if (first || drivenM > s.SpeedMps * 2 + s.LengthDm * 0.1 + 2 * SlackM) entry = -1;
        Arrival? coming = entry < 0 || nowMs < _fromMs || nowMs >= _toMs ? null : new Arrival(
            nowMs / 1000.0 - s.AtM / _city.Lanes[s.Lane].Limit.MetresPerSecond - _beforeViewS[road],
            road == _roads.Entries[entry] ? s.Lane : -1,
            s.SpeedMps * s.SpeedMps <= 2 * UsualAcceleration * s.AtM && s.AtM < ClearM, Clear(seen), [.. _wayTo[road]]);
        return new Vehicle(s, nowMs, road, entry) { Coming = coming };
    }

    private bool Clear(int seen)
    {
        Seen s = _seen[seen];
        for (int other = _firstOn[s.Lane]; other < _firstOn[s.Lane] + _countOn[s.Lane]; other++)
            if (other != seen && _seen[other].AtM > s.AtM && _seen[other].AtM < s.AtM + ClearM) return false;
        return true;
    }
}
