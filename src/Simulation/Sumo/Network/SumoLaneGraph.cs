namespace CityBrain.Simulation.Sumo;

/// <summary>Lanes of a network and which leads onto which, also through the lanes inside junctions.</summary>
internal sealed class SumoLaneGraph
{
    private static readonly List<string> Nothing = [];
    private readonly Dictionary<string, SumoLane> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _upstream = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _downstream = new(StringComparer.Ordinal);
    private readonly Dictionary<(string From, string To), string?> _inside = [];

    public SumoLaneGraph(SumoNetFile net)
    {
        foreach (SumoEdge edge in net.Edges)
            foreach (SumoLane lane in edge.Lanes)
                _lanes[lane.Id] = lane;
        foreach (SumoConnection c in net.Connections)
        {
            if (c.FromInside) _inside.TryAdd((c.FromLane, c.ToLane), c.Via);
            Link(c.FromLane, c.Via is not null && _lanes.ContainsKey(c.Via) ? c.Via : c.ToLane);
        }
        // Files without the connections inside junctions: the last lane inside leads to the exit.
        foreach (SumoConnection c in net.Connections)
            if (c.Via is not null && _lanes.ContainsKey(c.Via) && Downstream(c.Via).Count == 0) Link(c.Via, c.ToLane);
    }

    public SumoLane this[string id] => _lanes[id];

    public bool Has(string lane) => _lanes.ContainsKey(lane);

    public IReadOnlyList<string> Upstream(string lane) => _upstream.GetValueOrDefault(lane, Nothing);

    public IReadOnlyList<string> Downstream(string lane) => _downstream.GetValueOrDefault(lane, Nothing);

    /// <summary>The lanes inside the junction that a connection runs over, in driving order.</summary>
    public List<string> Inside(SumoConnection c)
    {
        var result = new List<string>();
        string? lane = c.Via;
        while (lane is not null && _lanes.ContainsKey(lane) && !result.Contains(lane))
        {
            result.Add(lane);
            lane = _inside.GetValueOrDefault((lane, c.ToLane));
        }
        return result;
    }

    private void Link(string from, string to)
    {
        if (!_lanes.ContainsKey(from) || !_lanes.ContainsKey(to)) return;
        Add(_upstream, to, from);
        Add(_downstream, from, to);
    }

    private static void Add(Dictionary<string, List<string>> map, string key, string value)
    {
        if (!map.TryGetValue(key, out List<string>? list)) map[key] = list = [];
        if (!list.Contains(value)) list.Add(value);
    }
}
