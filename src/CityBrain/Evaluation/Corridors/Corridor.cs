using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>A stop line of a corridor: whose, at how many metres, and which groups show the way on.</summary>
internal sealed record CorridorStop(Intersection Intersection, double AtM, int[] Groups);

/// <summary>
/// A way past several signals in one direction, for time-space diagrams: every lane on it with its place in metres
/// from the corridor's beginning.
/// </summary>
internal sealed class Corridor
{
    private const double LeadM = 200;

    private readonly City _city;
    private readonly Dictionary<int, (double FromM, double Scale)> _places = [];

    private Corridor(City city) => _city = city;

    public IReadOnlyList<CorridorStop> Stops { get; private init; } = [];
    public double LengthM { get; private set; }
    public string Name => string.Join(" > ", Stops.Select(s => s.Intersection.Id));

    /// <summary>Metres from the beginning, of something on a lane; false when the lane is not on the way.</summary>
    public bool TryPlace(int lane, double atM, out double distanceM)
    {
        distanceM = 0;
        if (!_places.TryGetValue(lane, out var place)) return false;
        distanceM = place.FromM + atM * place.Scale;
        return true;
    }

    /// <summary>The chain straight on with most signals, then most metres. Null in a city without signals.</summary>
    public static Corridor? Longest(City city)
    {
        var ways = new RoadWays(city);
        Corridor? best = null;
        foreach (Intersection i in city.Intersections)
            foreach (string road in ways.Approaches(i))
            {
                Corridor chain = Build(city, ways, road, StraightOn(city, ways, i, road));
                if (best is null || chain.Stops.Count > best.Stops.Count
                    || (chain.Stops.Count == best.Stops.Count && chain.LengthM > best.LengthM)) best = chain;
            }
        return best;
    }

    /// <summary>The corridor past these intersections in this order; null when no road leads from one to the next.</summary>
    public static Corridor? Through(City city, IReadOnlyList<int> intersections)
    {
        var ways = new RoadWays(city);
        foreach (string road in ways.Approaches(city.Intersections[intersections[0]]))
            if (Search(city, ways, intersections, 0, road) is { } hops)
                return Build(city, ways, road, [.. intersections.Zip(hops)]);
        return null;
    }

    /// <summary>The same signals the other way, null when there is no such way.</summary>
    public Corridor? Back() => Through(_city, [.. Stops.Reverse().Select(s => s.Intersection.Index)]);

    private static List<(int Intersection, Hop? Hop)> StraightOn(
        City city, RoadWays ways, Intersection first, string road)
    {
        var chain = new List<(int, Hop?)>();
        var met = new HashSet<int>();
        for (int at = first.Index; at >= 0 && met.Add(at);)
        {
            Hop? hop = ways.Hops(city.Intersections[at], road, straightOnly: true).FirstOrDefault();
            chain.Add((at, hop));
            at = hop?.Next ?? -1;
            road = hop?.Road ?? road;
        }
        return chain;
    }

    private static List<Hop?>? Search(City city, RoadWays ways, IReadOnlyList<int> path, int at, string road)
    {
        List<Hop> hops = ways.Hops(city.Intersections[path[at]], road, straightOnly: false);
        if (at == path.Count - 1) return [hops.Count > 0 ? hops[0] : null];
        foreach (Hop hop in hops)
            if (hop.Next == path[at + 1] && Search(city, ways, path, at + 1, hop.Road) is { } rest)
                return [hop, .. rest];
        return null;
    }

    private static Corridor Build(
        City city, RoadWays ways, string road, IReadOnlyList<(int Intersection, Hop? Hop)> chain)
    {
        var stops = new List<CorridorStop>();
        var corridor = new Corridor(city) { Stops = stops };
        foreach (WayPiece piece in ways.Before(road, LeadM)) corridor.Add(piece);
        corridor.Add(ways.Piece(road));
        foreach ((int i, Hop? hop) in chain)
        {
            Intersection intersection = city.Intersections[i];
            string exit = hop is null ? "" : RoadWays.RoadOf(city.Lanes[hop.Pieces
                .SelectMany(p => p.Lanes).First(l => city.Lanes[l].Kind == LaneKind.Road)]);
            stops.Add(new CorridorStop(intersection, corridor.LengthM, [.. intersection.Movements
                .Where(m => RoadWays.RoadOf(city.Lanes[m.From]) == road && RoadWays.RoadOf(city.Lanes[m.To]) == exit)
                .Select(m => m.Group).Distinct()]));
            if (hop is null) break;
            foreach (WayPiece piece in hop.Pieces) corridor.Add(piece);
            road = hop.Road;
        }
        return corridor;
    }

    private void Add(WayPiece piece)
    {
        foreach (int lane in piece.Lanes)
            _places.TryAdd(lane, (LengthM, piece.LengthM / _city.Lanes[lane].Length.Value));
        LengthM += piece.LengthM;
    }
}
