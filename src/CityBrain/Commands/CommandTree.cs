using System.CommandLine;
using CityBrain.Cli;

namespace CityBrain.Commands;

/// <summary>All commands. Without one, the demo city runs.</summary>
internal static class CommandTree
{
    public static RootCommand Build()
    {
        var root = new RootCommand(
            "City Brain: a city's traffic sensed and controlled in real time. Without a command it runs the demo city: "
            + "broker, streets, brain and dashboard in one process.");
        var import = new Command("import", "Make City Brain's files from other programs' files.")
        {
            ImportSumoCommand.Build(),
            ImportHiresCommand.Build(),
            ImportDemoCommand.Build(),
        };
        DemoCommand.AddTo(root);
        root.Add(EvaluateCommand.Build());
        root.Add(RunCommand.Build());
        root.Add(SimulateCommand.Build());
        root.Add(StreetCommand.Build());
        root.Add(VerifyCommand.Build());
        root.Add(ReplayCommand.Build());
        root.Add(ExplainCommand.Build());
        root.Add(WhatIfCommand.Build());
        root.Add(import);
        root.Add(ArchiveCommand.Build());
        root.Add(ExportCommand.Build());
        root.Add(MeasuresCommand.Build());
        root.Add(StormCommand.Build());
        root.Add(KeysCommand.Build());
        root.Add(BrokerCommand.Build());
        root.Add(DoctorCommand.Build());
        root.Add(BackupCommand.BuildBackup());
        root.Add(BackupCommand.BuildRestore());
        root.Add(CompletionCommand.Build());
        CommandLine.ShowExamplesInHelp(root);
        return root;
    }
}
