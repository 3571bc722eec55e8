using System.CommandLine;
using System.Text;
using CityBrain.Controllers;
using CityBrain.Model;

namespace CityBrain.Cli;

/// <summary>Where the keys of commands come from: a file that only its owner reads, or the environment.</summary>
internal static class CommandKeyFile
{
    /// <summary>Path of the file, or its text where it begins with a brace.</summary>
    public const string Variable = "CITYBRAIN_COMMAND_KEYS";

    public static Option<string?> Option() => new("--command-keys")
    { Description = $"file with a key for each intersection (citybrain keys); else the variable {Variable}" };

    /// <summary>Reads the keys; null where none are configured.</summary>
    /// <exception cref="CliFailure">The file cannot be read, is open to others, or makes no sense.</exception>
    public static CommandKeys? Read(string? path, City city, bool all)
    {
        string? source = path ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(source)) return null;
        try
        {
            byte[] text = path is null && source.StartsWith('{') ? Encoding.UTF8.GetBytes(source) : PrivateFile.Read(source, "command keys");
            return CommandKeys.Parse(text, city, all);
        }
        catch (FormatException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }
}
