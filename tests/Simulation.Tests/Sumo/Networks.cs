using System.Diagnostics;
using CityBrain.Testing;

namespace CityBrain.Simulation.Tests.Sumo;

/// <summary>Networks to test with: the shared scenarios, the example, and random ones made by netgenerate.</summary>
internal static class Networks
{
    public static IEnumerable<string> Shared() => RealPart.Shared is { } shared
        ? Directory.EnumerateFiles(Path.Combine(shared, "scenarios"), "*.net.xml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
        : [];

    public static IEnumerable<string> Examples() => Directory.EnumerateFiles(
        Path.Combine(RealPart.Root, "examples"), "*.net.xml", SearchOption.AllDirectories);

    /// <summary>The option sets of the random networks: crossings, joined signals, actuated logic, left-hand, shared links.</summary>
    public static readonly string[] Kinds =
    [
        "--grid --grid.number 3 --sidewalks.guess --crossings.guess --turn-lanes 1 --default.lanenumber 2",
        "--rand --rand.iterations 40 --tls.default-type actuated --tls.yellow.time 4 --tls.allred.time 2",
        "--spider --spider.arm-number 6 --spider.circle-number 3 --tls.join --tls.layout incoming",
        "--rand --rand.iterations 60 --lefthand --tls.layout opposites --tls.left-green.time 8 --no-turnarounds",
        "--rand --rand.iterations 30 --random-lanenumber --tls.group-signals --bikelanes.guess --sidewalks.guess",
        "--grid --grid.number 2 --no-internal-links --tls.red.time 3",
    ];

    /// <summary>Makes a random network in a folder of its own; the file's path.</summary>
    public static string Generate(string options, int seed)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("citybrain-net").FullName, "random.net.xml");
        var start = new ProcessStartInfo("netgenerate",
            $"{options} --default-junction-type traffic_light --seed {seed} --random-type false -o {file}")
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(), said = process.StandardOutput.ReadToEndAsync();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"netgenerate {options}: {errors.Result}{said.Result}");
        return file;
    }
}
