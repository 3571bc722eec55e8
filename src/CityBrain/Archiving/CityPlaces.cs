using System.Globalization;
using CityBrain.History.Archive;
using CityBrain.Model;

namespace CityBrain.Archiving;

/// <summary>Which district and which id belong to what an event concerns.</summary>
internal sealed class CityPlaces
{
    private readonly City _city;
    private readonly int[] _ofDetector, _ofLane;

    public CityPlaces(City city)
    {
        _city = city;
        Ids = new ArchiveIds(
            [.. city.Districts.Select(d => d.Id)], [.. city.Detectors.Select(d => d.Id)],
            [.. city.Intersections.Select(i => i.Id)], [.. city.Lanes.Select(l => l.Id)]);
        _ofLane = [.. city.Lanes.Select(l => OfIntersection(l.Intersection >= 0 ? l.Intersection : l.BoxOf))];
        _ofDetector = [.. city.Detectors.Select(d => d.Intersection >= 0 || d.Lane < 0
            ? OfIntersection(d.Intersection)
            : _ofLane[d.Lane])];
    }

    public ArchiveIds Ids { get; }

    public long LastKind { get; } = ArchiveTables.Events.Columns[2].Texts!.Count - 1;

    /// <summary>Id of a district; of -1, the name of the whole city.</summary>
    public string District(int district) => district < 0 ? Partition.WholeCity : Ids.Districts[district];

    public int DistrictOfDetector(int detector) => _ofDetector[detector];

    public int DistrictOfLane(int lane) => _ofLane[lane];

    /// <summary>Index among <see cref="IdsOf.Places"/> and district of what an event concerns; -1 for none.</summary>
    public (int Place, int District) Of(in CityEvent e)
    {
        int detectors = _city.Detectors.Length, intersections = _city.Intersections.Length;
        int most = e.Kind switch
        {
            EventKind.Loop or EventKind.Camera or EventKind.Button or EventKind.Link => detectors,
            EventKind.Controller or EventKind.Override or EventKind.Outflow => intersections,
            _ => 0,
        };
        if ((uint)e.Index >= (uint)most) return (-1, -1);
        return e.Kind switch
        {
            EventKind.Controller or EventKind.Override or EventKind.Outflow =>
                (detectors + e.Index, OfIntersection(e.Index)),
            _ => (e.Index, _ofDetector[e.Index]),
        };
    }

    /// <summary>What was considered and not taken: stage=score, parted by spaces.</summary>
    public static string Beaten(in DecisionReason reason, Intersection where)
    {
        if (reason.AlternativeCount == 0) return "";
        var texts = new string[reason.AlternativeCount];
        for (int i = 0; i < texts.Length; i++)
        {
            Alternative a = reason.Alternatives[i];
            string stage = (uint)a.Stage < (uint)where.Stages.Length ? where.Stages[a.Stage].Id : "?";
            texts[i] = $"{stage}={a.Score.ToString("0.###", CultureInfo.InvariantCulture)}";
        }
        return string.Join(' ', texts);
    }

    private int OfIntersection(int intersection) =>
        intersection < 0 ? -1 : _city.Intersections[intersection].District;
}
