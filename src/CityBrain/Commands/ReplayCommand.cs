using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Commands;

/// <summary>`citybrain replay JOURNAL`: plays a journal at any speed and prints the commands it led to.</summary>
internal static class ReplayCommand
{
    public static Command Build()
    {
        var journal = new Argument<string>("journal") { Description = "folder of the journal" };
        var speed = new Option<string?>("--speed")
        {
            Description = "times real time, or max; with --port 1 to 1000, without it max",
        };
        var only = new Option<string?>("--intersection") { Description = "print the commands of this one only" };
        var json = new Option<bool>("--json") { Description = "one JSON object a command on stdout" };
        var port = new Option<int?>("--port")
        { Description = "show it in the dashboard on this port, 0 for any, instead of printing" };
        var bind = new Option<string>("--bind")
        { Description = "address the dashboard listens on", DefaultValueFactory = _ => "127.0.0.1" };
        var archive = new Option<string?>("--archive")
        { Description = "with --port: folder of the archive that the HTTP API tells of the past" };
        var hires = new Option<string?>("--hires")
        { Description = "with --port: folder of imported logs that the HTTP API measures" };
        var basemap = new BasemapOptions();
        var command = new Command("replay",
            "Play a journal again and print each change of the signals, or show it in the dashboard.")
        { journal, speed, only, json, port, bind, archive, hires };
        basemap.AddTo(command);
        command.WithExamples(
            "citybrain replay run/journal --port 8080 --speed 10", "citybrain replay run/journal --json > commands.jsonl");
        command.SetAction((parsed, cancel) => parsed.GetValue(port) is { } shown
            ? ReplayDashboard.RunAsync(parsed.GetValue(journal)!, parsed.GetValue(speed) ?? "1", shown, parsed.GetValue(bind)!,
                parsed.GetValue(archive), parsed.GetValue(hires), city => basemap.Read(parsed, city), cancel)
            : RunAsync(parsed.GetValue(journal)!, parsed.GetValue(speed) ?? "max",
                parsed.GetValue(only), parsed.GetValue(json), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string path, string speed, string? only, bool json, CancellationToken cancel)
    {
        double factor = Factor(speed);
        using var player = JournalPlayer.Open(path);
        int intersection = -1;
        if (only is not null && !player.Brain.City.TryIntersection(only, out intersection))
            throw CliFailure.Usage($"the city in the journal has no intersection '{only}'");
        var clock = Stopwatch.StartNew();
        long firstMs = -1;
        while (player.Step(out CityEvent e))
        {
            cancel.ThrowIfCancellationRequested();
            if (e.Kind != EventKind.Tick) continue;
            if (firstMs < 0) firstMs = e.TimeMs;
            double aheadMs = (e.TimeMs - firstMs) / factor - clock.Elapsed.TotalMilliseconds;
            if (aheadMs > 1) await Task.Delay(TimeSpan.FromMilliseconds(aheadMs), cancel);
            Print(player, intersection, json);
        }
        await Console.Error.WriteLineAsync(
            $"{player.Reader.EventCount} events, {player.Reader.End}, digest {player.Brain.Digest():x16}");
        return ExitCode.Ok;
    }

    private static double Factor(string speed)
    {
        if (speed == "max") return double.PositiveInfinity;
        if (double.TryParse(speed.TrimEnd('x'), NumberStyles.Float, CultureInfo.InvariantCulture, out double factor)
            && factor > 0) return factor;
        throw CliFailure.Usage($"--speed is a number above 0 or max, not '{speed}'");
    }

    private static void Print(JournalPlayer player, int only, bool json)
    {
        CommandBuffer commands = player.Brain.Commands;
        for (int i = 0; i < commands.Count; i++)
        {
            SignalCommand command = commands[i];
            if (!command.Changed || (only >= 0 && command.Intersection != only)) continue;
            Intersection where = player.Brain.City.Intersections[command.Intersection];
            string aspects = Aspects.Write(commands.Aspects(i));
            string reason = ReasonText.English(where, command.Reason);
            if (json)
                Json.WriteLine(Console.Out, w =>
                {
                    w.WriteNumber("timeMs", command.TimeMs);
                    w.WriteString("intersection", where.Id);
                    w.WriteNumber("sequence", command.Sequence);
                    w.WriteString("kind", command.Kind.ToString());
                    w.WriteNumber("stage", command.TargetStage);
                    w.WriteString("aspects", aspects);
                    w.WriteString("reason", reason);
                });
            else
                Console.Out.WriteLine($"{command.TimeMs / 1000.0,10:0.0} s  {where.Id,-20} {aspects}  {reason}");
        }
    }
}
