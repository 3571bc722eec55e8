using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>How many trips begin on each entry lane: vehicles an hour, times a profile of the day.</summary>
public sealed class EntryFlows
{
    private readonly double[] _perSecond;
    private readonly (double AtS, double Share)[] _profile;

    /// <summary>Flows by entry lane, in the order of <see cref="RoadGraph.Entries"/>.</summary>
    /// <param name="vehiclesPerHour">At a share of one; at most one vehicle a second and lane.</param>
    /// <param name="profile">Seconds of the day with the share of the flow, in order; between them it is even.</param>
    public EntryFlows(IEnumerable<double> vehiclesPerHour, IEnumerable<(double AtS, double Share)>? profile = null)
    {
        _perSecond = [.. vehiclesPerHour.Select(v => v / 3600)];
        _profile = profile is null ? [(0, 1)] : [.. profile];
    }

    /// <summary>Share of the flow at a second of the day.</summary>
    public double Share(double dayS)
    {
        if (dayS <= _profile[0].AtS) return _profile[0].Share;
        for (int i = 1; i < _profile.Length; i++)
        {
            if (dayS > _profile[i].AtS) continue;
            (double a, double b) = (_profile[i - 1].AtS, _profile[i].AtS);
            return _profile[i - 1].Share + (_profile[i].Share - _profile[i - 1].Share) * (dayS - a) / (b - a);
        }
        return _profile[^1].Share;
    }

    /// <summary>Does a trip begin on this entry in this second? Arrivals are independent from second to second.</summary>
    public bool Begins(int entry, double share, ref SeededRandom random) =>
        random.NextShare() < _perSecond[entry] * share;
}
