using System.CommandLine;
using System.Text;
using CityBrain.Cli;
using CityBrain.Controllers;
using CityBrain.Model;

namespace CityBrain.Commands;

/// <summary>`citybrain keys`: makes the keys that commands are signed with.</summary>
internal static class KeysCommand
{
    public static Command Build()
    {
        var city = new Option<FileInfo>("--city") { Description = "city file", Required = true };
        var output = new Option<FileInfo>("--output", "-o")
        { Description = "new file, readable by its owner only", Required = true };
        var command = new Command("keys", "Make random keys, one for each intersection, to sign commands with.")
        { city, output };
        command.WithExamples("citybrain keys --city city.json -o command-keys.json");
        command.SetAction(parsed =>
        {
            City read = CityFile.Read(parsed.GetValue(city)!.FullName);
            Write(parsed.GetValue(output)!.FullName, CommandKeys.New(read));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(string path, string text)
    {
        if (File.Exists(path)) throw CliFailure.Failed($"'{path}' is there already, and keys in use are not overwritten");
        PrivateFile.WriteNew(path, Encoding.UTF8.GetBytes(text));
    }
}
