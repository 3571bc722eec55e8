using CityBrain.Model;

namespace CityBrain.Cli;

/// <summary>Reads a city file for a command; what is wrong with it is said with its places.</summary>
internal static class CityFile
{
    private const int MostErrors = 10;

    /// <exception cref="CliFailure">The file is missing, or not a valid city.</exception>
    public static City Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CliFailure.Missing($"there is no city file '{path}'");
        }
        if (CityJson.TryRead(bytes, out CityDescription? description, out var errors)
            && CityBuilder.TryBuild(description!, out City? city, out errors)) return city;
        string more = errors.Count > MostErrors ? $"\n  and {errors.Count - MostErrors} more" : "";
        throw CliFailure.Failed($"'{path}' is not a valid city:\n  "
            + string.Join("\n  ", errors.Take(MostErrors)) + more);
    }
}
