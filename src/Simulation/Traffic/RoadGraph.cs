using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>A way on from the end of a lane.</summary>
/// <param name="Next">The lane it leads onto.</param>
/// <param name="Movement">The movement (global index) whose signal it obeys, or -1.</param>
/// <param name="Exit">The first lane past the box, for the room behind its last vehicle.</param>
public readonly record struct Link(int Next, int Movement, int Exit);

/// <summary>The lanes of a city as vehicles use them: links, entries and exits, by dense lane index.</summary>
public sealed class RoadGraph
{
    /// <summary>Lays the graph of a city.</summary>
    public RoadGraph(City city)
    {
        City = city;
        Links = [.. city.Lanes.Select(l => LinksOf(city, l))];
        LengthM = [.. city.Lanes.Select(l => (float)l.Length.Value)];
        LimitMps = [.. city.Lanes.Select(l => (float)l.Limit.MetresPerSecond)];
        Lane[] roads = [.. city.Lanes.Where(l => l.Kind == LaneKind.Road && !l.OnFoot)];
        Entries = [.. roads.Where(l => l.Upstream.All(u => city.Lanes[u].OnFoot)).Select(l => l.Index)];
        Exits = [.. roads.Where(l => Links[l.Index].Length == 0).Select(l => l.Index)];
    }

    public City City { get; }
    /// <summary>By lane; empty where trips end.</summary>
    public Link[][] Links { get; }
    public float[] LengthM { get; }
    public float[] LimitMps { get; }
    /// <summary>Road lanes that nothing leads onto: trips begin here.</summary>
    public int[] Entries { get; }
    /// <summary>Road lanes that lead nowhere: trips end here.</summary>
    public int[] Exits { get; }

    private static Link[] LinksOf(City city, Lane lane)
    {
        if (lane.OnFoot) return [];
        var links = new List<Link>();
        foreach (int m in lane.Movements)
        {
            Movement movement = city.Movements[m];
            links.Add(new Link(movement.Via.Length > 0 ? movement.Via[0] : movement.To, m, movement.To));
        }
        foreach (int next in lane.Downstream)
            if (!city.Lanes[next].OnFoot && links.All(l => l.Next != next)) links.Add(new Link(next, -1, next));
        return [.. links];
    }
}
