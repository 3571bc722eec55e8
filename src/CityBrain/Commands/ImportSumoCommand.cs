using System.CommandLine;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Commands;

/// <summary><c>citybrain import sumo NET.net.xml -o city.json</c>: makes a city file of a SUMO network.</summary>
public static class ImportSumoCommand
{
    public static Command Build()
    {
        var net = new Argument<FileInfo>("network") { Description = "SUMO network, .net.xml or .net.xml.gz" };
        var output = new Option<FileInfo?>("--output", "-o") { Description = "City file to write; default: stdout" };
        var rules = new Option<string>("--rules")
        {
            Description = "Timing rules: network (as the network says) or resco (the benchmark's)",
            DefaultValueFactory = _ => TimingRules.Network.Name,
        };
        rules.AcceptOnlyFromAmong(TimingRules.Network.Name, TimingRules.Resco.Name);
        var districts = new Option<int>("--districts")
        {
            Description = "Into how many districts the intersections are divided", DefaultValueFactory = _ => 1,
        };
        districts.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--districts is 1 or more");
        });
        var command = new Command("sumo", "Make a city file of a SUMO network") { net, output, rules, districts };
        command.SetAction(parsed => Import(parsed.GetRequiredValue(net), parsed.GetValue(output),
            TimingRules.Find(parsed.GetRequiredValue(rules))!, parsed.GetValue(districts)));
        return command;
    }

    private static int Import(FileInfo net, FileInfo? output, TimingRules rules, int districts)
    {
        if (!net.Exists) return Say($"no such file: {net}", 66);
        try
        {
            CityDescription city = rules.Apply(SumoNetwork.Import(net.FullName, districts));
            if (!CityBuilder.TryBuild(city, out City? built, out IReadOnlyList<CityError> errors))
                return Say(string.Join(Environment.NewLine, errors.Prepend(new CityError(net.Name, "cannot be used"))), 1);
            byte[] json = CityJson.Write(city);
            if (output is null)
            {
                using Stream stdout = Console.OpenStandardOutput();
                stdout.Write(json);
            }
            else File.WriteAllBytes(output.FullName, json);
            return Say($"{built.Intersections.Length} intersections, {built.Lanes.Length} lanes, "
                + $"{built.Detectors.Length} detectors, {built.Districts.Length} district(s)", 0);
        }
        catch (SumoFileException e)
        {
            return Say(e.Message, 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Say($"cannot write {output}: {e.Message}", 1);
        }
    }

    private static int Say(string message, int exitCode)
    {
        Console.Error.WriteLine(message);
        return exitCode;
    }
}
