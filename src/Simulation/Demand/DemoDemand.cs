using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>A working day's morning in the demo city: into town over the avenues, from the suburbs to the centre.</summary>
public static class DemoDemand
{
    private const double OutOfTownM = 1500;

    /// <summary>Relative demand over the morning; the peak is at eight.</summary>
    public static readonly (double AtS, double Share)[] Morning =
    [
        (6 * 3600, 0.30), (6.5 * 3600, 0.45), (7 * 3600, 0.65), (7.5 * 3600, 0.90), (8 * 3600, 1.0),
        (8.5 * 3600, 0.92), (9 * 3600, 0.70), (10 * 3600, 0.55), (24 * 3600, 0.30),
    ];

    /// <summary>Flows into each entry lane at the peak.</summary>
    public static EntryFlows Flows(RoadGraph roads, double scale = 1) =>
        new(roads.Entries.Select(e => scale * PeakFlow(roads, e)), Morning);

    /// <summary>Trips to every exit; offices and shops are in the centre.</summary>
    public static Destinations Router(RoadGraph roads) =>
        new(roads, [.. roads.Exits.Select(e => Attraction(roads, e))]);

    private static double PeakFlow(RoadGraph roads, int entry)
    {
        Lane lane = roads.City.Lanes[entry];
        if (lane.Beside.Length > 0) return 330;
        return FromCentre(lane.Shape[0]) > OutOfTownM ? 220 : 90;
    }

    private static float Attraction(RoadGraph roads, int exit)
    {
        Lane lane = roads.City.Lanes[exit];
        if (lane.Beside.Length > 0) return 0.5f;
        return FromCentre(lane.Shape[^1]) > OutOfTownM ? 0.4f : 1.3f;
    }

    private static double FromCentre(Point p) => p.DistanceTo(new Point(0, 0));
}
