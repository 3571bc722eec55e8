using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace CityBrain.Testing;

/// <summary>Real programs and data that tests use where they are, and skip by name where they are not.</summary>
public static class RealPart
{
    /// <summary>What Debian has on the path of RabbitMQ insists on an account of its own; this folder has the server itself.</summary>
    private const string RabbitFolder = "/usr/lib/rabbitmq/bin";

    /// <summary>Full path of a program on PATH, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Prepend(RabbitFolder).Append("/usr/sbin").Append("/usr/games").Concat(PostgresFolders)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Debian keeps the server of each version of PostgreSQL off the path.</summary>
    private static string[] PostgresFolders => Directory.Exists("/usr/lib/postgresql")
        ? [.. Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))]
        : [];

    /// <summary>The repository's root: the folder above this assembly that holds CityBrain.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of shared scenarios and data, or null: CITYBRAIN_SHARED, else ../shared.</summary>
    public static string? Shared
    {
        get
        {
            string folder = Environment.GetEnvironmentVariable("CITYBRAIN_SHARED")
                ?? Path.Combine(Root, "..", "shared");
            return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
        }
    }

    /// <summary>Why a test with these parts cannot run here, or null when all are there.</summary>
    public static string? Missing(params string[] parts)
    {
        foreach (string part in parts)
        {
            bool there = part == "shared" ? Shared is not null : Find(part) is not null;
            if (!there) return $"needs {part}, which is not on this machine";
        }
        return null;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "CityBrain.sln"))) return d.FullName;
        throw new InvalidOperationException("CityBrain.sln is in no folder above the tests");
    }
}

/// <summary>A fact that needs real parts ("sumo", "mosquitto", "node", "chromium", "shared"); skipped by name without them.</summary>
public sealed class RealPartFactAttribute : FactAttribute
{
    [SuppressMessage("Design", "CA1019", Justification = "the parts are only read here")]
    public RealPartFactAttribute(params string[] parts) => Skip = RealPart.Missing(parts)!;
}

/// <summary>A theory that needs real parts; skipped by name without them.</summary>
public sealed class RealPartTheoryAttribute : TheoryAttribute
{
    public RealPartTheoryAttribute(params string[] parts) => Skip = RealPart.Missing(parts)!;
}
