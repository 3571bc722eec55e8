using CityBrain.Micro;

string mode = args.Length > 0 ? args[0] : "quick";
bool json = args.Contains("--json");
if (mode == "warm" && args.Length > 1) return await WarmBench.RunAsync(args[1..]);
if (mode is not ("quick" or "full" or "gate"))
{
    Console.Error.WriteLine("usage: bench/run quick|full|gate [--json] [--only NAME] | warm URL|CONNECTION [--rows N] [--segment N] [--in-flight N] [--gzip] [--prepare DIR]");
    return 2;
}
int only = Array.IndexOf(args, "--only") + 1;
var harness = new Harness(
    f => Console.WriteLine(json ? f.Json : f.Text), only > 0 && only < args.Length ? args[only] : null);
int rounds = mode == "full" ? 41 : 15;
if (!json)
    Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; CPU time, median of {rounds} interleaved rounds");

foreach (bool late in (bool[])[false, true])
{
    CityStream.Run(harness, 10_000, late, rounds, peers: true);
    CityStream.Run(harness, 100_000, late, rounds, peers: !late);
    // A second of a million detectors is one round: 75 of them close a minute.
    if (mode != "gate") CityStream.Run(harness, 1_000_000, late, 75, peers: false);
}
Payloads.Run(harness, rounds);
MqttPath.Run(harness, rounds);
if (mode != "gate") MqttLoopback.Run(harness, rounds);
HandOver.Run(harness, rounds);
PlanningBench.Run(harness, rounds);
if (mode != "gate") MeasuresBench.Run(harness, 7);

foreach (string failure in harness.Failures.Distinct()) Console.Error.WriteLine($"FAILED {failure}");
return harness.Failures.Count == 0 ? 0 : 1;
