using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace CityBrain.Simulation.Sumo;

/// <summary>A .sumocfg: which network and demand, from when to when.</summary>
public sealed record SumoScenario
{
    public required string Name { get; init; }
    public required string Configuration { get; init; }
    public required string Network { get; init; }
    public required IReadOnlyList<string> Routes { get; init; }
    public required IReadOnlyList<string> Additional { get; init; }
    /// <summary>Seconds of the simulation's clock.</summary>
    public required double BeginS { get; init; }
    public required double EndS { get; init; }

    /// <exception cref="SumoFileException">Not there, not a configuration, or without network, routes or end.</exception>
    public static SumoScenario Read(string path)
    {
        XElement root = Load(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? Value(string option) => (string?)root.Descendants(option).FirstOrDefault()?.Attribute("value");
        string[] Files(string option) => [.. (Value(option) ?? "").Split(',', StringSplitOptions.TrimEntries
            | StringSplitOptions.RemoveEmptyEntries).Select(f => Path.Combine(folder, f))];
        string Need(string option) =>
            Value(option) ?? throw new SumoFileException($"{path}: has no <{option} value=\"...\"/>");
        double Seconds(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double s) ? s
            : throw new SumoFileException($"{path}: '{text}' is not a time in seconds");
        var scenario = new SumoScenario
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Configuration = Path.GetFullPath(path),
            Network = Path.Combine(folder, Need("net-file").Trim()),
            Routes = Files("route-files"),
            Additional = Files("additional-files"),
            BeginS = Seconds(Value("begin") ?? "0"),
            EndS = Seconds(Need("end")),
        };
        foreach (string file in scenario.Routes.Concat(scenario.Additional).Append(scenario.Network))
            if (!File.Exists(file)) throw new SumoFileException($"{path}: no such file: {file}");
        if (scenario.EndS <= scenario.BeginS) throw new SumoFileException($"{path}: ends before it begins");
        return scenario;
    }

    private static XElement Load(string path)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
        try
        {
            using var reader = XmlReader.Create(path, settings);
            return XDocument.Load(reader).Root!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException or ArgumentException)
        {
            throw new SumoFileException($"cannot read the configuration {path}: {e.Message}", e);
        }
    }
}
