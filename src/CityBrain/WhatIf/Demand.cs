using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>Who comes when from where, and which way they turn: what a simulation needs in place of the recording.</summary>
internal sealed class Demand
{
    /// <summary>Vehicles that enter, by entry of <see cref="RoadNetwork.Entries"/> and part of the time.</summary>
    public required double[][] Entering { get; init; }
    /// <summary>By entry, road and link from it: share of the entry's vehicles on the road; they sum to one.</summary>
    public required EntryWays Ways { get; init; }
    /// <summary>By entry: those who were seen to come in, who are all then; null where some were not.</summary>
    public required EntryArrivals?[] Arrivals { get; init; }
    /// <summary>All vehicles.</summary>
    public double Vehicles => Entering.Sum(e => e.Sum());
}

/// <summary>
/// Estimates demand from counts. Turning shares at signals are as counted. The flows of the entries, and the shares where
/// no signal stands, are those under which the expected flows meet the counted ones: vehicles drive as a Markov chain over
/// roads, and both are corrected by the ratio of counted to expected vehicles downstream until it is one (multiplicative
/// algebraic reconstruction; Gordon, Bender and Herman 1970). When they enter follows the first road on their way whose
/// vehicles are counted, earlier by the time of driving there.
/// </summary>
internal static class DemandFit
{
    private const int Rounds = 200, FlowSweeps = 60;
    private const double FirstGuess = 50, MostCorrection = 4, MostLeftOver = 1.5, MostUnexpected = 2;

    /// <param name="city">The city.</param>
    /// <param name="roads">Its roads.</param>
    /// <param name="counts">What was counted.</param>
    /// <param name="followed">Vehicles followed in the same time; null: only counts.</param>
    public static Demand Fit(City city, RoadNetwork roads, StreetCounts counts, VehicleFollowing? followed = null)
    {
        bool[] observed = Observed(roads, counts);
        double[] counted = [.. roads.Lanes.Select(lanes => lanes.Sum(l => Counted(city, city.Lanes[l], counts)))];
        bool[] signalled = [.. roads.LinksFrom.Select(links => links.Any(l => l.Movements.Length > 0))];
        double[][] shares = FirstShares(city, roads, counts);
        var entering = new double[roads.Lanes.Length];
        foreach (int e in roads.Entries) entering[e] = FirstGuess;
        for (int round = 0; round < Rounds; round++)
        {
            double[] flows = Flows(roads, entering, shares);
            (double[] weighted, double[] visits) = Corrections(roads, shares, counted, observed, flows);
            foreach (int e in roads.Entries)
                if (visits[e] > 1e-9) entering[e] *= Correction(weighted[e], visits[e]);
            CorrectShares(roads, signalled, shares, weighted, visits);
        }
        var ways = new EntryWays(roads, shares, followed);
        if (followed is not null) ways.Fit(entering, counted, observed, Turned(city, roads, counts, signalled));
        EntryArrivals?[] seen = [.. roads.Entries.Select((road, e) =>
            followed?.Entries[e] is { } all && Trusted(all, entering[road]) ? all : null)];
        return new Demand
        {
            Entering = [.. roads.Entries.Select((road, e) =>
                seen[e]?.ByPart(counts.FromS, counts.Parts, StreetCounts.PartS)
                ?? OverTime(city, roads, counts, shares, observed, road, entering[road]))],
            Ways = ways,
            Arrivals = seen,
        };
    }

    /// <summary>Arrivals that were seen are taken for all when they are about as many as the counts say.</summary>
    private static bool Trusted(EntryArrivals seen, double vehicles) =>
        seen.All.Count >= vehicles / MostLeftOver && seen.All.Count <= vehicles * MostUnexpected;

    /// <summary>By road and link: vehicles that turned, where signals stand.</summary>
    private static double[]?[] Turned(City city, RoadNetwork roads, StreetCounts counts, bool[] signalled) =>
        [.. roads.LinksFrom.Select((links, r) => !signalled[r] ? null
            : links.Select(l => l.Movements.Sum(m => counts.Of(city.Movements[m]))).ToArray())];

    /// <summary>
    /// Roads whose vehicles are counted. An entry is left to the road after it where that one is counted: vehicles may
    /// come onto an entry anywhere, so that not all drive along the whole of it.
    /// </summary>
    private static bool[] Observed(RoadNetwork roads, StreetCounts counts)
    {
        bool[] observed = [.. roads.Lanes.Select(lanes => lanes.All(counts.IsObserved))];
        bool[] next = [.. roads.LinksFrom.Select(links => links.Any(l => observed[l.To]))];
        foreach (int e in roads.Entries)
            if (next[e] && roads.LinksFrom[e].All(l => l.Movements.Length == 0)) observed[e] = false;
        return observed;
    }

    /// <summary>Of a stop-line lane the vehicles that left it, of another observed one those that drove along it.</summary>
    private static double Counted(City city, Lane lane, StreetCounts counts)
    {
        if (lane.Movements.Length > 0) return lane.Movements.Sum(m => counts.Of(city.Movements[m]));
        double sum = 0;
        foreach (float part in counts.OverTime(lane.Index)) sum += part;
        return sum;
    }

    /// <summary>Counted shares at signals, equal ones elsewhere.</summary>
    private static double[][] FirstShares(City city, RoadNetwork roads, StreetCounts counts) =>
        [.. roads.LinksFrom.Select(links =>
        {
            double[] weights = [.. links.Select(l => l.Movements.Sum(m => counts.Of(city.Movements[m])))];
            double sum = weights.Sum();
            return links.Select((_, i) => sum > 0 ? weights[i] / sum : 1.0 / links.Length).ToArray();
        })];

    /// <summary>Expected vehicles on each road, by repeated sweeps (roads may lead in circles).</summary>
    private static double[] Flows(RoadNetwork roads, double[] entering, double[][] shares)
    {
        var flows = (double[])entering.Clone();
        for (int sweep = 0; sweep < FlowSweeps; sweep++)
        {
            var next = (double[])entering.Clone();
            for (int r = 0; r < flows.Length; r++)
                for (int i = 0; i < roads.LinksFrom[r].Length; i++)
                    next[roads.LinksFrom[r][i].To] += flows[r] * shares[r][i];
            double change = flows.Zip(next, (a, b) => Math.Abs(a - b)).Sum();
            flows = next;
            if (change < 1e-6) break;
        }
        return flows;
    }

    /// <summary>From each road on: expected counts that will be made of a vehicle, plain and by counted over expected.</summary>
    private static (double[] Weighted, double[] Visits) Corrections(
        RoadNetwork roads, double[][] shares, double[] counted, bool[] observed, double[] flows)
    {
        var weighted = new double[flows.Length];
        var visits = new double[flows.Length];
        for (int sweep = 0; sweep < FlowSweeps; sweep++)
        {
            double change = 0;
            for (int r = flows.Length - 1; r >= 0; r--)
            {
                double w = observed[r] && flows[r] > 1e-9 ? counted[r] / flows[r] : 0, v = observed[r] ? 1 : 0;
                for (int i = 0; i < shares[r].Length; i++)
                {
                    w += shares[r][i] * weighted[roads.LinksFrom[r][i].To];
                    v += shares[r][i] * visits[roads.LinksFrom[r][i].To];
                }
                change += Math.Abs(w - weighted[r]) + Math.Abs(v - visits[r]);
                (weighted[r], visits[r]) = (w, v);
            }
            if (change < 1e-9) break;
        }
        return (weighted, visits);
    }

    private static void CorrectShares(
        RoadNetwork roads, bool[] signalled, double[][] shares, double[] weighted, double[] visits)
    {
        for (int r = 0; r < shares.Length; r++)
        {
            if (signalled[r] || shares[r].Length < 2) continue;
            for (int i = 0; i < shares[r].Length; i++)
            {
                int to = roads.LinksFrom[r][i].To;
                if (visits[to] > 1e-9) shares[r][i] *= Correction(weighted[to], visits[to]);
            }
            double sum = shares[r].Sum();
            for (int i = 0; i < shares[r].Length; i++)
                shares[r][i] = sum > 0 ? shares[r][i] / sum : 1.0 / shares[r].Length;
        }
    }

    private static double Correction(double weighted, double visits) =>
        Math.Clamp(weighted / visits, 1 / MostCorrection, MostCorrection);

    private static double[] OverTime(
        City city, RoadNetwork roads, StreetCounts counts, double[][] shares, bool[] observed, int entry, double vehicles)
    {
        int road = entry;
        double driveS = 0;
        for (int steps = 0; !observed[road] && shares[road].Length > 0 && steps < 64; steps++)
        {
            Lane first = city.Lanes[roads.Lanes[road][0]];
            driveS += first.Length.Value / first.Limit.MetresPerSecond;
            road = roads.LinksFrom[road][Array.IndexOf(shares[road], shares[road].Max())].To;
        }
        var counted = new double[counts.Parts];
        double left = 0;
        foreach (int lane in roads.Lanes[road])
        {
            left += counts.Left(lane);
            for (int p = 0; p < counts.OverTime(lane).Length; p++) counted[p] += counts.OverTime(lane)[p];
        }
        driveS += roads.Lanes[road].Average(l => counts.CountedAtM(l) / city.Lanes[l].Limit.MetresPerSecond);
        double[] profile = Arrivals(counted);
        double sum = profile.Sum();
        // Who still stood before the stop line at the end has come, too.
        double come = left > 0 ? vehicles * Math.Clamp(sum / left, 1, MostLeftOver) : vehicles;
        if (sum <= 0) return [.. profile.Select(_ => come / profile.Length)];
        return Earlier([.. profile.Select(x => come * x / sum)], (int)Math.Round(driveS / StreetCounts.PartS));
    }

    /// <summary>
    /// Arrivals by part out of counts that waver by parts of a vehicle (who leaves the view is counted in the box a
    /// little later): what the sum so far exceeds its highest value by.
    /// </summary>
    private static double[] Arrivals(double[] counted)
    {
        var arrivals = new double[counted.Length];
        double sum = 0, highest = 0;
        for (int p = 0; p < counted.Length; p++)
        {
            sum += counted[p];
            arrivals[p] = Math.Max(0, sum - highest);
            highest = Math.Max(highest, sum);
        }
        return arrivals;
    }

    /// <summary>The same some parts earlier; who came in the last parts was not counted any more: as many as usual.</summary>
    private static double[] Earlier(double[] profile, int parts)
    {
        if (parts <= 0 || parts * 2 > profile.Length) return profile;
        double[] kept = profile[parts..];
        return [.. kept, .. Enumerable.Repeat(kept.Average(), parts)];
    }
}
