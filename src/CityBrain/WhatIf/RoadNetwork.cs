using CityBrain.Evaluation;
using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>A way from the end of one road to another one.</summary>
/// <param name="From">Index of the road.</param>
/// <param name="To">Index of the road it leads onto.</param>
/// <param name="Movements">The signalled movements that make it up; none where no signal stands between.</param>
internal sealed record RoadLink(int From, int To, int[] Movements);

/// <summary>
/// A city as roads: the lanes of one road taken together, since drivers change between them. Only ways for cars.
/// </summary>
internal sealed class RoadNetwork
{
    private readonly City _city;
    private readonly bool[] _forCars;

    public RoadNetwork(City city)
    {
        _city = city;
        _forCars = [.. city.Lanes.Select((l, i) => !l.OnFoot
            && (city.Description.Lanes[i].Allows is { Count: 0 } || city.Description.Lanes[i].Allows.Contains("car")))];
        var roads = city.Lanes.Where(l => l.Kind == LaneKind.Road && _forCars[l.Index])
            .GroupBy(RoadWays.RoadOf, StringComparer.Ordinal).ToArray();
        Names = [.. roads.Select(g => g.Key)];
        Lanes = [.. roads.Select(g => g.Select(l => l.Index).ToArray())];
        OfLane = [.. Enumerable.Repeat(-1, city.Lanes.Length)];
        for (int r = 0; r < Lanes.Length; r++)
            foreach (int lane in Lanes[r]) OfLane[lane] = r;
        Links = [.. Enumerable.Range(0, Lanes.Length).SelectMany(LinksOf)];
        LinksFrom = [.. Enumerable.Range(0, Lanes.Length).Select(r => Links.Where(l => l.From == r).ToArray())];
        Entries = [.. Enumerable.Range(0, Lanes.Length).Where(r => !Links.Any(l => l.To == r))];
    }

    public string[] Names { get; }
    /// <summary>By road: its lanes for cars.</summary>
    public int[][] Lanes { get; }
    /// <summary>By lane: its road, -1 for none.</summary>
    public int[] OfLane { get; }
    public RoadLink[] Links { get; }
    public RoadLink[][] LinksFrom { get; }
    /// <summary>Roads that nothing leads onto.</summary>
    public int[] Entries { get; }

    private IEnumerable<RoadLink> LinksOf(int road)
    {
        var movements = new SortedDictionary<int, List<int>>();
        foreach (int lane in Lanes[road])
        {
            foreach (int m in _city.Lanes[lane].Movements)
                if (OfLane[_city.Movements[m].To] >= 0) Of(OfLane[_city.Movements[m].To]).Add(m);
            foreach (int next in RoadsAfter(lane)) Of(next);
        }
        return movements.Select(x => new RoadLink(road, x.Key, [.. x.Value]));

        List<int> Of(int to)
        {
            if (!movements.TryGetValue(to, out List<int>? list)) movements[to] = list = [];
            return list;
        }
    }

    /// <summary>Roads that a lane leads onto, through boxes; not straight back at the end of a dead-end road.</summary>
    private IEnumerable<int> RoadsAfter(int lane)
    {
        var next = new Queue<int>(_city.Lanes[lane].Downstream);
        for (int i = 0; i < 32 && next.TryDequeue(out int at); i++)
        {
            if (!_forCars[at]) continue;
            if (OfLane[at] >= 0)
            {
                if (!TurnsBack(_city.Lanes[lane], _city.Lanes[at])) yield return OfLane[at];
            }
            else
                foreach (int down in _city.Lanes[at].Downstream) next.Enqueue(down);
        }
    }

    private static bool TurnsBack(Lane from, Lane to)
    {
        if (from.Shape.Length < 2 || to.Shape.Length < 2 || from.Movements.Length > 0) return false;
        return from.Shape[^1].DistanceTo(to.Shape[0]) < 25 && RoadWays.Straightness(from, to) < -0.95;
    }
}
