using System.Text;
using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// Binary records name a detector or an intersection by its position in the city file. Both sides can prove that they
/// hold the same file: the block's header carries the FNV-1a hash (32 bits; Fowler, Noll, Vo) of the ids in order,
/// each as UTF-8 and followed by a line feed. 0 in a header means that the sender does not say.
/// </summary>
public static class Numbering
{
    public static uint OfDetectors(City city) => Of(city.Detectors.Select(d => d.Id));

    public static uint OfIntersections(City city) => Of(city.Intersections.Select(i => i.Id));

    /// <summary>
    /// Planned outflows name intersections and lanes: their ids, those of the intersections first.
    /// </summary>
    public static uint OfOutflows(City city) =>
        Of(city.Intersections.Select(i => i.Id).Concat(city.Lanes.Select(l => l.Id)));

    public static uint Of(IEnumerable<string> ids)
    {
        uint hash = 2166136261;
        foreach (string id in ids)
        {
            foreach (byte b in Encoding.UTF8.GetBytes(id)) hash = (hash ^ b) * 16777619;
            hash = (hash ^ (byte)'\n') * 16777619;
        }
        return hash == 0 ? 1 : hash;
    }
}
