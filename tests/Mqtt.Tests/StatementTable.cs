using System.Text.RegularExpressions;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests;

/// <summary>A document of docs/ that says, statement by statement, what shows it: "| ID | in short | answer |".</summary>
internal static partial class StatementTable
{
    public static string Read(string file) => File.ReadAllText(Path.Combine(RealPart.Root, "docs", file));

    public static IEnumerable<(string Id, string Shown)> Rows(string text) =>
        Row().Matches(text).Select(m => (m.Groups[1].Value, m.Groups[2].Value));

    /// <summary>The names in an answer.</summary>
    public static string[] Names(string shown) => [.. Quoted().Matches(shown).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"^\| ((?:MQTT-[\d.]+-|V[\d.]+\.)\d+) \| [^|]+ \| ([^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
