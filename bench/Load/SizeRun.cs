using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CityBrain.Brain;
using CityBrain.Model;

namespace CityBrain.Load;

/// <summary>
/// How cost grows with the city: 100, 1,000 and 10,000 intersections with twenty detectors each at 1 Hz, every district a
/// brain of its own with predictive control, two threads that share the districts. Controllers obey at once. Printed are
/// start-up time, memory, and how many seconds of CPU and of the clock a second of the city takes.
/// </summary>
internal static class SizeRun
{
    private const int WarmUpS = 60, MeasuredS = 60;
    private const long BeginMs = 1_700_000_040_000;

    public static void Run(int[] sizes, string policy, int threads, bool json)
    {
        if (!json)
            Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; {policy}, {threads} threads, "
                + $"{MeasuredS} s of the city after {WarmUpS} s\n"
                + "intersections  detectors  districts  start-up s  KB/intersection  bytes/detector  CPU s/s  clock s/s  core share");
        foreach (int size in sizes) Run(size, policy, threads, json);
    }

    private sealed class District(DistrictBrain brain, LoadFeed feed)
    {
        private readonly byte[] _aspects = new byte[64];

        public LoadFeed Feed => feed;
        public long Commands { get; private set; }

        /// <summary>All readings of a second, what the controllers say, the tick.</summary>
        public void Second(long nowMs)
        {
            brain.AcceptLoops(feed.Loops(nowMs));
            for (int i = 0; i < feed.Cameras; i++)
            {
                CityEvent camera = feed.Camera(i, nowMs, out ReadOnlySpan<byte> sightings);
                brain.Accept(camera, sightings);
            }
            foreach (int i in brain.Intersections) Obey(i, nowMs);
            brain.Accept(CityEvent.Tick(nowMs), default);
            Commands += brain.Commands.Count;
        }

        /// <summary>The controller shows what the gate last told it.</summary>
        private void Obey(int intersection, long nowMs)
        {
            ReadOnlySpan<Aspect> shown = brain.Gate.Shown(intersection);
            for (int g = 0; g < shown.Length; g++) _aspects[g] = (byte)shown[g];
            brain.Accept(new CityEvent(nowMs, intersection, EventKind.Controller, (byte)ControllerMode.Remote,
                (ushort)shown.Length, 0, 0, 0, 0), _aspects.AsSpan(0, shown.Length));
        }
    }

    private static void Run(int size, string policy, int threads, bool json)
    {
        CityDescription description = LoadCity.Describe(size);
        GC.Collect();
        long before = GC.GetTotalMemory(true);
        long start = Stopwatch.GetTimestamp();
        City city = CityBuilder.Build(description);
        DistrictBrain[] brains = [.. city.Districts.Select(d => new DistrictBrain(city,
            new BrainOptions { Policy = policy, District = d.Id }))];
        TimeSpan startUp = Stopwatch.GetElapsedTime(start);
        long bytes = GC.GetTotalMemory(true) - before;
        District[] districts = [.. brains.Select((b, n) => new District(b, new LoadFeed(city, b.Intersections, (ulong)n + 1)))];
        Parallel(districts, threads, 0, WarmUpS);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        start = Stopwatch.GetTimestamp();
        Parallel(districts, threads, WarmUpS, MeasuredS);
        double clock = Stopwatch.GetElapsedTime(start).TotalSeconds / MeasuredS;
        double used = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds / MeasuredS;
        int detectors = districts.Sum(d => d.Feed.Events);
        long refused = brains.Sum(b => b.Engine.Counters.Received - b.Engine.Counters.Accepted);
        if (detectors != size * LoadCity.DetectorsPerJunction || refused > 0 || districts.Any(d => d.Commands == 0))
            throw new InvalidOperationException($"{detectors} detectors, {refused} readings refused");
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new
            {
                name = $"size/{size}/{threads}-threads", intersections = size, detectors, districts = brains.Length,
                startUpS = startUp.TotalSeconds, bytesPerIntersection = bytes / size, cpuPerSecond = used,
                clockPerSecond = clock, commands = districts.Sum(d => d.Commands),
            })
            : string.Create(CultureInfo.InvariantCulture,
                $"{size,13:N0}{detectors,11:N0}{brains.Length,11:N0}{startUp.TotalSeconds,12:0.00}{bytes / 1024.0 / size,17:0.0}"
                + $"{(double)bytes / detectors,16:0}{used,9:0.000}{clock,11:0.000}{used / Environment.ProcessorCount,12:P1}"));
    }

    private static void Parallel(District[] districts, int count, int from, int seconds)
    {
        Thread[] threads = [.. Enumerable.Range(0, count).Select(t => new Thread(() =>
        {
            for (int s = from; s < from + seconds; s++)
                for (int d = t; d < districts.Length; d += count) districts[d].Second(BeginMs + s * 1000L);
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
    }
}
