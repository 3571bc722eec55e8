using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>
/// Sensors of an imported city. A camera (or radar) at each signal sees its approaches up to 200 m before the
/// stop line, through junctions without signals, its exits up to 200 m behind the stop line, and its box; there is
/// one zone per lane. Loops lie at the stop line and some 50 m before it.
/// </summary>
internal sealed class SumoZones(SumoLaneGraph lanes, IReadOnlyList<IntersectionDescription> intersections)
{
    /// <summary>How far a camera or radar sees from the stop line, metres.</summary>
    public const double ReachM = 200;
    /// <summary>Loops: metres before the stop line.</summary>
    public const double StopLoopM = 2, AdvanceLoopM = 50;
    /// <summary>No loop nearer than this to the upstream end of its lane, metres.</summary>
    private const double LoopFromBeginM = 4;

    private readonly Dictionary<string, string> _stopLines = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _boxes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Zone> _zones = new(StringComparer.Ordinal);
    private readonly List<DetectorDescription> _detectors = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>What a camera of <see cref="Owner"/> sees of a lane, metres from the lane's downstream end.</summary>
    private sealed record Zone(string Owner, double FromM, double ToM);

    public List<DetectorDescription> Build()
    {
        foreach (IntersectionDescription i in intersections)
            foreach (MovementDescription m in Driven(i))
            {
                _stopLines.TryAdd(m.From, i.Id);
                foreach (string box in m.Via) _boxes.TryAdd(box, i.Id);
            }
        foreach (IntersectionDescription i in intersections) SeeApproaches(i);
        foreach (IntersectionDescription i in intersections) SeeExits(i);
        foreach ((string box, string owner) in _boxes)
            _zones.TryAdd(box, new Zone(owner, 0, Math.Min(ReachM, lanes[box].LengthM)));
        foreach ((string lane, Zone z) in _zones.OrderBy(z => z.Key, StringComparer.Ordinal))
            Add("camera", DetectorKind.Camera, z.Owner, lane, z.FromM, z.ToM - z.FromM);
        foreach ((string lane, string owner) in _stopLines.OrderBy(s => s.Key, StringComparer.Ordinal))
            AddLoops(lane, owner);
        foreach (IntersectionDescription i in intersections)
            foreach (SignalGroupDescription g in i.Groups.Where(g => g.Kind == GroupKind.Pedestrian))
                _detectors.Add(new DetectorDescription
                {
                    Id = $"{i.Id}/{g.Id}/button", Kind = DetectorKind.Button, Intersection = i.Id, Group = g.Id,
                });
        return _detectors;
    }

    private static IEnumerable<MovementDescription> Driven(IntersectionDescription i) =>
        i.Movements.Where(m => m.Turn != Turn.Crossing);

    private void SeeApproaches(IntersectionDescription i)
    {
        var nearest = new Dictionary<string, double>(StringComparer.Ordinal);
        var next = new PriorityQueue<string, double>();
        foreach (string stop in Driven(i).Select(m => m.From).Distinct()) next.Enqueue(stop, 0);
        while (next.TryDequeue(out string? lane, out double distance))
        {
            if (distance >= ReachM || !nearest.TryAdd(lane, distance)) continue;
            foreach (string up in lanes.Upstream(lane))
                if (!_stopLines.ContainsKey(up) && !_boxes.ContainsKey(up))
                    next.Enqueue(up, distance + lanes[lane].LengthM);
        }
        foreach ((string lane, double distance) in nearest)
            See(lane, new Zone(i.Id, 0, Math.Min(lanes[lane].LengthM, ReachM - distance)));
    }

    private void SeeExits(IntersectionDescription i)
    {
        var next = new PriorityQueue<string, double>();
        foreach (MovementDescription m in Driven(i)) next.Enqueue(m.To, m.Via.Sum(v => lanes[v].LengthM));
        var done = new HashSet<string>(StringComparer.Ordinal);
        while (next.TryDequeue(out string? lane, out double distance))
        {
            if (distance >= ReachM || !done.Add(lane)) continue;
            double length = lanes[lane].LengthM;
            See(lane, new Zone(i.Id, Math.Max(0, length - (ReachM - distance)), length));
            if (_stopLines.ContainsKey(lane)) continue;
            foreach (string down in lanes.Downstream(lane))
                if (!_boxes.ContainsKey(down)) next.Enqueue(down, distance + length);
        }
    }

    // The approach's camera comes first. Another one's view of the same lane is joined on where they meet; a lane
    // too long for that keeps the view of its approach.
    private void See(string lane, Zone seen)
    {
        if (!_zones.TryGetValue(lane, out Zone? known)) _zones[lane] = seen;
        else if (seen.FromM <= known.ToM && seen.ToM >= known.FromM)
            _zones[lane] = known with
            {
                FromM = Math.Min(known.FromM, seen.FromM), ToM = Math.Max(known.ToM, seen.ToM),
            };
    }

    private void AddLoops(string stopLine, string owner)
    {
        if (lanes[stopLine].LengthM > StopLoopM + 1) Add("loop", DetectorKind.Loop, owner, stopLine, StopLoopM, 0);
        // Walk up to the lane that lies 50 m before the stop line; on a fork every branch has its loop.
        var next = new Queue<(string Lane, double At)>([(stopLine, AdvanceLoopM)]);
        for (int visited = 0; visited < 32 && next.TryDequeue(out (string Lane, double At) here); visited++)
        {
            double room = lanes[here.Lane].LengthM - LoopFromBeginM;
            if (here.At <= room) Add("advance", DetectorKind.Loop, owner, here.Lane, here.At, 0);
            else
                foreach (string up in lanes.Upstream(here.Lane))
                    if (!_stopLines.ContainsKey(up) && !_boxes.ContainsKey(up))
                        next.Enqueue((up, Math.Max(StopLoopM, here.At - lanes[here.Lane].LengthM)));
        }
    }

    private void Add(string what, DetectorKind kind, string owner, string lane, double at, double reach)
    {
        string id = $"{lane}/{what}";
        if (!_ids.Add(id)) return;
        _detectors.Add(new DetectorDescription
        {
            Id = id, Kind = kind, Intersection = owner, Lane = lane,
            AtM = Math.Round(at, 2), ReachM = Math.Round(reach, 2),
        });
    }
}
