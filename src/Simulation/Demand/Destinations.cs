using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// Trips with a destination: each driver takes the way with the least time to go, as known from free speeds and
/// turns, with a liking of their own and an eye on the queues at hand.
/// </summary>
public sealed class Destinations : IRouter
{
    private const float TurnS = 6, LeftTurnS = 14, QueueS = 2.5f, LikingShare = 0.25f, FarS = 1e9f;

    private readonly RoadGraph _roads;
    private readonly float[] _attraction;
    /// <summary>Seconds to go from the beginning of lane l to exit e, at [e * lanes + l].</summary>
    private readonly float[] _toGoS;

    /// <summary>Prepares the way to every exit.</summary>
    /// <param name="roads">The network.</param>
    /// <param name="attraction">By exit, in the order of <see cref="RoadGraph.Exits"/>: its weight as a destination.</param>
    public Destinations(RoadGraph roads, ReadOnlySpan<float> attraction)
    {
        _roads = roads;
        _attraction = attraction.ToArray();
        int lanes = roads.LengthM.Length;
        _toGoS = new float[roads.Exits.Length * lanes];
        Array.Fill(_toGoS, FarS);
        for (int e = 0; e < roads.Exits.Length; e++) FillToGo(roads.Exits[e], _toGoS.AsSpan(e * lanes, lanes));
    }

    public int Destination(int entryLane, ref SeededRandom random)
    {
        float sum = 0;
        for (int e = 0; e < _attraction.Length; e++) sum += Weight(e, entryLane);
        double draw = random.NextShare() * sum;
        int last = 0;
        for (int e = 0; e < _attraction.Length; e++)
        {
            float weight = Weight(e, entryLane);
            if (weight <= 0) continue;
            last = e;
            draw -= weight;
            if (draw < 0) break;
        }
        return last;
    }

    public int Choose(
        int lane, ReadOnlySpan<Link> links, int destination, ReadOnlySpan<int> vehiclesOnLane, ref uint random)
    {
        ReadOnlySpan<float> toGo = _toGoS.AsSpan(destination * _roads.LengthM.Length, _roads.LengthM.Length);
        int best = 0;
        float least = float.MaxValue;
        for (int i = 0; i < links.Length; i++)
        {
            float here = TurnCost(links[i]) + _roads.LengthM[links[i].Next] / _roads.LimitMps[links[i].Next];
            float s = toGo[links[i].Next] + TurnCost(links[i]) + QueueS * vehiclesOnLane[links[i].Next]
                + LikingShare * here * Following.NextShare(ref random);
            if (s >= least) continue;
            least = s;
            best = i;
        }
        return best;
    }

    private float Weight(int exit, int entryLane) =>
        _toGoS[exit * _roads.LengthM.Length + entryLane] < FarS ? _attraction[exit] : 0;

    private float TurnCost(Link link) => link.Movement < 0 ? 0 : _roads.City.Movements[link.Movement].Turn switch
    {
        Turn.Straight or Turn.SlightLeft or Turn.SlightRight => TurnS,
        Turn.Right => TurnS,
        _ => LeftTurnS,
    };

    /// <summary>Shortest times to one exit, backwards (Dijkstra 1959).</summary>
    private void FillToGo(int exit, Span<float> toGo)
    {
        var open = new PriorityQueue<int, (float, int)>();
        toGo[exit] = TravelS(exit);
        open.Enqueue(exit, (toGo[exit], exit));
        while (open.TryDequeue(out int lane, out (float S, int) at))
        {
            if (at.S > toGo[lane]) continue;
            foreach (int up in _roads.City.Lanes[lane].Upstream)
            {
                foreach (Link link in _roads.Links[up])
                {
                    if (link.Next != lane) continue;
                    float s = at.S + TurnCost(link) + TravelS(up);
                    if (s >= toGo[up]) continue;
                    toGo[up] = s;
                    open.Enqueue(up, (s, up));
                }
            }
        }
    }

    private float TravelS(int lane) => _roads.LengthM[lane] / _roads.LimitMps[lane];
}
