using System.CommandLine;

namespace CityBrain.Cli;

/// <summary>`citybrain completion bash|zsh|fish`: prints a script that asks the program itself what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _citybrain() {
          local line="${COMP_LINE}" point="${COMP_POINT}"
          mapfile -t COMPREPLY < <(citybrain "[suggest:${point}]" "${line}" 2>/dev/null | grep -F -- "${COMP_WORDS[COMP_CWORD]}")
        }
        complete -o default -F _citybrain citybrain ./citybrain
        """;

    private const string Zsh = """
        _citybrain() {
          local -a words_
          words_=("${(@f)$(citybrain "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a words_
        }
        compdef _citybrain citybrain
        """;

    private const string Fish = """
        complete -c citybrain -f -a '(citybrain "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    public static Command Build()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a shell completion script.") { shell };
        command.WithExamples("source <(citybrain completion bash)");
        command.SetAction(parsed =>
        {
            Console.Out.WriteLine(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
            return ExitCode.Ok;
        });
        return command;
    }
}
