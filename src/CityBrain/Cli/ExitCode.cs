namespace CityBrain.Cli;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    /// <summary>It ran and the answer is no, or something broke on the way.</summary>
    public const int Failed = 1;
    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;
    /// <summary>An input file or program is not there (sysexits.h, EX_NOINPUT).</summary>
    public const int MissingInput = 66;
    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}

/// <summary>An expected end of a command: one clear sentence for a person, and the exit code.</summary>
internal sealed class CliFailure(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CliFailure Missing(string what) => new(Cli.ExitCode.MissingInput, what);
    public static CliFailure Usage(string what) => new(Cli.ExitCode.Usage, what);
    public static CliFailure Failed(string what) => new(Cli.ExitCode.Failed, what);
}
