using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>One direction of a stretch: its lanes where it begins and where it ends, inner lane first.</summary>
/// <param name="Stretch">The stretch.</param>
/// <param name="Entry">Lanes at its beginning.</param>
/// <param name="Stop">Lanes at its end; the first is a pocket for left turns if <paramref name="Pocket"/>.</param>
/// <param name="Pocket">There is a pocket.</param>
/// <param name="LineLengthM">Metres from its beginning to its end.</param>
internal sealed record RoadWay(
    Stretch Stretch, List<LaneDescription> Entry, List<LaneDescription> Stop, bool Pocket, double LineLengthM);

/// <summary>Draws the lanes of every stretch, with a piece of its own before a stop line that has a pocket.</summary>
internal sealed class RoadPieces
{
    private const double PocketM = 55;

    /// <summary>By stretch: with its line, and against it.</summary>
    private readonly (RoadWay Along, RoadWay Against)[] _ways;

    public RoadPieces(StreetNet net, Func<Node, Leg, bool> turnsLeft)
    {
        _ways = [.. net.Stretches.Select(s => (Way(s, true, turnsLeft), Way(s, false, turnsLeft)))];
    }

    public IEnumerable<RoadWay> All => _ways.SelectMany(w => new[] { w.Along, w.Against });

    /// <summary>The way that comes in to a node by a leg.</summary>
    public RoadWay In(Leg leg) => leg.Outward ? _ways[leg.Stretch.Index].Against : _ways[leg.Stretch.Index].Along;

    /// <summary>The way that goes out from a node by a leg.</summary>
    public RoadWay Out(Leg leg) => leg.Outward ? _ways[leg.Stretch.Index].Along : _ways[leg.Stretch.Index].Against;

    private static RoadWay Way(Stretch stretch, bool along, Func<Node, Leg, bool> turnsLeft)
    {
        Node? from = along ? stretch.From : stretch.To, to = along ? stretch.To : stretch.From;
        List<Point> line = along ? stretch.Line : Curve.Reversed(stretch.Line);
        line = Curve.Cut(line, from?.RadiusM ?? 0, Curve.Length(line) - (to?.RadiusM ?? 0));
        double length = Curve.Length(line);
        Street street = stretch.Street;
        bool pocket = to is not null && street.Pockets && turnsLeft(to, new Leg(stretch, !along));
        string road = $"s{stretch.Index}{(along ? 'a' : 'b')}";
        double split = length - Math.Min(PocketM, length * 0.5);
        // Before a stop line with lanes to choose from a piece of its own begins: there drivers sort themselves.
        bool sorts = pocket || (to is not null && street.Lanes > 1);
        List<LaneDescription> entry = Lanes(street, road, sorts ? Curve.Cut(line, 0, split) : line, false, []);
        if (!sorts) return new RoadWay(stretch, entry, entry, false, length);
        List<string> upstream = [.. entry.Select(l => l.Id)];
        List<LaneDescription> stop = Lanes(street, road + "s", Curve.Cut(line, split, length), pocket, upstream);
        return new RoadWay(stretch, entry, stop, pocket, length);
    }

    private static List<LaneDescription> Lanes(
        Street street, string road, List<Point> line, bool pocket, List<string> upstream)
    {
        var lanes = new List<LaneDescription>();
        if (pocket) lanes.Add(Lane(street, road, 0, line, upstream));
        for (int k = 0; k < street.Lanes; k++)
        {
            double right = street.MedianM / 2 + (k + 0.5) * Street.LaneWidthM;
            lanes.Add(Lane(street, road, lanes.Count, Curve.Right(line, right), upstream));
        }
        return lanes;
    }

    private static LaneDescription Lane(
        Street street, string road, int number, List<Point> line, List<string> upstream) => new()
        {
            Id = $"{road}.{number}",
            LengthM = Math.Round(Curve.Length(line), 2),
            SpeedMps = street.SpeedMps,
            WidthM = Street.LaneWidthM,
            Shape = Write(line),
            Upstream = upstream,
            Street = street.Name,
            Road = road,
        };

    public static List<double[]> Write(List<Point> line) =>
        [.. line.Select(p => new[] { Math.Round(p.X, 2), Math.Round(p.Y, 2) })];
}
