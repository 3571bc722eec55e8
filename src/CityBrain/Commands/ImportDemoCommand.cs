using System.CommandLine;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Simulation;

namespace CityBrain.Commands;

/// <summary>`citybrain import demo`: writes the demo city as a file, for a brain and a street in processes of their own.</summary>
internal static class ImportDemoCommand
{
    public static Command Build()
    {
        var output = new Option<string>("--output", "-o") { Description = "city file to write", Required = true };
        var seed = new Option<ulong>("--seed") { Description = "0 for the city as drawn, any other for a variant" };
        var command = new Command("demo", "Write the demo city as a city file.") { output, seed };
        command.WithExamples("citybrain import demo -o lanhe.json");
        command.SetAction(parsed =>
        {
            CityDescription city = DemoCity.Describe(parsed.GetValue(seed));
            File.WriteAllBytes(parsed.GetValue(output)!, CityJson.Write(city));
            Console.Error.WriteLine($"{parsed.GetValue(output)}: {city.Intersections.Count} intersections, "
                + $"{city.Lanes.Count} lanes, {city.Detectors.Count} detectors");
            return ExitCode.Ok;
        });
        return command;
    }
}
