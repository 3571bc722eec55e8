using CityBrain.Model;
using CityBrain.Storm;

namespace CityBrain.Load;

/// <summary>
/// Neighbouring intersections of the demo city with a short fallback, so that many falls and recoveries fit into an
/// hour, and beside their own sensors so many loops that the load is reached.
/// </summary>
internal static class KillsCity
{
    public const double FallbackS = 5;
    public const int Cabinets = 6;

    /// <summary>Without the loops that are there for the load; the numbers of all else are the same.</summary>
    public static City Real { get; } = WithLoops(0);

    public static City WithLoops(int loops)
    {
        CityDescription d = StormCity.Build(0, Cabinets).Description;
        string lane = d.Detectors.First(x => x.Kind == DetectorKind.Loop || x.Kind == DetectorKind.Camera).Lane!;
        string at = d.Detectors.First(x => x.Lane == lane).Intersection;
        return CityBuilder.Build(d with
        {
            Intersections = [.. d.Intersections.Select(i => i with { Limits = i.Limits with { FallbackS = FallbackS } })],
            Detectors =
            [
                .. d.Detectors,
                .. Enumerable.Range(0, loops).Select(n => new DetectorDescription
                {
                    Id = $"load{n}", Kind = DetectorKind.Loop, Intersection = at, Lane = lane, AtM = 20,
                }),
            ],
        });
    }
}
