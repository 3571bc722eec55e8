using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>Puts one junction into the description: lanes in the box, crossings, signals and sensors.</summary>
internal sealed class JunctionPlan(Node node, Junction junction, RoadPieces roads)
{
    private const double LoopAtM = 2, CameraReachM = 150;

    private readonly List<LaneDescription> _box = [];
    private readonly List<MovementDescription> _movements = [];

    public string Id { get; } = $"j{node.Index + 1:00}";
    public List<LaneDescription> Lanes => _box;

    /// <summary>Ids of the lanes that lead onto an exit lane, to be set as its upstream.</summary>
    public List<(LaneDescription Exit, string From)> Exits { get; } = [];

    public IntersectionDescription Describe(string district)
    {
        foreach (Way way in junction.Ways) AddWay(way);
        for (int leg = 0; leg < junction.Count; leg++) AddCrossing(leg);
        var signals = new JunctionSignals(junction);
        string[] streets = [.. node.Legs.OrderByDescending(l => l.Stretch.Street.Rank)
            .Select(l => l.Stretch.Street.Name).Distinct()];
        return new IntersectionDescription
        {
            Id = Id,
            Name = string.Join(" / ", streets),
            District = district,
            X = Math.Round(node.At.X, 2),
            Y = Math.Round(node.At.Y, 2),
            Groups = signals.Groups,
            Movements = _movements,
            Conflicts = signals.Conflicts(),
            Intergreens = signals.Intergreens(),
            Stages = signals.Stages,
            Programme = signals.Programme(90, OffsetS),
            Limits = new LimitsDescription { MaxGreenS = 60, MaxWaitS = 120, FallbackS = 10 },
        };
    }

    public IEnumerable<DetectorDescription> Sensors()
    {
        foreach (Leg leg in node.Legs)
        {
            RoadWay way = roads.In(leg);
            foreach (LaneDescription lane in way.Stop) foreach (var d in AtStopLine(lane)) yield return d;
            if (way.Entry == way.Stop) continue;
            double seen = way.Stop[0].LengthM;
            foreach (LaneDescription lane in way.Entry)
                yield return Sensor("cam", lane, DetectorKind.Camera, 0, Math.Min(lane.LengthM, CameraReachM - seen));
        }
        for (int leg = 0; leg < junction.Count; leg++)
            yield return new() { Id = $"{Id}-button{leg}", Kind = DetectorKind.Button, Intersection = Id, Group = $"P{leg}" };
    }

    private IEnumerable<DetectorDescription> AtStopLine(LaneDescription lane)
    {
        yield return Sensor("cam", lane, DetectorKind.Camera, 0, Math.Min(lane.LengthM, CameraReachM));
        yield return Sensor("loop", lane, DetectorKind.Loop, LoopAtM, 0);
    }

    private DetectorDescription Sensor(string name, LaneDescription lane, DetectorKind kind, double atM, double reachM) =>
        new()
        {
            Id = $"{name}-{lane.Id}",
            Kind = kind,
            Intersection = Id,
            Lane = lane.Id,
            AtM = atM,
            ReachM = Math.Round(reachM, 2),
        };

    /// <summary>A green wave out of the centre at 12 m/s.</summary>
    private double OffsetS(double cycleS)
    {
        double travel = node.At.DistanceTo(new Point(0, 0)) / 12;
        return Math.Floor(travel - cycleS * Math.Floor(travel / cycleS));
    }

    private void AddWay(Way way)
    {
        RoadWay from = roads.In(node.Legs[way.From]), to = roads.Out(node.Legs[way.To]);
        foreach ((LaneDescription lane, LaneDescription exit) in LanePairs(way, from, to))
        {
            string name = $"{JunctionSignals.Letter(way.Turn)}{way.From}";
            LaneDescription box = Box(way, lane, exit, $"{Id}-{name}.{_box.Count}");
            _box.Add(box);
            Exits.Add((exit, box.Id));
            _movements.Add(new()
            {
                Id = box.Id,
                Group = name,
                From = lane.Id,
                To = exit.Id,
                Via = [box.Id],
                Turn = way.Turn,
            });
        }
    }

    private List<(LaneDescription From, LaneDescription To)> LanePairs(Way way, RoadWay from, RoadWay to)
    {
        List<LaneDescription> ahead = from.Pocket ? from.Stop[1..] : from.Stop;
        List<LaneDescription> exits = to.Entry;
        var pairs = new List<(LaneDescription, LaneDescription)>();
        if (way.Turn == Turn.Right) pairs.Add((ahead[^1], exits[^1]));
        else if (way.Turn == Turn.Straight)
            for (int k = 0; k < ahead.Count; k++) pairs.Add((ahead[k], exits[Math.Min(k, exits.Count - 1)]));
        else
        {
            pairs.Add((from.Stop[0], exits[0]));
            // The inner of two lanes of a street that ends here turns left beside the pocket.
            if (way.From == junction.Stem && from.Pocket && ahead.Count > 1 && exits.Count > 1)
                pairs.Add((ahead[0], exits[1]));
        }
        // A lane that leads nowhere else turns right too.
        if (way.Turn == Turn.Right && way.From == junction.Stem && ahead.Count > 1
            && roads.Out(node.Legs[LeftOf(way.From)]).Entry.Count < 2) pairs.Add((ahead[0], exits[0]));
        return pairs;
    }

    private int LeftOf(int leg) => (leg + junction.Count - 1) % junction.Count;

    private static LaneDescription Box(Way way, LaneDescription lane, LaneDescription exit, string id)
    {
        Point a = At(lane, ^1), b = At(exit, 0);
        List<Point> line = Curve.Bend(a, Curve.Direction(At(lane, ^2), a), b, Curve.Direction(b, At(exit, 1)));
        return new()
        {
            Id = id,
            Kind = LaneKind.Box,
            LengthM = Math.Round(Math.Max(4, Curve.Length(line)), 2),
            SpeedMps = way.Turn switch { Turn.Straight => lane.SpeedMps, Turn.Left => 7.5, _ => 6 },
            WidthM = Street.LaneWidthM,
            Shape = RoadPieces.Write(line),
            Upstream = [lane.Id],
            Street = lane.Street,
        };
    }

    /// <summary>The crossing of a leg, with the pavements at its two ends.</summary>
    private void AddCrossing(int leg)
    {
        (double x, double y) = node.Legs[leg].Away;
        double half = junction.Street(leg).WidthM / 2 + 1;
        double out1 = node.RadiusM - 3;
        var right = new Point(node.At.X + x * out1 + y * half, node.At.Y + y * out1 - x * half);
        var left = new Point(node.At.X + x * out1 - y * half, node.At.Y + y * out1 + x * half);
        string near = $"{Id}-walk{leg}r", far = $"{Id}-walk{leg}l", id = $"{Id}-P{leg}";
        Point outR = new(right.X + y * 2, right.Y - x * 2), outL = new(left.X - y * 2, left.Y + x * 2);
        _box.Add(OnFoot(near, LaneKind.Walkway, [outR, right], []));
        _box.Add(OnFoot(id, LaneKind.Crossing, [right, left], [near]));
        _box.Add(OnFoot(far, LaneKind.Walkway, [left, outL], [id]));
        _movements.Add(new() { Id = id, Group = $"P{leg}", From = near, To = far, Via = [id], Turn = Turn.Crossing });
    }

    private static LaneDescription OnFoot(string id, LaneKind kind, List<Point> line, List<string> upstream) => new()
    {
        Id = id,
        Kind = kind,
        LengthM = Math.Round(Math.Max(1, Curve.Length(line)), 2),
        SpeedMps = 1.4,
        WidthM = 3,
        Shape = RoadPieces.Write(line),
        Upstream = upstream,
        Allows = ["pedestrian"],
    };

    private static Point At(LaneDescription lane, Index i) => new(lane.Shape[i][0], lane.Shape[i][1]);
}
