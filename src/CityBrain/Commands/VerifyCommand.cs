using System.CommandLine;
using CityBrain.Cli;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Commands;

/// <summary>`citybrain verify JOURNAL`: plays the journal and compares every digest that was noted.</summary>
internal static class VerifyCommand
{
    public static Command Build()
    {
        var journal = new Argument<string>("journal") { Description = "folder of the journal" };
        var json = new Option<bool>("--json") { Description = "one JSON object on stdout" };
        var command = new Command("verify",
            "Replay a journal and compare the digest of state and commands, bit for bit. Exit 1 when they differ.")
        { journal, json };
        command.WithExamples("citybrain verify run/journal", "citybrain verify run/journal --json");
        command.SetAction((parsed, cancel) =>
            Task.FromResult(Run(parsed.GetValue(journal)!, parsed.GetValue(json), cancel)));
        return command;
    }

    private static int Run(string path, bool json, CancellationToken cancel)
    {
        using var player = JournalPlayer.Open(path);
        ulong ticks = 0, commands = 0;
        while (player.Step(out CityEvent e))
        {
            cancel.ThrowIfCancellationRequested();
            if (e.Kind != EventKind.Tick) continue;
            ticks++;
            commands += (ulong)player.Brain.Commands.Count;
        }
        bool equal = player.FirstDifference is null && player.Reader.End != JournalEnd.Damaged;
        string digest = player.Brain.Digest().ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        if (json)
            Json.WriteLine(Console.Out, w =>
            {
                w.WriteBoolean("equal", equal);
                w.WriteNumber("events", player.Reader.EventCount);
                w.WriteNumber("ticks", ticks);
                w.WriteNumber("commands", commands);
                w.WriteNumber("digestsEqual", player.DigestsEqual);
                if (player.FirstDifference is { } at) w.WriteNumber("firstDifferenceAtEvent", at);
                w.WriteString("end", player.Reader.End.ToString());
                w.WriteNumber("tornBytes", player.Reader.TornBytes);
                w.WriteString("digest", digest);
            });
        else Say(player, ticks, commands, digest);
        return equal ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Say(JournalPlayer player, ulong ticks, ulong commands, string digest)
    {
        Console.Out.WriteLine($"events    {player.Reader.EventCount}");
        Console.Out.WriteLine($"ticks     {ticks}");
        Console.Out.WriteLine($"commands  {commands}");
        Console.Out.WriteLine($"digest    {digest}");
        if (player.Reader.End == JournalEnd.Torn)
            Console.Out.WriteLine($"end       torn: {player.Reader.TornBytes} bytes after the last whole block left out");
        if (player.Reader.End == JournalEnd.Damaged)
            Console.Out.WriteLine($"DAMAGED   at {player.Reader.EndPlace}: bytes were changed after they were written");
        Console.Out.WriteLine(player.FirstDifference is { } at
            ? $"DIFFERENT at event {at}: this brain decides otherwise than the one that wrote the journal"
            : $"equal     {player.DigestsEqual} digests noted while it ran, all met again");
    }
}
