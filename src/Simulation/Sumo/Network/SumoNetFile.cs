using System.Globalization;
using System.IO.Compression;
using System.Xml;

namespace CityBrain.Simulation.Sumo;

/// <summary>A file of SUMO's that cannot be read; the message says which and where.</summary>
public sealed class SumoFileException(string message, Exception? inner = null) : Exception(message, inner);

internal sealed record SumoLane(
    string Id, string Edge, double LengthM, double SpeedMps, double? WidthM, string? Allow, string? Disallow,
    double[][] Shape);

internal sealed record SumoEdge(string Id, string Function, string? To, string? Name, List<SumoLane> Lanes);

/// <summary>Row of a junction's right-of-way matrix; character i of a string is the link with index i.</summary>
internal sealed record SumoRequest(string Response, string Foes);

internal sealed record SumoJunction(
    string Id, double X, double Y, string[] IncomingLanes, Dictionary<int, SumoRequest> Requests);

internal sealed record SumoConnection(
    string FromEdge, string FromLane, string ToEdge, string ToLane, string? Via, string? Signal, int LinkIndex,
    string Direction)
{
    /// <summary>True for the pieces that lead on from a lane inside a junction.</summary>
    public bool FromInside => FromEdge.StartsWith(':');
}

internal sealed record SumoPhase(double DurationS, string State);

internal sealed record SumoProgramme(string Signal, string Id, string Type, double OffsetS, List<SumoPhase> Phases);

/// <summary>
/// What a .net.xml (or .net.xml.gz) holds that a city needs. Format: SUMO user documentation,
/// "Networks/SUMO Road Networks".
/// </summary>
internal sealed class SumoNetFile
{
    public List<SumoEdge> Edges { get; } = [];
    public List<SumoJunction> Junctions { get; } = [];
    public List<SumoConnection> Connections { get; } = [];
    /// <summary>In the order of the file.</summary>
    public List<SumoProgramme> Programmes { get; } = [];
    public string? Projection { get; private set; }
    public (double X, double Y) NetOffset { get; private set; }

    /// <exception cref="SumoFileException">The file is not there or is not a SUMO network.</exception>
    public static SumoNetFile Read(string path)
    {
        try
        {
            using Stream file = File.OpenRead(path);
            using Stream text = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(file, CompressionMode.Decompress) : file;
            return Read(text, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new SumoFileException($"cannot read the network {path}: {e.Message}", e);
        }
    }

    /// <exception cref="SumoFileException">The stream is not a SUMO network.</exception>
    public static SumoNetFile Read(Stream stream, string name)
    {
        var net = new SumoNetFile();
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreWhitespace = true,
        };
        try
        {
            using var xml = XmlReader.Create(stream, settings);
            xml.MoveToContent();
            if (xml.Name != "net") throw new SumoFileException($"{name} is not a SUMO network: its root is <{xml.Name}>");
            while (xml.Read())
                if (xml.NodeType == XmlNodeType.Element) net.Element(xml);
        }
        catch (Exception e) when (e is XmlException or ArgumentException or FormatException or OverflowException)
        {
            throw new SumoFileException($"{name} is not a readable SUMO network: {e.Message}", e);
        }
        return net;
    }

    private void Element(XmlReader xml)
    {
        switch (xml.Name)
        {
            case "location": Location(xml); break;
            case "edge":
                Edges.Add(new SumoEdge(Need(xml, "id"), xml.GetAttribute("function") ?? "normal",
                    xml.GetAttribute("to"), xml.GetAttribute("name"), []));
                break;
            case "lane" when Edges.Count > 0: Edges[^1].Lanes.Add(Lane(xml, Edges[^1].Id)); break;
            case "junction":
                Junctions.Add(new SumoJunction(Need(xml, "id"), Number(xml, "x", 0), Number(xml, "y", 0),
                    Words(xml.GetAttribute("incLanes")), []));
                break;
            case "request" when Junctions.Count > 0:
                Junctions[^1].Requests[Whole(xml, "index")] =
                    new SumoRequest(Reversed(Need(xml, "response")), Reversed(Need(xml, "foes")));
                break;
            case "connection": Connections.Add(Connection(xml)); break;
            case "tlLogic":
                Programmes.Add(new SumoProgramme(Need(xml, "id"), xml.GetAttribute("programID") ?? "0",
                    xml.GetAttribute("type") ?? "static", Offset(xml), []));
                break;
            case "phase" when Programmes.Count > 0:
                Programmes[^1].Phases.Add(new SumoPhase(Duration(xml), Need(xml, "state")));
                break;
        }
    }

    private void Location(XmlReader xml)
    {
        Projection = xml.GetAttribute("projParameter");
        string[] xy = (xml.GetAttribute("netOffset") ?? "0,0").Split(',');
        if (xy.Length >= 2) NetOffset = (Parse(xy[0]), Parse(xy[1]));
    }

    private static SumoLane Lane(XmlReader xml, string edge) => new(
        Need(xml, "id"), edge, Number(xml, "length", 0), Number(xml, "speed", 13.89),
        xml.GetAttribute("width") is { } width ? Parse(width) : null,
        xml.GetAttribute("allow"), xml.GetAttribute("disallow"), Points(xml.GetAttribute("shape")));

    private static SumoConnection Connection(XmlReader xml)
    {
        string from = Need(xml, "from"), to = Need(xml, "to");
        string? signal = xml.GetAttribute("tl");
        return new SumoConnection(from, $"{from}_{Need(xml, "fromLane")}", to, $"{to}_{Need(xml, "toLane")}",
            xml.GetAttribute("via"), signal, signal is null ? -1 : Whole(xml, "linkIndex"),
            xml.GetAttribute("dir") ?? "s");
    }

    private static double Duration(XmlReader xml)
    {
        double duration = Number(xml, "duration", double.NaN);
        return double.IsNaN(duration) ? Number(xml, "minDur", 0) : duration;
    }

    private static double Offset(XmlReader xml) =>
        double.TryParse(xml.GetAttribute("offset"), CultureInfo.InvariantCulture, out double offset) ? offset : 0;

    private static string Reversed(string bits) => string.Create(bits.Length, bits, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++) span[i] = source[^(i + 1)];
    });

    private static double[][] Points(string? shape) =>
        [.. Words(shape).Select(p => p.Split(',')).Where(p => p.Length >= 2)
            .Select(p => new[] { Parse(p[0]), Parse(p[1]) })];

    private static string[] Words(string? text) =>
        text?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string Need(XmlReader xml, string attribute) =>
        xml.GetAttribute(attribute) ?? throw new FormatException($"<{xml.Name}> without {attribute}{Where(xml)}");

    private static int Whole(XmlReader xml, string attribute) =>
        int.TryParse(Need(xml, attribute), CultureInfo.InvariantCulture, out int value) && value >= 0 ? value
            : throw new FormatException($"<{xml.Name}> {attribute} is not a whole number{Where(xml)}");

    private static double Number(XmlReader xml, string attribute, double absent) =>
        xml.GetAttribute(attribute) is { } text ? Parse(text) : absent;

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string Where(XmlReader xml) =>
        xml is IXmlLineInfo at && at.HasLineInfo() ? $" (line {at.LineNumber})" : "";
}
