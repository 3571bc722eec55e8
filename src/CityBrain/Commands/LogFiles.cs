namespace CityBrain.Commands;

/// <summary>The log files that sources name: a file itself, of a directory the logs in it, by name.</summary>
internal static class LogFiles
{
    private static readonly string[] Endings = [".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".dat", ".datz", ".xml", ".xml.gz"];

    public static IEnumerable<string> Of(IEnumerable<string> sources) => sources.SelectMany(source =>
        Directory.Exists(source)
            ? Directory.EnumerateFiles(source)
                .Where(f => Endings.Any(e => f.EndsWith(e, StringComparison.OrdinalIgnoreCase)))
                .Order(StringComparer.Ordinal)
            : (IEnumerable<string>)[source]);
}
