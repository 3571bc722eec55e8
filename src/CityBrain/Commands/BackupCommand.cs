using System.CommandLine;
using System.Globalization;
using CityBrain.Backups;
using CityBrain.Cli;

namespace CityBrain.Commands;

/// <summary>`citybrain backup` and `citybrain restore`: a folder as one checked file, and back.</summary>
internal static class BackupCommand
{
    public static Command BuildBackup()
    {
        var folder = new Argument<string>("folder") { Description = "folder of journal, accounts and audit trail; may be in use" };
        var output = new Option<FileInfo>("--output", "-o") { Description = "new file, readable by its owner only", Required = true };
        var command = new Command("backup", "Back a folder up into one file with checksums.") { folder, output };
        command.WithExamples("citybrain backup run -o citybrain-2026-11-22.tar.gz");
        command.SetAction(parsed =>
        {
            string from = parsed.GetValue(folder)!;
            if (!Directory.Exists(from)) throw CliFailure.Missing($"there is no folder '{from}'");
            Say(Backup.Make(from, parsed.GetValue(output)!.FullName, DateTime.UtcNow));
            return ExitCode.Ok;
        });
        return command;
    }

    public static Command BuildRestore()
    {
        var file = new Argument<string>("file") { Description = "a backup" };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "folder that is new or empty", Required = true };
        var command = new Command("restore", "Check every byte of a backup, then put its files where they belong.") { file, output };
        command.WithExamples("citybrain restore citybrain-2026-11-22.tar.gz -o run");
        command.SetAction(parsed =>
        {
            string from = parsed.GetValue(file)!;
            if (!File.Exists(from)) throw CliFailure.Missing($"there is no backup '{from}'");
            try
            {
                Say(Backup.Restore(from, parsed.GetValue(output)!.FullName));
                return ExitCode.Ok;
            }
            catch (BackupDamagedException e)
            {
                throw CliFailure.Failed($"the backup '{from}' is damaged, and nothing was restored: {e.Message}");
            }
        });
        return command;
    }

    private static void Say(BackupManifest manifest) => Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{manifest.Files.Length} files, {manifest.Files.Sum(f => f.Bytes)} bytes, of {manifest.MadeUtc:yyyy-MM-dd HH:mm:ss} UTC"));
}
