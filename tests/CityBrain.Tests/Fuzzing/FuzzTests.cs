using System.Globalization;
using System.Text.RegularExpressions;
using CityBrain.Testing;

namespace CityBrain.Tests.Fuzzing;

/// <summary>The fuzzer (tests/Fuzz) for a few seconds; an hour of it is in docs/RELIABILITY.md.</summary>
public sealed partial class FuzzTests : IDisposable
{
    private static readonly string[] Parsers =
        ["mqtt-broker", "mqtt-client", "payload", "city", "hires", "traci", "arrow", "sumo-net", "settings", "journal", "http"];

    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-found-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_parser_takes_a_hundred_mutated_inputs_and_new_code_is_found_by_them()
    {
        string[] rows = await RunAsync(expected: 0, "--runs", "100");
        Assert.Equal(Parsers, rows.Select(r => r.Split(' ')[0]));
        int finding = 0;
        foreach (string row in rows)
        {
            long[] numbers = [.. Number().Matches(row[14..]).Select(m => long.Parse(m.Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
            Assert.True(numbers[0] > 100 && numbers[1] > 10 && numbers[2] >= numbers[1] && numbers[4] == 0, row);
            if (!row.StartsWith("http", StringComparison.Ordinal) && numbers[2] > numbers[1]) finding++;
        }
        // The smallest parsers have nothing left that a hundred inputs could find.
        Assert.True(finding >= Parsers.Length / 2, string.Join('\n', rows));
    }

    [Fact]
    public async Task The_same_seed_makes_the_same_inputs()
    {
        string[] once = await RunAsync(expected: 0, "--runs", "150", "--only", "payload", "--seed", "7");
        Assert.Equal(once, await RunAsync(expected: 0, "--runs", "150", "--only", "payload", "--seed", "7"));
    }

    /// <summary>The rows of its table.</summary>
    private async Task<string[]> RunAsync(int expected, params string[] arguments)
    {
        // Beside this test, as it was built: .../tests/CityBrain.Tests/bin/Release/net10.0.
        string built = Path.GetRelativePath(Path.Combine(RealPart.Root, "tests", "CityBrain.Tests"), AppContext.BaseDirectory);
        string program = Path.Combine(RealPart.Root, "tests", "Fuzz", built, "CityBrain.Fuzz.dll");
        using RunningProgram fuzz = RunningProgram.Start("dotnet", [program, "--findings", _folder, .. arguments]);
        Assert.True(await fuzz.EndAsync() == expected, fuzz.ToString());
        string[] lines = fuzz.Output;
        return [.. lines.SkipWhile(l => !l.StartsWith("parser", StringComparison.Ordinal)).Skip(1)];
    }

    [GeneratedRegex(@"\d[\d,]*")]
    private static partial Regex Number();
}
