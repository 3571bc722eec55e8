using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Storm;

namespace CityBrain.Commands;

/// <summary>`citybrain storm`: the whole system in simulated storms, one for each seed; what breaks is made short.</summary>
internal static class StormCommand
{
    /// <summary>Every so many seeds are lived through twice: both must be the same.</summary>
    private const int TwiceEvery = 100;

    public static Command Build()
    {
        var seeds = new Option<string>("--seeds") { Description = "seeds, as 17 or 1-1000", DefaultValueFactory = _ => "1-100" };
        var script = new Option<FileInfo?>("--script") { Description = "one storm from a file, as a failing seed prints it" };
        var show = new Option<bool>("--show") { Description = "print each storm's script" };
        var jobs = new Option<int>("--jobs")
        { Description = "storms at the same time", DefaultValueFactory = _ => Environment.ProcessorCount };
        var json = new Option<bool>("--json") { Description = "the figures as one JSON object on stdout" };
        var command = new Command("storm",
            "Simulate the whole system under faults drawn from seeds; nothing may be unsafe, lost or doubled.")
        { seeds, script, show, jobs, json };
        command.WithExamples("citybrain storm --seeds 1-10000", "citybrain storm --seeds 17 --show",
            "citybrain storm --script failing.storm");
        command.SetAction((parsed, cancel) => Task.FromResult(parsed.GetValue(script) is { } file
            ? RunScript(file.FullName)
            : RunSeeds(Range(parsed.GetValue(seeds)!), Math.Max(1, parsed.GetValue(jobs)), parsed.GetValue(show),
                parsed.GetValue(json), cancel)));
        return command;
    }

    private static int RunScript(string path)
    {
        if (!File.Exists(path)) throw CliFailure.Missing($"there is no script '{path}'");
        StormScript script;
        try
        {
            script = StormScript.Parse(File.ReadAllText(path));
        }
        catch (FormatException e)
        {
            throw CliFailure.Failed($"'{path}': {e.Message}");
        }
        StormResult result = StormWorld.Run(script);
        Console.Out.WriteLine(result.Rule is null
            ? $"clean; digest {result.Digest:x16}"
            : string.Create(CultureInfo.InvariantCulture, $"at {result.AtMs} ms: {result.Text}"));
        return result.Rule is null ? ExitCode.Ok : ExitCode.Failed;
    }

    private static int RunSeeds((ulong From, ulong To) range, int jobs, bool show, bool json, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var tally = new StormTally();
        var failed = new ConcurrentBag<StormResult>();
        long done = 0, next = (long)range.From - 1;
        Parallel.For(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = jobs }, _ =>
        {
            while (!cancel.IsCancellationRequested)
            {
                ulong seed = (ulong)Interlocked.Increment(ref next);
                if (seed > range.To) return;
                StormResult result = RunSeed(seed);
                if (show) Console.Out.WriteLine(result.Script);
                tally.Add(result);
                if (result.Rule is not null)
                {
                    failed.Add(result);
                    Console.Error.WriteLine($"seed {seed}: {result.Text}");
                }
                long now = Interlocked.Increment(ref done);
                if (now % 500 == 0) Console.Error.WriteLine($"{now} storms, {failed.Count} failed, {clock.Elapsed.TotalSeconds:0} s");
            }
        });
        cancel.ThrowIfCancellationRequested();
        tally.Print(Console.Out, clock.Elapsed, json);
        if (failed.IsEmpty) return ExitCode.Ok;
        StormResult first = failed.OrderBy(r => r.Script.Faults.Count).ThenBy(r => r.Script.Seed).First();
        StormResult small = StormShrink.Shrink(first);
        Console.Out.WriteLine($"# seed {first.Script.Seed}, {first.Script.Faults.Count} faults, made short; at {small.AtMs} ms:");
        Console.Out.WriteLine("# " + small.Text!.ReplaceLineEndings("\n# "));
        Console.Out.Write(small.Script);
        return ExitCode.Failed;
    }

    private static StormResult RunSeed(ulong seed)
    {
        StormScript script = StormScript.Draw(seed);
        StormResult result = StormWorld.Run(script);
        if (seed % TwiceEvery != 0 || result.Rule is not null) return result;
        StormResult again = StormWorld.Run(script);
        return again.Digest == result.Digest ? result
            : result with { Rule = "determinism", Text = $"determinism: {result.Digest:x16} and then {again.Digest:x16}" };
    }

    private static (ulong From, ulong To) Range(string text)
    {
        string[] parts = text.Split('-');
        if (parts.Length <= 2 && ulong.TryParse(parts[0], CultureInfo.InvariantCulture, out ulong from)
            && ulong.TryParse(parts[^1], CultureInfo.InvariantCulture, out ulong to) && from <= to && to < long.MaxValue)
            return (from, to);
        throw CliFailure.Usage($"--seeds is like 17 or 1-1000, not '{text}'");
    }
}
