namespace CityBrain.Cli;

/// <summary>Files with secrets: read only where others cannot, and written so that others cannot read them.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OpenToOthers =
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    /// <summary>True if others can read the file, or anyone but its owner write it.</summary>
    public static bool IsOpen(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OpenToOthers) != 0;

    /// <param name="path">The file.</param>
    /// <param name="what">What is in it, for the sentence that refuses.</param>
    /// <exception cref="CliFailure">It is not there, or open to others.</exception>
    public static byte[] Read(string path, string what)
    {
        if (!File.Exists(path)) throw CliFailure.Missing($"there is no file of {what} '{path}'");
        if (IsOpen(path)) throw CliFailure.Failed($"others can read the {what} in '{path}': chmod 600 it");
        return File.ReadAllBytes(path);
    }

    /// <summary>The first line of a file that holds one secret, or of a variable of the environment; null without both.</summary>
    /// <exception cref="CliFailure">The file is not there, open to others or empty.</exception>
    public static string? ReadSecret(string? path, string variable, string what)
    {
        if (path is null) return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? text : null;
        string line = System.Text.Encoding.UTF8.GetString(Read(path, what)).Split('\n')[0].TrimEnd('\r');
        return line.Length > 0 ? line : throw CliFailure.Failed($"the file of the {what} '{path}' is empty");
    }

    /// <summary>Writes a new file for its owner only.</summary>
    /// <exception cref="IOException">It is there already, or cannot be written.</exception>
    public static void WriteNew(string path, ReadOnlySpan<byte> bytes) => Write(path, bytes, FileMode.CreateNew);

    /// <summary>Writes beside the file and then takes its place, so that a reader sees the old or the new one.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        string next = path + ".new";
        Write(next, bytes, FileMode.Create);
        File.Move(next, path, overwrite: true);
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
