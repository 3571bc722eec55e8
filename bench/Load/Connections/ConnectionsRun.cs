using System.Diagnostics;
using System.Globalization;
using CityBrain.Mqtt.Client;

namespace CityBrain.Load;

/// <summary>
/// Thousands of idle connections at the embedded broker of a running brain beside hundreds of busy ones, and then also
/// clients that never finish their CONNECT and clients that do not read: what an idle one costs in memory, and what all
/// of them do to the busy ones. Of each phase the quietest of some windows counts, since other programs of the machine
/// come and go. At the end every message must have come, and every ping been answered.
/// </summary>
internal sealed class ConnectionsRun(Programs programs, BusyPairs busy, int seconds)
{
    private const string News = "bench/news";
    private const int NewsBytes = 10_000, NewsPerSecond = 20, PerSecond = 10, Windows = 6;
    private readonly ProcessShares _shares = new([("brain", programs.Brain), ("clients", Environment.ProcessId)]);
    private (double P50, double P99) _alone;
    private bool _good = true;

    public static async Task<bool> RunAsync(int idle, int busy, int bad, int seconds)
    {
        await using Programs programs = await Programs.StartAloneAsync(KillsCity.Real);
        await using BusyPairs pairs = await BusyPairs.StartAsync(programs.MqttPort, busy, PerSecond);
        var run = new ConnectionsRun(programs, pairs, seconds);
        Console.WriteLine($"{busy} busy clients, {PerSecond} messages/s each with QoS 1");
        Console.WriteLine("                       connections  msgs/s  p50 ms  p99 ms  to alone        brain MB  unaccounted"
            + "  repeated  load");
        await run.PhaseAsync("warming up", first: false);
        await run.PhaseAsync("busy alone", first: true);
        await run.CrowdedAsync(idle, bad);
        await run.PhaseAsync("busy alone again", first: false);
        return run._good;
    }

    private async Task CrowdedAsync(int idle, int bad)
    {
        using var crowd = new SocketCrowd(programs.MqttPort);
        double before = await SettledAsync();
        var clock = Stopwatch.StartNew();
        crowd.AddIdle(idle);
        double tookS = clock.Elapsed.TotalSeconds;
        double after = await SettledAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {idle:N0} idle came in {tookS:0.0} s: {(after - before) / idle / 1000:0.0} kB of resident memory each"));
        crowd.Live();
        await PhaseAsync("and idle", first: false);
        using var worse = new SocketCrowd(programs.MqttPort);
        worse.AddHalfOpen(bad / 2);
        worse.AddDeaf(bad - bad / 2, News);
        worse.Live();
        await using (var feeder = new MqttClient(new MqttClientOptions { Port = programs.MqttPort, ClientId = "feeder" }))
        {
            await feeder.ConnectAsync();
            using var end = new CancellationTokenSource();
            Task feeding = FeedAsync(feeder, end.Token);
            await PhaseAsync("and bad ones", first: false);
            await end.CancelAsync();
            await feeding;
        }
        await CutAsync(bad - bad / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  pings answered {crowd.Answered:N0}, not answered {crowd.Unanswered:N0}; "
            + $"half-open ones closed and opened anew {worse.Reopened:N0}"));
        _good &= crowd.Unanswered == 0 && crowd.Answered > 0;
    }

    private static async Task FeedAsync(MqttClient feeder, CancellationToken end)
    {
        byte[] payload = new byte[NewsBytes];
        while (!end.IsCancellationRequested)
        {
            feeder.TryPublish("bench/news"u8, payload);
            await Task.Delay(1000 / NewsPerSecond, CancellationToken.None);
        }
    }

    /// <summary>Those that do not read are cut off, and what waited for them is given back.</summary>
    private async Task CutAsync(int deaf)
    {
        double most = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 180;)
        {
            Dictionary<string, double> now = await programs.MetricsAsync();
            most = Math.Max(most, now["citybrain_broker_queue_bytes"]);
            if (now["citybrain_broker_cut_total{kind=\"stalled\"}"] >= deaf && now["citybrain_broker_queue_bytes"] == 0)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {deaf} that did not read held {most / 1e6:0} MB and were cut off; "
                    + $"brain {Programs.ResidentBytes(programs.Brain) / 1e6:0} MB"));
                return;
            }
            await Task.Delay(1000);
        }
        Console.WriteLine("  those that did not read were NOT all cut off");
        _good = false;
    }

    private async Task<double> SettledAsync()
    {
        await Task.Delay(5000);
        return Programs.ResidentBytes(programs.Brain);
    }

    private async Task PhaseAsync(string name, bool first)
    {
        _shares.Begin();
        double[][] windows = await busy.RunAsync(Windows, seconds);
        _shares.End();
        double[] ms = windows.MinBy(w => w[(int)(w.Length * 0.99)])!;
        double p50 = ms[ms.Length / 2], p99 = ms[(int)(ms.Length * 0.99)];
        if (first) _alone = (p50, p99);
        string ratio = _alone == default ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{p50 / _alone.P50:0.00} {p99 / _alone.P99,5:0.00}");
        double connections = await programs.MetricAsync("citybrain_broker_connections");
        string load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-20}{connections,14:N0}{ms.Length / (double)seconds,8:0}{p50,8:0.00}{p99,8:0.00}   {ratio,-12}"
            + $"{Programs.ResidentBytes(programs.Brain) / 1e6,10:0}{busy.Unaccounted,13}{busy.Repeated,10}{load,7}"));
        _shares.Print();
        _good &= busy.Unaccounted == 0 && busy.Repeated == 0 && busy.Refused == 0;
    }
}
