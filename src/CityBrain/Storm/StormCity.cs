using CityBrain.Model;
using CityBrain.Simulation;

namespace CityBrain.Storm;

/// <summary>A few neighbouring intersections cut out of the demo city: real geometry, small enough for thousands of runs.</summary>
internal static class StormCity
{
    public const int MostJunctions = 3;

    private static readonly Lazy<CityDescription> Whole = new(() => DemoCity.Describe());

    /// <summary>Cuts out the intersection with this number, any number, and its nearest neighbours.</summary>
    public static City Build(ulong number, int junctions)
    {
        CityDescription whole = Whole.Value;
        IntersectionDescription centre = whole.Intersections[(int)(number % (ulong)whole.Intersections.Count)];
        IntersectionDescription[] kept = [.. whole.Intersections
            .Where(i => i.District == centre.District)
            .OrderBy(i => Math.Abs(i.X - centre.X) + Math.Abs(i.Y - centre.Y)).ThenBy(i => i.Id, StringComparer.Ordinal)
            .Take(junctions)];
        HashSet<string> ids = [.. kept.Select(i => i.Id)];
        HashSet<string> lanes = [.. kept.SelectMany(i => i.Movements).SelectMany(m => m.Via.Append(m.From).Append(m.To))];
        return CityBuilder.Build(whole with
        {
            Districts = [.. whole.Districts.Where(d => d.Id == centre.District)],
            Intersections = kept,
            Lanes = [.. whole.Lanes.Where(l => lanes.Contains(l.Id))
                .Select(l => l with { Upstream = [.. l.Upstream.Where(lanes.Contains)] })],
            Detectors = [.. whole.Detectors.Where(d =>
                ids.Contains(d.Intersection) && (d.Lane is null || lanes.Contains(d.Lane)))],
        });
    }
}
