using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>Makes a city of a SUMO network: its lanes, signals, conflicts, programmes, and sensors for it.</summary>
public static class SumoNetwork
{
    /// <summary>Walking speed at which people clear a crossing, m/s (RiLSA 2015, FHWA: 1.2 m/s).</summary>
    public const double WalkingMps = 1.2;
    /// <summary>Shortest walk interval, seconds (SUMO's netconvert: tls.crossing-min.time).</summary>
    public const double WalkS = 4;

    /// <summary>Reads a .net.xml or .net.xml.gz.</summary>
    /// <param name="path">The network file.</param>
    /// <param name="districts">Into how many districts the intersections are divided.</param>
    /// <exception cref="SumoFileException">The file is not there or is not a SUMO network.</exception>
    public static CityDescription Import(string path, int districts = 1)
    {
        string name = Path.GetFileName(path);
        int dot = name.IndexOf(".net.xml", StringComparison.OrdinalIgnoreCase);
        return Import(SumoNetFile.Read(path), dot > 0 ? name[..dot] : name, districts);
    }

    /// <summary>Reads a network from a stream of XML.</summary>
    /// <exception cref="SumoFileException">The stream is not a SUMO network.</exception>
    public static CityDescription Import(Stream stream, string name, int districts = 1) =>
        Import(SumoNetFile.Read(stream, name), name, districts);

    private static CityDescription Import(SumoNetFile net, string name, int districts)
    {
        var graph = new SumoLaneGraph(net);
        var rightOfWay = new SumoRightOfWay(net);
        ILookup<string, SumoConnection> connections =
            net.Connections.Where(c => c.Signal is not null).ToLookup(c => c.Signal!, StringComparer.Ordinal);
        var intersections = new List<IntersectionDescription>();
        // Of several programmes with one id SUMO runs the one that it loaded last.
        foreach (var programmes in net.Programmes.GroupBy(p => p.Signal, StringComparer.Ordinal))
        {
            SumoProgramme programme = programmes.Last();
            if (programme.Phases.Count == 0) continue;
            intersections.Add(new SumoIntersection(programme, [.. connections[programmes.Key]], graph, rightOfWay)
                .Describe());
        }
        (DistrictDescription[] made, IntersectionDescription[] placed) = SumoDistricts.Divide(intersections, districts);
        return new CityDescription
        {
            Name = name,
            Origin = SumoProjection.OriginOf(net.Projection, net.NetOffset),
            Districts = made,
            Lanes = [.. net.Edges.SelectMany(e => e.Lanes.Select(l => Lane(e, l, graph)))],
            Intersections = placed,
            Detectors = new SumoZones(graph, intersections).Build(),
        };
    }

    private static LaneDescription Lane(SumoEdge edge, SumoLane lane, SumoLaneGraph graph) => new()
    {
        Id = lane.Id,
        Kind = edge.Function switch
        {
            "internal" => LaneKind.Box,
            "crossing" => LaneKind.Crossing,
            "walkingarea" => LaneKind.Walkway,
            _ => LaneKind.Road,
        },
        LengthM = Math.Max(0.1, lane.LengthM),
        SpeedMps = Math.Max(0.1, lane.SpeedMps),
        WidthM = lane.WidthM is > 0 and double width ? width : 3.2,
        Shape = lane.Shape,
        Upstream = [.. graph.Upstream(lane.Id)],
        Street = edge.Name,
        Road = edge.Id,
        Allows = SumoPermissions.Allows(lane),
    };

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Who may use a lane, in the city file's words.</summary>
internal static class SumoPermissions
{
    private static readonly (string Word, string[] Classes)[] Words =
    [
        ("car", ["passenger", "private", "taxi", "delivery", "truck", "trailer", "hov", "evehicle"]),
        ("bus", ["bus", "coach"]),
        ("bicycle", ["bicycle"]),
        ("tram", ["tram", "rail_urban", "rail", "rail_electric", "rail_fast", "subway", "cable_car"]),
        ("pedestrian", ["pedestrian", "wheelchair"]),
    ];

    /// <summary>Empty for everyone on wheels; "other" for lanes kept for the army, ships and the like.</summary>
    public static IReadOnlyList<string> Allows(SumoLane lane)
    {
        if (lane.Allow is { Length: > 0 } allow && allow != "all")
        {
            string[] named = allow.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] words = [.. Words.Where(w => w.Classes.Any(named.Contains)).Select(w => w.Word)];
            return words.Length > 0 ? words : ["other"];
        }
        if (lane.Disallow is not { Length: > 0 } disallow) return [];
        string[] not = disallow.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (not.Contains("all")) return ["other"];
        string[] left = [.. Words.Where(w => !not.Contains(w.Classes[0])).Select(w => w.Word)];
        return left.Length > 0 ? left : ["other"];
    }
}
