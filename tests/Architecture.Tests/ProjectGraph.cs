using System.Xml.Linq;
using CityBrain.Testing;

namespace CityBrain.Architecture.Tests;

/// <summary>The projects of src/ and what each refers to, read from the project files themselves.</summary>
internal static class ProjectGraph
{
    public static string Source { get; } = Path.Combine(RealPart.Root, "src");

    /// <summary>Project name to the names of the projects it refers to.</summary>
    public static SortedDictionary<string, string[]> References { get; } = ReadAll();

    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
            .Where(f => !Generated(Path.GetRelativePath(RealPart.Root, f)));

    public static XDocument Load(string project) =>
        XDocument.Load(Files(Source, project + ".csproj").Single());

    private static bool Generated(string path) =>
        path.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj" or "node_modules");

    private static SortedDictionary<string, string[]> ReadAll()
    {
        var result = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string file in Files(Source, "*.csproj"))
            result[Path.GetFileNameWithoutExtension(file)] = ReferencesOf(file);
        return result;
    }

    private static string[] ReferencesOf(string file) =>
    [
        .. XDocument.Load(file).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')))
            .Order(StringComparer.Ordinal),
    ];
}
