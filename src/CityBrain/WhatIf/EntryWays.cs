namespace CityBrain.WhatIf;

/// <summary>
/// Shares of the ways on, by where vehicles came in: who comes from A and wants to C is not like everybody else after A.
/// They begin with the vehicles that were followed, leaning to everybody's shares where few were, and are fitted to
/// the counted turns by proportional scaling (Deming and Stephan 1940), while the entries' flows are fitted to the
/// counted roads as in <see cref="DemandFit"/>.
/// </summary>
internal sealed class EntryWays
{
    /// <summary>Followed vehicles that weigh as much as everybody's shares.</summary>
    private const double PriorVehicles = 4;
    private const int Rounds = 60, MostSteps = 120;
    private const double MostCorrection = 2, Settled = 1e-7;

    private readonly RoadNetwork _roads;
    private readonly double[][] _everybodys;
    private readonly SortedDictionary<int, double[]>[] _own;

    public EntryWays(RoadNetwork roads, double[][] everybodys, VehicleFollowing? followed)
    {
        (_roads, _everybodys) = (roads, everybodys);
        _own = [.. roads.Entries.Select((_, e) =>
        {
            var own = new SortedDictionary<int, double[]>();
            if (followed is not null)
                foreach ((int road, double[] seen) in followed.Turns[e])
                    own[road] = [.. seen.Select((n, i) => (n + PriorVehicles * everybodys[road][i]) / (seen.Sum() + PriorVehicles))];
            return own;
        })];
    }

    /// <summary>Shares of the links from a road, of those who came in by an entry (a position in the entries).</summary>
    public double[] Of(int entry, int road) => _own[entry].GetValueOrDefault(road) ?? _everybodys[road];

    /// <summary>Fits shares and the entries' flows (by road) to what was counted.</summary>
    /// <param name="entering">By road: vehicles that enter; changed.</param>
    /// <param name="counted">By road: vehicles counted.</param>
    /// <param name="observed">By road: whether it is counted.</param>
    /// <param name="turned">By road and link: vehicles counted; null where they are not.</param>
    public void Fit(double[] entering, double[] counted, bool[] observed, double[]?[] turned)
    {
        for (int round = 0; round < Rounds; round++)
        {
            double[][] visits = [.. _roads.Entries.Select((_, e) => Visits(e))];
            var flows = new double[counted.Length];
            for (int e = 0; e < visits.Length; e++)
                for (int r = 0; r < flows.Length; r++) flows[r] += entering[_roads.Entries[e]] * visits[e][r];
            CorrectShares(entering, visits, turned);
            for (int e = 0; e < visits.Length; e++)
            {
                double weighted = 0, all = 0;
                for (int r = 0; r < flows.Length; r++)
                {
                    if (!observed[r] || flows[r] <= 1e-9) continue;
                    weighted += visits[e][r] * counted[r] / flows[r];
                    all += visits[e][r];
                }
                if (all > 1e-9) entering[_roads.Entries[e]] *= Math.Clamp(weighted / all, 1 / MostCorrection, MostCorrection);
            }
        }
    }

    /// <summary>By road: times that a vehicle of this entry drives along it, on average.</summary>
    private double[] Visits(int entry)
    {
        var visits = new double[_roads.Lanes.Length];
        var now = new SortedDictionary<int, double> { [_roads.Entries[entry]] = 1 };
        for (int step = 0; step < MostSteps && now.Count > 0; step++)
        {
            var next = new SortedDictionary<int, double>();
            foreach ((int road, double vehicles) in now)
            {
                visits[road] += vehicles;
                double[] shares = Of(entry, road);
                for (int i = 0; i < shares.Length; i++)
                {
                    int to = _roads.LinksFrom[road][i].To;
                    if (vehicles * shares[i] > Settled)
                        next[to] = next.GetValueOrDefault(to) + vehicles * shares[i];
                }
            }
            now = next;
        }
        return visits;
    }

    private void CorrectShares(double[] entering, double[][] visits, double[]?[] turned)
    {
        for (int road = 0; road < turned.Length; road++)
        {
            if (turned[road] is not { } counted || counted.Sum() <= 0) continue;
            var expected = new double[counted.Length];
            for (int e = 0; e < visits.Length; e++)
                for (int i = 0; i < expected.Length; i++)
                    expected[i] += entering[_roads.Entries[e]] * visits[e][road] * Of(e, road)[i];
            double sum = expected.Sum(), all = counted.Sum();
            if (sum <= 0) continue;
            double[] factors = [.. counted.Select((n, i) => expected[i] <= 1e-9 ? 1
                : Math.Clamp(n / all / (expected[i] / sum), 1 / MostCorrection, MostCorrection))];
            foreach (SortedDictionary<int, double[]> own in _own)
                if (own.TryGetValue(road, out double[]? shares)) Scale(shares, factors);
        }
    }

    private static void Scale(double[] shares, double[] factors)
    {
        for (int i = 0; i < shares.Length; i++) shares[i] *= factors[i];
        double sum = shares.Sum();
        for (int i = 0; i < shares.Length; i++) shares[i] = sum > 0 ? shares[i] / sum : 1.0 / shares.Length;
    }
}
