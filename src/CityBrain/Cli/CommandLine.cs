using System.CommandLine;
using System.CommandLine.Invocation;

namespace CityBrain.Cli;

/// <summary>Runs a command tree with this product's manners: data on stdout, everything else on stderr.</summary>
internal static class CommandLine
{
    /// <summary>Parses and runs; returns the exit code of <see cref="ExitCode"/>. Never throws.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args, CancellationToken interrupted)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) Complain(error.Message);
            string command = Path(parsed.CommandResult);
            Console.Error.WriteLine($"Try '{command} --help'.");
            return ExitCode.Usage;
        }
        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
            int code = await parsed.InvokeAsync(configuration, interrupted);
            return interrupted.IsCancellationRequested ? ExitCode.Interrupted : code;
        }
        catch (CliFailure failure)
        {
            Complain(failure.Message);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Complain(e.Message);
            return e is FileNotFoundException or DirectoryNotFoundException
                ? ExitCode.MissingInput
                : ExitCode.Failed;
        }
    }

    /// <summary>One line on stderr, red on a terminal that wants colour.</summary>
    public static void Complain(string message)
    {
        bool colour = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        Console.Error.WriteLine(colour ? $"\u001b[31mcitybrain:\u001b[0m {message}" : $"citybrain: {message}");
    }

    /// <summary>Adds examples below the help of a command.</summary>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        command.Description += "\n\nExamples:\n" + string.Join("\n", examples.Select(e => "  " + e));
        return command;
    }

    private static string Path(System.CommandLine.Parsing.CommandResult result)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? r = result; r is not null; r = r.Parent)
            if (r is System.CommandLine.Parsing.CommandResult c) names.Insert(0, c.Command.Name);
        names[0] = "citybrain";
        return string.Join(' ', names);
    }
}
