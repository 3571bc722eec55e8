using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;

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
            if (UnknownOption(parsed.CommandResult) is { } option)
                throw CliFailure.Usage($"unknown option '{option}'. Try '{Path(parsed.CommandResult)} --help'.");
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
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
        catch (Exception e)
        {
            Complain("this is a fault of the program, please report it: " + e);
            return ExitCode.Failed;
        }
    }

    /// <summary>One line on stderr, red on a terminal that wants colour.</summary>
    public static void Complain(string message)
    {
        bool colour = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
        Console.Error.WriteLine(colour ? $"\u001b[31mcitybrain:\u001b[0m {message}" : $"citybrain: {message}");
    }

    /// <summary>Examples that a command's own help ends with.</summary>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        Examples.AddOrUpdate(command, examples);
        return command;
    }

    /// <summary>Makes `--help` of every command end with its examples.</summary>
    public static void ShowExamplesInHelp(RootCommand root)
    {
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
            if (help.Action is HelpAction action) help.Action = new HelpWithExamples(action);
    }

    private static readonly ConditionalWeakTable<Command, string[]> Examples = [];

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parsed)
        {
            int code = help.Invoke(parsed);
            if (!Examples.TryGetValue(parsed.CommandResult.Command, out string[]? examples)) return code;
            Console.Out.WriteLine("Examples:");
            foreach (string example in examples) Console.Out.WriteLine("  " + example);
            Console.Out.WriteLine();
            return code;
        }
    }

    /// <summary>The parser takes a misspelt option for an argument; here it is told apart.</summary>
    private static string? UnknownOption(CommandResult result) =>
        result.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value)
            .FirstOrDefault(v => v.StartsWith("--", StringComparison.Ordinal) && v.Length > 2);

    private static string Path(CommandResult result)
    {
        var names = new List<string>();
        for (SymbolResult? r = result; r is not null; r = r.Parent)
            if (r is CommandResult c) names.Insert(0, c.Command.Name);
        names[0] = "citybrain";
        return string.Join(' ', names);
    }
}
