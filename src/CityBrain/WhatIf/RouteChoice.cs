namespace CityBrain.WhatIf;

/// <summary>
/// Between which ends drivers choose their way. Who was seen to take the second way because the first was jammed would
/// take the first where another control keeps it clear; a recorded way is an answer to the recorded control.
/// </summary>
internal static class RouteChoice
{
    /// <summary>A way that fewer were followed along may be a mistake of the following.</summary>
    private const int LeastSeen = 2;

    /// <summary>Pairs of an entry and an exit (roads) between which several ways were seen, from end to end.</summary>
    public static HashSet<(int Entry, int Exit)> Of(Demand demand, RoadNetwork roads) =>
        [.. demand.Arrivals.OfType<EntryArrivals>().SelectMany(e => e.All)
            .Where(a => a.Way.Count > 1 && roads.LinksFrom[a.Way[^1]].Length == 0)
            .GroupBy(a => (a.Way[0], a.Way[^1]))
            .Where(ends => ends.GroupBy(a => string.Join(' ', a.Way)).Count(w => w.Count() >= LeastSeen) > 1)
            .Select(ends => ends.Key)];
}

/// <summary>Another assumption that the recording allows as well.</summary>
/// <param name="Name">In words.</param>
/// <param name="Demand">Factor on the number of vehicles.</param>
/// <param name="OtherWays">Drivers keep their ways instead of choosing them, or the reverse.</param>
internal sealed record WhatIfVariation(string Name, double Demand = 1, bool OtherWays = false)
{
    public static WhatIfVariation None { get; } = new("");

    public static IReadOnlyList<WhatIfVariation> OfDemand { get; } = [new("5 % less demand", 0.95), new("5 % more demand", 1.05)];
}

/// <summary>The change in delay under a variation, seconds a vehicle.</summary>
/// <param name="Variation">What was assumed.</param>
/// <param name="ChangeS">The answer, moved by as much as the first seed's change is by the variation.</param>
internal sealed record VariedChange(WhatIfVariation Variation, double ChangeS);
