using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using CityBrain.Testing;

namespace CityBrain.Architecture.Tests;

/// <summary>The bill of materials names every package that the lock files pin, each once, with its version and checksum.</summary>
public class BillOfMaterialsTests
{
    private sealed record Part(string Purl, string Name, string Version, string? Sha512, string? Scope);

    [RealPartFact("node")]
    public async Task Every_locked_package_is_in_it_once_with_its_checksum_and_nothing_else_is()
    {
        using JsonDocument bom = JsonDocument.Parse(await WriteAsync());
        Assert.Equal("CycloneDX", bom.RootElement.GetProperty("bomFormat").GetString());
        Part[] parts = [.. bom.RootElement.GetProperty("components").EnumerateArray().Select(Read)];
        Assert.Equal(parts.Length, parts.Select(p => p.Purl).Distinct().Count());
        Assert.All(parts, p => Assert.Matches("^[0-9a-f]{128}$", p.Sha512 ?? ""));

        var nuget = new HashSet<string>();
        foreach (string file in Locks())
            foreach ((string name, string version, string hash) in Locked(file))
            {
                Part part = Assert.Single(parts, p => p.Purl == $"pkg:nuget/{name}@{version}");
                Assert.Equal((name, version), (part.Name, part.Version));
                Assert.Equal(Convert.ToHexStringLower(Convert.FromBase64String(hash)), part.Sha512);
                nuget.Add(part.Purl);
            }
        Assert.NotEmpty(nuget);
        string[] npm = [.. NpmLocked()];
        Assert.Equal(parts.Select(p => p.Purl).Order(), nuget.Concat(npm).Distinct().Order());
    }

    /// <summary>What a project of the product asks for must be found, whatever the lock files are said to hold.</summary>
    [RealPartFact("node")]
    public async Task Every_package_that_a_project_of_the_product_refers_to_is_in_it()
    {
        using JsonDocument bom = JsonDocument.Parse(await WriteAsync());
        var names = bom.RootElement.GetProperty("components").EnumerateArray().Select(c => c.GetProperty("name").GetString())
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        string[] asked = [.. Directory.EnumerateFiles(Path.Combine(RealPart.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference"))
            .Select(p => p.Attribute("Include")!.Value)];
        Assert.NotEmpty(asked);
        Assert.All(asked, name => Assert.Contains(name, names));
    }

    [RealPartFact("node")]
    public async Task What_only_builds_the_dashboard_is_told_apart()
    {
        using JsonDocument bom = JsonDocument.Parse(await WriteAsync());
        Part[] parts = [.. bom.RootElement.GetProperty("components").EnumerateArray().Select(Read)];
        Assert.Equal("excluded", Assert.Single(parts, p => p.Name == "vite").Scope);
        Assert.Equal("required", Assert.Single(parts, p => p.Name == "preact").Scope);
    }

    private static async Task<string> WriteAsync()
    {
        using Process node = Process.Start(new ProcessStartInfo("node", ["eng/sbom.mjs"])
        { WorkingDirectory = RealPart.Root, RedirectStandardOutput = true })!;
        string written = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        return written;
    }

    private static IEnumerable<string> Locks() =>
        Directory.EnumerateFiles(Path.Combine(RealPart.Root, "src"), "packages.lock.json", SearchOption.AllDirectories);

    private static IEnumerable<(string Name, string Version, string Hash)> Locked(string file)
    {
        using JsonDocument locked = JsonDocument.Parse(File.ReadAllBytes(file));
        foreach (JsonProperty framework in locked.RootElement.GetProperty("dependencies").EnumerateObject())
            foreach (JsonProperty package in framework.Value.EnumerateObject())
                if (package.Value.TryGetProperty("contentHash", out JsonElement hash))
                    yield return (package.Name, package.Value.GetProperty("resolved").GetString()!, hash.GetString()!);
    }

    private static IEnumerable<string> NpmLocked()
    {
        using JsonDocument locked = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(RealPart.Root, "web", "package-lock.json")));
        foreach (JsonProperty package in locked.RootElement.GetProperty("packages").EnumerateObject())
            if (package.Name.Length > 0)
                yield return $"pkg:npm/{package.Name.Split("node_modules/")[^1].Replace("@", "%40")}"
                    + $"@{package.Value.GetProperty("version").GetString()}";
    }

    private static Part Read(JsonElement c)
    {
        JsonElement[] hashes = [.. c.GetProperty("hashes").EnumerateArray()];
        string? scope = c.TryGetProperty("scope", out JsonElement s) ? s.GetString() : null;
        return new Part(c.GetProperty("purl").GetString()!, c.GetProperty("name").GetString()!, c.GetProperty("version").GetString()!,
            hashes.Length == 1 ? hashes[0].GetProperty("content").GetString() : null, scope);
    }
}
