using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>A piece of the way: lanes side by side, and how long it is.</summary>
internal sealed record WayPiece(double LengthM, int[] Lanes);

/// <summary>
/// The way from one stop line to the next: through the junction, over its exit, and on until the road ends at another
/// signal or leaves the city.
/// </summary>
/// <param name="Pieces">In driving order.</param>
/// <param name="Road">The road that ends at the next signal; the last road where there is none.</param>
/// <param name="Next">The next intersection, -1 where there is none.</param>
internal sealed record Hop(IReadOnlyList<WayPiece> Pieces, string Road, int Next);

/// <summary>Finds ways along roads, all lanes of a road taken together: who drives on may change lanes.</summary>
internal sealed class RoadWays
{
    private const int MostPieces = 64;

    private readonly City _city;
    private readonly Dictionary<string, int[]> _lanes;

    public RoadWays(City city)
    {
        _city = city;
        _lanes = city.Lanes.Where(l => l is { Kind: LaneKind.Road, OnFoot: false })
            .GroupBy(RoadOf, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(l => l.Index).ToArray(), StringComparer.Ordinal);
    }

    /// <summary>The road of a lane; a lane that belongs to none is a road of its own.</summary>
    public static string RoadOf(Lane lane) => lane.Road ?? lane.Id;

    /// <summary>Roads that end at an intersection's stop lines.</summary>
    public IEnumerable<string> Approaches(Intersection i) =>
        i.StopLineLanes.Select(l => _city.Lanes[l]).Where(l => !l.OnFoot).Select(RoadOf).Distinct();

    /// <summary>A road as a piece of the way; its length is that of its longest lane.</summary>
    public WayPiece Piece(string road) => new(_lanes[road].Max(l => _city.Lanes[l].Length.Value), _lanes[road]);

    /// <summary>Ways on from a road's stop lines, by exit road; the most direct turn first.</summary>
    public List<Hop> Hops(Intersection at, string road, bool straightOnly)
    {
        var hops = new List<Hop>();
        var movements = at.Movements.Where(m => m.Turn is not (Turn.Crossing or Turn.UTurn)
            && RoadOf(_city.Lanes[m.From]) == road && _lanes.ContainsKey(RoadOf(_city.Lanes[m.To]))
            && (!straightOnly || m.Turn is Turn.Straight or Turn.SlightLeft or Turn.SlightRight));
        foreach (var exit in movements.GroupBy(m => RoadOf(_city.Lanes[m.To])).OrderBy(g => g.Min(m => m.Turn)))
        {
            List<WayPiece> pieces = [];
            int[] box = [.. exit.SelectMany(m => m.Via).Distinct()];
            double boxM = exit.Max(m => m.Via.Sum(v => _city.Lanes[v].Length.Value));
            if (box.Length > 0) pieces.Add(new WayPiece(boxM, box));
            hops.Add(Follow(pieces, exit.Key));
        }
        return hops;
    }

    /// <summary>Pieces that lead to a road from upstream, up to about so many metres, not past another signal.</summary>
    public List<WayPiece> Before(string road, double reachM)
    {
        var pieces = new List<WayPiece>();
        for (double far = 0; far < reachM && pieces.Count < MostPieces;)
        {
            string here = road;
            string? up = _lanes.Keys.Where(r => !HasSignal(r) && r != here)
                .FirstOrDefault(r => Ahead(r) is { } next && next.Road == here);
            if (up is null || Ahead(up) is not { } ahead) break;
            if (ahead.Between is { } between) pieces.Insert(0, between);
            pieces.Insert(0, Piece(up));
            far += pieces[0].LengthM;
            road = up;
        }
        return pieces;
    }

    private Hop Follow(List<WayPiece> pieces, string road)
    {
        for (; pieces.Count < MostPieces;)
        {
            pieces.Add(Piece(road));
            if (_lanes[road].Select(l => _city.Lanes[l]).FirstOrDefault(l => l.Movements.Length > 0) is { } stopLine)
                return new Hop(pieces, road, stopLine.Intersection);
            if (Ahead(road) is not { } next) break;
            if (next.Between is { } between) pieces.Add(between);
            road = next.Road;
        }
        return new Hop(pieces, road, -1);
    }

    private bool HasSignal(string road) => _lanes[road].Any(l => _city.Lanes[l].Movements.Length > 0);

    /// <summary>The road straight on where there is no signal, and what lies between; null at the city's end.</summary>
    private (string Road, WayPiece? Between)? Ahead(string road)
    {
        (string Road, WayPiece? Between)? best = null;
        double straightest = 0.5;
        foreach (Lane from in _lanes[road].Select(l => _city.Lanes[l]))
            foreach (int down in from.Downstream)
            {
                int[] box = _city.Lanes[down].Kind == LaneKind.Box ? BoxFrom(down) : [];
                int to = box.Length == 0 ? down : _city.Lanes[box[^1]].Downstream.FirstOrDefault(-1);
                if (to < 0 || !_lanes.ContainsKey(RoadOf(_city.Lanes[to]))) continue;
                double straight = Straightness(from, _city.Lanes[to]);
                if (straight <= straightest) continue;
                straightest = straight;
                best = (RoadOf(_city.Lanes[to]),
                    box.Length == 0 ? null : new WayPiece(box.Sum(b => _city.Lanes[b].Length.Value), box));
            }
        return best;
    }

    private int[] BoxFrom(int lane)
    {
        var box = new List<int>();
        for (int at = lane; at >= 0 && _city.Lanes[at].Kind == LaneKind.Box && box.Count < 8;
            at = _city.Lanes[at].Downstream.FirstOrDefault(-1)) box.Add(at);
        return [.. box];
    }

    /// <summary>Cosine of the angle between a lane's end and another one's beginning.</summary>
    public static double Straightness(Lane from, Lane to)
    {
        if (from.Shape.Length < 2 || to.Shape.Length < 2) return 1;
        (double ax, double ay) = (from.Shape[^1].X - from.Shape[^2].X, from.Shape[^1].Y - from.Shape[^2].Y);
        (double bx, double by) = (to.Shape[1].X - to.Shape[0].X, to.Shape[1].Y - to.Shape[0].Y);
        double lengths = Math.Sqrt((ax * ax + ay * ay) * (bx * bx + by * by));
        return lengths > 0 ? (ax * bx + ay * by) / lengths : 1;
    }
}
