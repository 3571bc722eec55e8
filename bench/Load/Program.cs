using CityBrain.Load;

bool json = args.Contains("--json");
int[] numbers = [.. args.Skip(1).TakeWhile(a => int.TryParse(a, out _)).Select(int.Parse)];
string? After(string option) => args.SkipWhile(a => a != option).Skip(1).FirstOrDefault();
switch (args.FirstOrDefault())
{
    case "size":
        SizeRun.Run(numbers.Length > 0 ? numbers : [100, 1_000, 10_000], After("--policy") ?? "predictive",
            int.Parse(After("--threads") ?? "2"), json);
        return 0;
    case "latency":
        bool text = After("--payload") == "json";
        int[] rates = numbers.Length > 0 ? numbers : text ? [10_000] : [10_000, 50_000, 100_000];
        List<LatencySamples> all = await LatencyRun.RunAsync(rates, text, seconds: 60, json);
        if (After("--plot") is { } plot) LatencyPlot.Write(plot, all);
        return 0;
    case "soak":
        string minutes = After("--out") ?? "soak.jsonl", title = $"An hour at {(numbers.Length > 0 ? numbers[0] : 100_000):N0} readings/s";
        if (!args.Contains("--report"))
            await SoakRun.RunAsync(numbers.Length > 0 ? numbers[0] : 100_000, int.Parse(After("--minutes") ?? "60"), minutes);
        SoakRun.Report(minutes, After("--plot"), title);
        return 0;
    case "overload":
        return await OverloadRun.RunAsync(int.Parse(After("--seconds") ?? "15"), int.Parse(After("--capacity") ?? "0"), After("--plot")) ? 0 : 1;
    case "connections":
        return await ConnectionsRun.RunAsync(int.Parse(After("--idle") ?? "10000"), int.Parse(After("--busy") ?? "500"),
            int.Parse(After("--bad") ?? "500"), int.Parse(After("--seconds") ?? "4")) ? 0 : 1;
    case "kills":
        return await KillsRun.RunAsync(int.Parse(After("--kills") ?? "20"), int.Parse(After("--round") ?? "50"),
            int.Parse(After("--rate") ?? "4000"), ulong.Parse(After("--seed") ?? "1"), args.Contains("--show")) ? 0 : 1;
    case "cabinet":
        return await CabinetProgram.RunAsync(args[1], int.Parse(args[2]), int.Parse(args[3]), args[4]);
    default:
        Console.Error.WriteLine("usage: bench/run size [INTERSECTIONS...] [--policy NAME] [--threads N] [--json]\n"
            + "       bench/run latency [READINGS_A_SECOND...] [--payload json|binary] [--plot FILE.svg] [--json]\n"
            + "       bench/run soak [READINGS_A_SECOND] [--minutes N] [--out FILE.jsonl] [--plot FILE.svg] [--report]\n"
            + "       bench/run overload [--seconds N] [--capacity MESSAGES_A_SECOND] [--plot FILE.svg]\n"
            + "       bench/run connections [--idle N] [--busy N] [--bad N] [--seconds N]\n"
            + "       bench/run kills [--kills N] [--round KILLS] [--rate READINGS_A_SECOND] [--seed N] [--show]");
        return 2;
}
