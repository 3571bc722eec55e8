using System.Text.RegularExpressions;
using CityBrain.Testing;

namespace CityBrain.Architecture.Tests;

/// <summary>The house's drawing, held against the project files. See docs/ARCHITECTURE.md.</summary>
public sealed partial class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Model"] = [],
        ["Channels"] = [],
        ["Mqtt"] = [],
        ["Engine"] = ["Model"],
        ["SignalControl"] = ["Model"],
        ["Simulation"] = ["Model"],
        ["Sumo"] = ["Model"],
        ["Brain"] = ["Engine", "Model", "SignalControl"],
        ["Ingest"] = ["Channels", "Model", "Mqtt"],
        ["Controllers"] = ["Channels", "Model", "Mqtt"],
        ["History"] = ["Channels", "Model"],
        ["Dashboard"] = ["Channels", "Model"],
        ["CityBrain"] =
        [
            "Brain", "Channels", "Controllers", "Dashboard", "Engine", "History", "Ingest", "Model", "Mqtt",
            "SignalControl", "Simulation", "Sumo",
        ],
    };

    private static readonly string[] Pure = ["Model", "Engine", "SignalControl", "Brain", "Simulation"];

    [Fact]
    public void Every_reference_is_an_arrow_of_the_drawing()
    {
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), ProjectGraph.References.Keys);
        foreach (var (project, references) in ProjectGraph.References)
            foreach (string reference in references)
                Assert.True(Allowed[project].Contains(reference), $"{project} -> {reference} is not in the drawing");
    }

    [Fact]
    public void Pure_projects_import_the_banned_symbols_and_no_package_of_their_own()
    {
        foreach (string project in Pure)
        {
            var document = ProjectGraph.Load(project);
            Assert.Contains(document.Descendants("Import"),
                i => i.Attribute("Project")!.Value.EndsWith("eng/Core.props", StringComparison.Ordinal));
            Assert.Empty(document.Descendants("PackageReference"));
            Assert.Empty(document.Descendants("FrameworkReference"));
        }
    }

    [Fact]
    public void Pure_projects_enumerate_no_hash_collection()
    {
        // Order of a Dictionary or HashSet is no contract; state must not depend on it.
        var problems = new List<string>();
        foreach (string project in Pure)
            foreach (string file in ProjectGraph.Files(Path.Combine(ProjectGraph.Source, project), "*.cs"))
            {
                if (file.Contains(Path.Combine("Simulation", "Sumo"))) continue;
                string text = File.ReadAllText(file);
                foreach (Match field in HashField().Matches(text))
                    if (Regex.IsMatch(text, $@"foreach \([^)]* in {field.Groups[1].Value}(\.Keys|\.Values)?\)"))
                        problems.Add($"{Path.GetFileName(file)}: {field.Groups[1].Value}");
            }
        Assert.Empty(problems);
    }

    [Fact]
    public void Only_the_safety_gate_makes_a_signal_command()
    {
        string gate = Path.Combine("SignalControl", "Safety", "SafetyGate");
        var makers = ProjectGraph.Files(ProjectGraph.Source, "*.cs")
            .Where(f => MakesCommand().IsMatch(File.ReadAllText(f)))
            .Select(f => Path.GetRelativePath(ProjectGraph.Source, f)).ToArray();
        Assert.NotEmpty(makers);
        Assert.All(makers, f => Assert.StartsWith(gate, f));
    }

    [Fact]
    public void Nothing_but_the_brain_knows_both_the_engine_and_the_policies()
    {
        foreach (var (project, references) in ProjectGraph.References)
            if (project is not ("Brain" or "CityBrain"))
                Assert.False(references.Contains("Engine") && references.Contains("SignalControl"), project);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(RealPart.Root, "CityBrain.sln")).Replace('\\', '/');
        foreach (string folder in new[] { "src", "tests", "bench" })
            foreach (string file in ProjectGraph.Files(Path.Combine(RealPart.Root, folder), "*.csproj"))
                Assert.Contains(Path.GetRelativePath(RealPart.Root, file), solution);
    }

    [Fact]
    public void Names_say_something()
    {
        var vague = ProjectGraph.Files(ProjectGraph.Source, "*.cs").Select(Path.GetFileNameWithoutExtension)
            .Where(n => VagueName().IsMatch(n!));
        Assert.Empty(vague);
    }

    [GeneratedRegex(@"(?:Dictionary|HashSet)<[^;=]*> (_?\w+)\s*(?:=|;)")]
    private static partial Regex HashField();

    [GeneratedRegex(@"new SignalCommand\(")]
    private static partial Regex MakesCommand();

    [GeneratedRegex(@"(Manager|Helper|Service|Util|Utils|Misc|Common)$")]
    private static partial Regex VagueName();
}
