using System.Text.RegularExpressions;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests;

/// <summary>Holds docs/ASVS.md to the tests, classes and files that are there, of all projects: so they are read as text.</summary>
public sealed partial class ChecklistTableTests
{
    private static readonly string[] Answers = ["met", "partly", "not met", "does not apply"];
    private static readonly string Document = StatementTable.Read("ASVS.md");
    private static readonly (string Id, string Shown)[] Rows = [.. StatementTable.Rows(Document)];

    private static string AnswerOf(string shown) =>
        Answers.FirstOrDefault(a => shown == a || shown.StartsWith(a + ": ", StringComparison.Ordinal)) ?? "";

    /// <summary>Every test of tests/ and every class of src/ and tests/.</summary>
    private static HashSet<string> Names()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string folder in (string[])["src", "tests"])
            foreach (string file in Directory.EnumerateFiles(Path.Combine(RealPart.Root, folder), "*.cs", SearchOption.AllDirectories))
            {
                string[] parts = Path.GetRelativePath(RealPart.Root, file).Split(Path.DirectorySeparatorChar);
                if (parts.Contains("bin") || parts.Contains("obj")) continue;
                string text = File.ReadAllText(file);
                names.UnionWith(Class().Matches(text).Select(m => m.Groups[1].Value));
                if (folder == "tests") names.UnionWith(Test().Matches(text).Select(m => m.Groups[1].Value));
            }
        return names;
    }

    [Fact]
    public void Every_test_class_and_file_that_the_checklist_names_exists()
    {
        HashSet<string> names = Names();
        var missing = from row in Rows
                      where AnswerOf(row.Shown) is "met" or "partly"
                      from name in StatementTable.Names(row.Shown)
                      where !names.Contains(name) && !File.Exists(Path.Combine(RealPart.Root, name))
                      select $"{row.Id}: {name}";
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_point_stands_there_once_with_an_answer_and_what_shows_it()
    {
        Assert.Equal(Rows.Select(r => r.Id).Distinct(), Rows.Select(r => r.Id));
        Assert.All(Rows, r => Assert.True(AnswerOf(r.Shown) switch
        {
            "met" or "partly" => StatementTable.Names(r.Shown).Length > 0,
            "does not apply" => r.Shown.Length > "does not apply: ".Length,
            var answer => answer == "not met",
        }, r.Id));
        int Count(string answer) => Rows.Count(r => AnswerOf(r.Shown) == answer);
        Assert.Contains($"{Rows.Length} requirements: {Count("met")} met, {Count("partly")} partly, {Count("not met")} not met, "
            + $"{Count("does not apply")} that do not apply.", Document, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\b(?:class|record|record struct|struct) (\w+)")]
    private static partial Regex Class();

    /// <summary>A method under an attribute whose name ends in Fact, Theory or Property, with other attributes in between.</summary>
    [GeneratedRegex(@"^ +\[(?:\w*(?:Fact|Theory|Property))\b.*(?:\r?\n +\[.*|\r?\n +//.*)*\r?\n +public [^(=]*?(\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Test();
}
