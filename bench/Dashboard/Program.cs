using System.Diagnostics;
using System.Globalization;
using CityBrain.Dashboard;
using CityBrain.Dashboard.Tests;
using CityBrain.Model;

// A dashboard with a made-up town of SIDE x SIDE intersections and five pictures a second, for bench/dashboard.mjs.
// Every five seconds one line of JSON: viewers, pictures, what handing a picture over costs the brain's thread
// (p50, p99, most; milliseconds), and the share of one core that the whole process takes.
int side = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 45;
City city = MadeUpCity.Build(side, side);
await using DashboardHost host = await DashboardHost.StartAsync(
    new DashboardOptions { City = city, Port = 0, FirstPassword = (_, _) => { } }, MadeUpTraffic.Counters);
int links = city.Lanes.Where(l => l.Kind == LaneKind.Road).Select(l => l.Road).Distinct().Count();
Console.WriteLine($$"""{"address":"{{host.Address}}","intersections":{{city.Intersections.Length}},"links":{{links}},"lanes":{{city.Lanes.Length}}}""");
var traffic = new MadeUpTraffic(city, new DateTimeOffset(2026, 5, 4, 8, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
var hand = new List<double>();
TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
long window = Stopwatch.GetTimestamp();
using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
while (await pace.WaitForNextTickAsync())
{
    hand.Add(traffic.Step(host.Frames));
    double wall = Stopwatch.GetElapsedTime(window).TotalSeconds;
    if (wall < 5) continue;
    hand.Sort();
    TimeSpan now = Process.GetCurrentProcess().TotalProcessorTime;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $$"""{"viewers":{{host.ViewerCount}},"pictures":{{hand.Count / wall:F1}},"p50":{{hand[hand.Count / 2]:F2}},"p99":{{hand[hand.Count * 99 / 100]:F2}},"most":{{hand[^1]:F2}},"cpu":{{(now - cpu).TotalSeconds / wall:F2}}}"""));
    (cpu, window) = (now, Stopwatch.GetTimestamp());
    hand.Clear();
}
