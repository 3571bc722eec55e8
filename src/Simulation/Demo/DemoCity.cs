using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// Lanhe, a made-up river town: some eighty intersections with signals, five bridges, a ring road, avenues, an old
/// centre and a south bank. Needs nothing installed.
/// </summary>
public static class DemoCity
{
    public const string Name = "Lanhe";

    /// <summary>The city as its file would say it.</summary>
    /// <param name="seed">0 for the city as drawn; any other shifts the bends of its smaller streets a little.</param>
    public static CityDescription Describe(ulong seed = 0)
    {
        var net = new StreetNet(Shifted(seed));
        Junction[] junctions = [.. net.Nodes.Select(n => new Junction(n))];
        var roads = new RoadPieces(net, (node, leg) => junctions[node.Index].Has(node.Legs.IndexOf(leg), Turn.Left));
        JunctionPlan[] plans = [.. net.Nodes.Select(n => new JunctionPlan(n, junctions[n.Index], roads))];
        IntersectionDescription[] intersections =
            [.. plans.Select((p, i) => p.Describe(DistrictOf(net.Nodes[i].At)))];

        var upstream = plans.SelectMany(p => p.Exits).ToLookup(e => e.Exit.Id, e => e.From);
        IEnumerable<LaneDescription> lanes = roads.All.SelectMany(w => w.Entry.Concat(w.Stop)).DistinctBy(l => l.Id)
            .Select(l => l with { Upstream = [.. l.Upstream, .. upstream[l.Id]] });
        return new CityDescription
        {
            Name = Name,
            Districts = [.. StreetMap.Districts.Select(d => new DistrictDescription(d.Id, d.Name))],
            Lanes = [.. lanes, .. plans.SelectMany(p => p.Lanes)],
            Intersections = intersections,
            Detectors = [.. plans.SelectMany(p => p.Sensors())],
        };
    }

    /// <summary>The description, checked.</summary>
    public static City Build(ulong seed = 0) => CityBuilder.Build(Describe(seed));

    /// <summary>Water, parks and names to draw behind the streets.</summary>
    public static Scenery Scenery() => DemoScenery.Draw();

    internal static string DistrictOf(Point at)
    {
        bool north = at.Y > DemoScenery.RiverY(at.X);
        if (!north) return at.X < -450 ? "hillside" : "south-bank";
        if (at.X > 760) return "harbour";
        return at.X < -760 || at.Y > 700 ? "northgate" : "old-town";
    }

    /// <summary>Moves the inner points of collectors and side streets by up to 8 m.</summary>
    private static List<Street> Shifted(ulong seed)
    {
        if (seed == 0) return [.. StreetMap.Streets];
        var random = SeededRandom.For(seed, 0x57EE7);
        var streets = new List<Street>();
        foreach (Street street in StreetMap.Streets)
        {
            var points = ((double X, double Y)[])street.Points.Clone();
            for (int i = 1; i < points.Length - 1; i++)
                if (street.Rank <= StreetRank.Collector)
                    points[i] = (points[i].X + random.Next(-8.0, 8.0), points[i].Y + random.Next(-8.0, 8.0));
            streets.Add(street with { Points = points });
        }
        return streets;
    }
}
