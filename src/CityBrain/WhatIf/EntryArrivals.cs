namespace CityBrain.WhatIf;

/// <summary>A vehicle as it came in.</summary>
/// <param name="AtS">When it passed the road's beginning, seconds of the feed's clock.</param>
/// <param name="Lane">The entry's lane it was first seen on; -1 where the entry is out of view.</param>
/// <param name="FromStanding">It may have started from standing at the road's beginning.</param>
/// <param name="Clear">Nobody was near ahead.</param>
/// <param name="Way">Roads that it took, the entry first, for as long as it was followed.</param>
internal sealed record Arrival(double AtS, int Lane, bool FromStanding, bool Clear, List<int> Way);

/// <summary>Who came in by one road, and when it was full.</summary>
internal sealed class EntryArrivals(int[] lanes)
{
    /// <summary>A lane full for less may be one vehicle that sets off; seconds.</summary>
    private const double LeastFullS = 5;
    /// <summary>As long as another vehicle follows within this time of there being room, some wait outside; seconds.</summary>
    private const double FollowsWithinS = 5;
    /// <summary>A lane counts as one to come in by from this share of the arrivals on.</summary>
    private const double UsedShare = 0.25;
    private const int LeastClear = 5;

    private readonly List<Arrival> _arrivals = [];
    private readonly List<(double FromS, double ToS)>[] _full = [.. lanes.Select(_ => new List<(double, double)>())];

    public int[] Lanes { get; } = lanes;
    public IReadOnlyList<Arrival> All => _arrivals;

    /// <summary>Notes an arrival; its number.</summary>
    public int Add(Arrival arrival)
    {
        _arrivals.Add(arrival);
        return _arrivals.Count - 1;
    }

    /// <summary>No room on a lane at this instant.</summary>
    public void Full(int lane, double atS)
    {
        List<(double FromS, double ToS)> full = _full[Array.IndexOf(Lanes, lane)];
        if (full.Count > 0 && atS - full[^1].ToS <= 1.5) full[^1] = (full[^1].FromS, atS);
        else full.Add((atS, atS));
    }

    /// <summary>
    /// Share of the vehicles that start from standing where they come in, as where a simulation or a car park lets them
    /// in; of those with nobody ahead.
    /// </summary>
    public double StandingShare
    {
        get
        {
            int clear = _arrivals.Count(a => a.Clear);
            return clear < LeastClear ? 0 : (double)_arrivals.Count(a => a.Clear && a.FromStanding) / clear;
        }
    }

    /// <summary>
    /// Vehicles that came to the entry, by part of the time. While the entry is full some wait out of sight: from its first
    /// being full until nobody follows into the room there is, they are taken to have come as steadily as those that
    /// drove in allow (the least concave curve above the cumulative count: nobody drives in before having come).
    /// </summary>
    public double[] ByPart(double fromS, int parts, double partS)
    {
        var sum = new double[parts + 1];
        foreach (Arrival a in _arrivals) sum[1 + Math.Clamp((int)((a.AtS - fromS) / partS), 0, parts - 1)]++;
        for (int p = 0; p < parts; p++) sum[p + 1] += sum[p];
        foreach ((double beginS, double endS) in Waiting())
            Straighten(sum, Math.Clamp((int)((beginS - fromS) / partS), 0, parts),
                Math.Clamp((int)Math.Ceiling((endS - fromS) / partS), 0, parts));
        return [.. Enumerable.Range(0, parts).Select(p => sum[p + 1] - sum[p])];
    }

    /// <summary>Stretches of time in which some may have waited outside.</summary>
    private List<(double BeginS, double EndS)> Waiting()
    {
        int[] used = [.. Enumerable.Range(0, Lanes.Length).Where(l =>
            _arrivals.Count(a => a.Lane == Lanes[l]) >= UsedShare * _arrivals.Count)];
        var full = used.SelectMany(l => _full[l]).Where(f => f.ToS - f.FromS >= LeastFullS).Order().ToArray();
        var waiting = new List<(double BeginS, double EndS)>();
        double[] arrived = [.. _arrivals.Select(a => a.AtS).Order()];
        int next = 0;
        foreach ((double beginS, double toS) in full)
        {
            if (waiting.Count > 0 && beginS <= waiting[^1].EndS + FollowsWithinS)
                waiting[^1] = (waiting[^1].BeginS, Math.Max(waiting[^1].EndS, toS));
            else waiting.Add((beginS, toS));
            for (; next < arrived.Length && arrived[next] <= waiting[^1].EndS + FollowsWithinS; next++)
                waiting[^1] = (waiting[^1].BeginS, Math.Max(waiting[^1].EndS, arrived[next]));
        }
        return waiting;
    }

    /// <summary>Lifts a cumulative curve between two of its points to its upper hull (monotone chain).</summary>
    private static void Straighten(double[] sum, int from, int to)
    {
        var hull = new List<int>();
        for (int p = from; p <= to; p++)
        {
            while (hull.Count > 1 && (sum[hull[^1]] - sum[hull[^2]]) * (p - hull[^2])
                <= (sum[p] - sum[hull[^2]]) * (hull[^1] - hull[^2])) hull.RemoveAt(hull.Count - 1);
            hull.Add(p);
        }
        for (int h = 0; h + 1 < hull.Count; h++)
            for (int p = hull[h] + 1; p < hull[h + 1]; p++)
                sum[p] = sum[hull[h]] + (sum[hull[h + 1]] - sum[hull[h]]) * (p - hull[h]) / (hull[h + 1] - hull[h]);
    }
}
