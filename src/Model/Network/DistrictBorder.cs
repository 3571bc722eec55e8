namespace CityBrain.Model;

/// <summary>
/// What the brain of one district needs from beyond its border. Dense indices, each once and in order; empty
/// for a brain that serves the whole city.
/// </summary>
/// <param name="Detectors">Sensors wired to other districts' cabinets, on lanes that this district's control
/// looks at.</param>
/// <param name="Neighbours">Intersections of other districts whose planned outflow it reads.</param>
public sealed record DistrictBorder(int[] Detectors, int[] Neighbours)
{
    public static readonly DistrictBorder None = new([], []);
}
