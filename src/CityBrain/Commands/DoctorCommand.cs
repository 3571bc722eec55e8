using System.CommandLine;
using CityBrain.Cli;
using CityBrain.Doctor;
using CityBrain.Host;

namespace CityBrain.Commands;

/// <summary>`citybrain doctor`: takes the options of `run` and says what would be in its way.</summary>
internal static class DoctorCommand
{
    public static Command Build()
    {
        var options = new RunCommandOptions();
        var city = new Option<FileInfo>("--city") { Description = "city file", Required = true };
        var json = new Option<bool>("--json") { Description = "one JSON object a line on stdout" };
        var command = new Command("doctor",
            "Check what a run with the same options needs: configuration, city, clock, disk, broker, keys. Exit 1 if something fails.")
        { city, json };
        options.AddTo(command);
        command.WithExamples("citybrain doctor --city city.json --journal run/journal --data run/data",
            "citybrain doctor --city city.json --broker mqtts://10.0.0.5 --broker-user brain --json");
        command.SetAction(async (parsed, cancel) =>
        {
            Finding[] found = await LookAsync(options, parsed, parsed.GetValue(city)!.FullName, cancel);
            foreach (Finding finding in found) Say(finding, parsed.GetValue(json));
            return found.Any(f => f.Health == Health.Fail) ? ExitCode.Failed : ExitCode.Ok;
        });
        return command;
    }

    private static async Task<Finding[]> LookAsync(
        RunCommandOptions options, ParseResult parsed, string city, CancellationToken cancel)
    {
        string area = "city";
        RunOptions run;
        try
        {
            Model.City read = CityFile.Read(city);
            area = "configuration";
            run = options.Read(parsed, read);
        }
        catch (CliFailure e)
        {
            return [new(area, Health.Fail, e.Message, "mend this first; the rest has not been looked at")];
        }
        return await Checkup.RunAsync(run, cancel);
    }

    private static void Say(Finding finding, bool json)
    {
        if (!json) Console.Out.WriteLine(finding);
        else
            Json.WriteLine(Console.Out, w =>
            {
                w.WriteString("area", finding.Area);
                w.WriteString("health", finding.Health.ToString().ToLowerInvariant());
                w.WriteString("what", finding.What);
                w.WriteString("advice", finding.Advice);
            });
    }
}
