using System.Diagnostics.CodeAnalysis;

namespace CityBrain.Model;

/// <summary>Checks a description and makes a <see cref="City"/> of it; every error names its place.</summary>
public sealed partial class CityBuilder
{
    private readonly CityDescription _city;
    private readonly List<CityError> _errors = [];
    private readonly Dictionary<string, int> _lanes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _districts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _intersections = new(StringComparer.Ordinal);

    private CityBuilder(CityDescription city) => _city = city;

    /// <summary>Makes the city, or says everything that is wrong with the description.</summary>
    public static bool TryBuild(
        CityDescription description, [NotNullWhen(true)] out City? city, out IReadOnlyList<CityError> errors)
    {
        var builder = new CityBuilder(description);
        city = builder.Build();
        errors = builder._errors;
        if (errors.Count > 0) city = null;
        return city is not null;
    }

    /// <summary>Makes the city of a description known to be right.</summary>
    /// <exception cref="ArgumentException">The description is wrong; the message lists the errors.</exception>
    public static City Build(CityDescription description) =>
        TryBuild(description, out City? city, out var errors)
            ? city
            : throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(description));

    private City? Build()
    {
        if (_city.Schema != CityDescription.CurrentSchema)
            Error("schema", $"is '{_city.Schema}', expected '{CityDescription.CurrentSchema}'");
        District[] districts = Districts();
        Lane[] lanes = Lanes();
        IndexIds(_city.Intersections.Select(i => i.Id), _intersections, "intersections");
        if (_errors.Count > 0) return null;

        var movements = new List<Movement>();
        var intersections = new Intersection[_city.Intersections.Count];
        for (int i = 0; i < intersections.Length; i++)
        {
            Intersection? made = BuildIntersection(i, movements, lanes);
            if (made is not null) intersections[i] = made;
        }
        if (_errors.Count > 0) return null;
        Detector[] detectors = Detectors(intersections);
        foreach (Detector d in detectors)
            if (d is { Kind: DetectorKind.Camera, Lane: >= 0 }) lanes[d.Lane].HasCamera = true;
        return _errors.Count > 0
            ? null
            : new City(_city, districts, lanes, intersections, [.. movements], detectors);
    }

    private District[] Districts()
    {
        IndexIds(_city.Districts.Select(d => d.Id), _districts, "districts");
        for (int i = 0; i < _city.Districts.Count; i++)
            if (!IsTopicLevel(_city.Districts[i].Id))
                Error($"districts[{i}].id", "is a topic level: letters, digits, '-', '_' and '.' only");
        return [.. _city.Districts.Select((d, i) => new District(i, d.Id, d.Name))];
    }

    private Lane[] Lanes()
    {
        IndexIds(_city.Lanes.Select(l => l.Id), _lanes, "lanes");
        var lanes = new Lane[_city.Lanes.Count];
        for (int i = 0; i < lanes.Length; i++) lanes[i] = BuildLane(i);
        var downstream = new List<int>[lanes.Length];
        for (int i = 0; i < lanes.Length; i++) downstream[i] = [];
        for (int i = 0; i < lanes.Length; i++)
        {
            var upstream = new List<int>();
            foreach (string id in _city.Lanes[i].Upstream)
            {
                if (!_lanes.TryGetValue(id, out int from)) Error($"lanes[{i}].upstream", $"no lane '{id}'");
                else
                {
                    upstream.Add(from);
                    downstream[from].Add(i);
                }
            }
            lanes[i].Upstream = [.. upstream.Distinct()];
        }
        for (int i = 0; i < lanes.Length; i++) lanes[i].Downstream = [.. downstream[i].Distinct()];
        foreach (var road in lanes.Where(l => l.Road is not null).GroupBy(l => l.Road, StringComparer.Ordinal))
        {
            int[] all = [.. road.Select(l => l.Index)];
            foreach (Lane lane in road) lane.Beside = [.. all.Where(x => x != lane.Index)];
        }
        return lanes;
    }

    private Lane BuildLane(int i)
    {
        LaneDescription d = _city.Lanes[i];
        string place = $"lanes[{i}]";
        Positive($"{place}.lengthM", d.LengthM);
        Positive($"{place}.speedMps", d.SpeedMps);
        Positive($"{place}.widthM", d.WidthM);
        var shape = new Point[d.Shape.Count];
        for (int k = 0; k < shape.Length; k++)
        {
            double[] xy = d.Shape[k];
            if (xy.Length != 2 || !double.IsFinite(xy[0]) || !double.IsFinite(xy[1]))
                Error($"{place}.shape[{k}]", "is a pair [x, y] of finite metres");
            else shape[k] = new Point(xy[0], xy[1]);
        }
        return new Lane
        {
            Index = i,
            Id = d.Id,
            Kind = d.Kind,
            Length = new Metres(d.LengthM),
            Limit = new Speed(d.SpeedMps),
            Width = new Metres(d.WidthM),
            Shape = shape,
            Street = d.Street,
            Road = d.Road,
            OnFoot = d.Kind is LaneKind.Crossing or LaneKind.Walkway
                || (d.Allows.Count > 0 && d.Allows.All(a => a == "pedestrian")),
        };
    }

    private Detector[] Detectors(Intersection[] intersections)
    {
        IndexIds(_city.Detectors.Select(d => d.Id), new(StringComparer.Ordinal), "detectors");
        var result = new Detector[_city.Detectors.Count];
        for (int i = 0; i < result.Length; i++)
        {
            DetectorDescription d = _city.Detectors[i];
            string place = $"detectors[{i}]";
            if (!_intersections.TryGetValue(d.Intersection, out int intersection))
            {
                Error($"{place}.intersection", $"no intersection '{d.Intersection}'");
                continue;
            }
            int lane = -1, group = -1;
            if (d.Kind == DetectorKind.Button)
            {
                group = Array.FindIndex(intersections[intersection].Groups, g => g.Id == d.Group);
                if (group < 0) Error($"{place}.group", $"no group '{d.Group}' at '{d.Intersection}'");
            }
            else if (d.Lane is null || !_lanes.TryGetValue(d.Lane, out lane))
                Error($"{place}.lane", $"no lane '{d.Lane}'");
            if (d.AtM < 0 || !double.IsFinite(d.AtM)) Error($"{place}.atM", "is 0 or more");
            if (d.ReachM < 0 || !double.IsFinite(d.ReachM)) Error($"{place}.reachM", "is 0 or more");
            result[i] = new Detector(
                i, d.Id, d.Kind, intersection, lane, group, new Metres(d.AtM), new Metres(d.ReachM));
        }
        return result;
    }

    private void IndexIds(IEnumerable<string> ids, Dictionary<string, int> into, string place)
    {
        int i = 0;
        foreach (string id in ids)
        {
            if (string.IsNullOrEmpty(id)) Error($"{place}[{i}].id", "is empty");
            else if (!into.TryAdd(id, i)) Error($"{place}[{i}].id", $"'{id}' is there twice");
            i++;
        }
    }

    private void Positive(string place, double value)
    {
        if (!(value > 0) || !double.IsFinite(value)) Error(place, "is more than 0");
    }

    private void Error(string place, string message) => _errors.Add(new CityError(place, message));

    private static bool IsTopicLevel(string id) =>
        id.Length > 0 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
