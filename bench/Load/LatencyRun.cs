using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Load;

/// <summary>
/// From a sensor's message to the published commands, over a real mosquitto with the brain in a process of its own. Load is
/// open: every message has an instant at which it is due, fixed before the run, and what comes late is late by the clock of
/// that plan (so a stalled receiver cannot hide its own delay, "coordinated omission"). Each loop reports once a second; ten
/// times a second a tick is due behind the readings of its 100 ms, and the brain decides and publishes. A sample is the
/// time from when the last reading before a tick was due to when the last command of that tick has come back.
/// </summary>
internal sealed class LatencyRun
{
    public const int WarmUpTicks = 100, TicksAMinute = 60_000 / TickMs;
    private const int TickMs = 100, PerBlock = 100, PatienceS = 10;
    private readonly City _city;
    private readonly int _rate;
    private readonly bool _json;
    private readonly int[] _loops;
    private readonly FeedTopics _topics;
    private readonly long _beginMs = 1_700_000_040_000;
    private readonly byte[][] _loopTopics;
    private readonly byte[] _batch, _tick;
    private readonly byte[] _payload = new byte[8192];
    private readonly Hops _hops;
    private readonly ProcessShares _shares;
    private readonly ObeyingControllers _controllers;
    private readonly int _ticks;
    private long _startedAt, _late;

    private LatencyRun(City city, int rate, bool json, int seconds, ProcessShares shares)
    {
        _shares = shares;
        _city = city;
        _rate = rate;
        _json = json;
        _loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop).Select(d => d.Index).Take(rate)];
        _topics = new FeedTopics(city.Districts[0].Id);
        (_batch, _tick) = (Encoding.ASCII.GetBytes(_topics.Batch), Encoding.ASCII.GetBytes(_topics.Tick));
        _loopTopics = [.. _loops.Select(l => Encoding.ASCII.GetBytes(_topics.Loop(city.Detectors[l].Id)))];
        _ticks = WarmUpTicks + seconds * 1000 / TickMs;
        _hops = new Hops(_ticks);
        _controllers = new ObeyingControllers(city, _topics);
    }

    /// <summary>One line for each rate; the samples of all of them for a plot.</summary>
    public static async Task<List<LatencySamples>> RunAsync(int[] rates, bool json, int seconds, bool asJson)
    {
        var all = new List<LatencySamples>();
        if (!asJson)
            Console.WriteLine($"{(json ? "JSON, one reading a message" : $"binary blocks of {PerBlock}")}, {seconds} s each, "
                + "sensor's message to last command, ms\n"
                + "readings/s     ticks   commands      p50      p99    p99.9    worst   sent late (worst ms)  readings lost");
        foreach (int rate in rates)
        {
            City city = CityBuilder.Build(Describe(rate));
            await using var programs = await Programs.StartAsync(city);
            var shares = new ProcessShares([("generator", Environment.ProcessId), ("broker", programs.Broker), ("brain", programs.Brain)]);
            var run = new LatencyRun(city, rate, json, seconds, shares);
            await run.PlayAsync(programs.MqttPort);
            shares.End();
            var samples = new LatencySamples(rate, [.. run._hops.Answered.Skip(WarmUpTicks)]);
            all.Add(samples);
            run.Print(samples, await programs.AcceptedAsync(), asJson);
            if (asJson) continue;
            run._hops.Print(rate, WarmUpTicks);
            shares.Print();
        }
        return all;
    }

    /// <summary>One rate, binary, with somebody who looks on while it runs.</summary>
    public static async Task PlayBesideAsync(int rate, int seconds, Func<LatencyRun, Programs, Task> looksOn)
    {
        City city = CityBuilder.Build(Describe(rate));
        await using var programs = await Programs.StartAsync(city);
        var run = new LatencyRun(city, rate, json: false, seconds, new ProcessShares([]));
        Task looking = looksOn(run, programs);
        await run.PlayAsync(programs.MqttPort);
        await looking;
    }

    /// <summary>True when so many ticks were due, so many seconds ago.</summary>
    public bool Due(int ticks, int secondsAgo) => _startedAt > 0 && ElapsedMs > ticks * TickMs + secondsAgo * 1000;

    /// <summary>Latencies of these ticks so far.</summary>
    public LatencySamples Samples(int from, int to) => new(_rate, _hops.Answered[from..to]);

    /// <summary>Fifty junctions, and beside their own loops so many along the streets that the rate is reached.</summary>
    private static CityDescription Describe(int rate)
    {
        CityDescription city = LoadCity.Describe(50);
        int own = city.Detectors.Count(d => d.Kind == DetectorKind.Loop);
        return city with
        {
            Districts = [new DistrictDescription("d0", "Load")],
            Intersections = [.. city.Intersections.Select(i => i with { District = "d0" })],
            Detectors =
            [
                .. city.Detectors,
                .. Enumerable.Range(0, Math.Max(0, rate - own)).Select(n => new DetectorDescription
                {
                    Id = $"street{n}", Kind = DetectorKind.Loop, Intersection = $"j{n % 50}", Lane = $"n1.{n % 50}", AtM = 200,
                }),
            ],
        };
    }

    private async Task PlayAsync(int port)
    {
        await using var sender = new MqttClient(new MqttClientOptions
        {
            Port = port, ClientId = "load", Version = MqttVersion.V311, QueueBytes = 256 << 20,
        });
        await using var listener = new MqttClient(
            new MqttClientOptions { Port = port, ClientId = "listener", Version = MqttVersion.V311 }, Hear);
        await sender.ConnectAsync();
        await listener.ConnectAsync();
        await listener.SubscribeAsync(_topics.Tock, Qos.AtMostOnce);
        await listener.SubscribeAsync(_topics.Tick, Qos.AtMostOnce);
        await listener.SubscribeAsync(_topics.CommandFilter, Qos.AtMostOnce);
        var thread = new Thread(() => Send(sender)) { Priority = ThreadPriority.Highest };
        thread.Start();
        // Not here: who looks on has gone on from this thread.
        await Task.Run(thread.Join);
        for (int wait = 0; wait < PatienceS * 10 && double.IsNaN(_hops.Answered[^1]); wait++) await Task.Delay(100);
    }

    /// <summary>Sends each message when it is due, or at once when its time has passed.</summary>
    private void Send(MqttClient client)
    {
        int perTick = _rate * TickMs / 1000, next = 0;
        int size = _json ? 1 : PerBlock;
        _startedAt = Stopwatch.GetTimestamp();
        for (int tick = 0; tick < _ticks; tick++)
        {
            long timeMs = _beginMs + (tick + 1L) * TickMs;
            if (tick == WarmUpTicks - 10) _shares.Begin();
            for (int sent = 0; sent < perTick; sent += size)
            {
                // Readings of a tick are due evenly over its 100 ms, the tick behind the last of them.
                WaitUntil(tick * TickMs + TickMs * (sent + size) / (double)perTick);
                next = SendReadings(client, next, Math.Min(size, perTick - sent), timeMs);
            }
            Publish(client, _batch, _controllers.Write(_payload, timeMs));
            int length = ClockFeed.WriteTick(_payload, timeMs);
            Publish(client, _tick, length);
            _hops.Sent(tick, ElapsedMs - (tick + 1.0) * TickMs);
        }
    }

    private int SendReadings(MqttClient client, int next, int count, long timeMs)
    {
        if (_json)
        {
            int l = next++ % _loops.Length;
            Publish(client, _loopTopics[l], LoopFeed.Write(_payload, Reading(l, timeMs)));
            return next;
        }
        var block = new BlockWriter(_payload, BlockKind.Loops);
        for (int n = 0; n < count; n++) block.TryAdd(Reading(next++ % _loops.Length, timeMs));
        Publish(client, _batch, block.Finish());
        return next;
    }

    private LoopReading Reading(int loop, long timeMs) =>
        new(timeMs, _loops[loop], (loop + timeMs / 1000) % 3 == 0 ? 1 : 0, 0.1f, 12);

    private void Publish(MqttClient client, byte[] topic, int length)
    {
        if (!client.TryPublish(topic, _payload.AsSpan(0, length)))
            throw new InvalidOperationException("the sender's own queue is full");
    }

    private void WaitUntil(double dueMs)
    {
        double left = dueMs - ElapsedMs;
        if (left < -1) _late = Math.Max(_late, (long)-left);
        while ((left = dueMs - ElapsedMs) > 0) PreciseWait.Sleep(left);
    }

    private double ElapsedMs => Stopwatch.GetElapsedTime(_startedAt).TotalMilliseconds;

    private void Hear(in PublishView message)
    {
        if (message.Topic.EndsWith("/tick"u8))
        {
            if (ClockFeed.TryReadTick(message.Payload, out long sentMs)) _hops.Heard(TickOf(sentMs), SinceDue(sentMs));
        }
        else if (message.Topic.EndsWith("/tock"u8))
        {
            if (ClockFeed.TryReadTock(message.Payload, out long timeMs, out _)) _hops.Answer(TickOf(timeMs), SinceDue(timeMs));
        }
        else _controllers.Hear(message.Topic, message.Payload);
    }

    private int TickOf(long timeMs) => (int)((timeMs - _beginMs) / TickMs) - 1;

    private double SinceDue(long timeMs) => ElapsedMs - (timeMs - _beginMs);

    private void Print(LatencySamples s, long accepted, bool asJson)
    {
        long commands = _controllers.Commands, sent = (long)_ticks * _rate * TickMs / 1000;
        if (s.Count == 0 || commands == 0) throw new InvalidOperationException($"{s.Count} answers, {commands} commands");
        // The engine counts what the controllers say too.
        long lost = sent - (accepted - (long)_ticks * _city.Intersections.Length);
        Console.WriteLine(asJson
            ? JsonSerializer.Serialize(new
            {
                name = $"latency/{(_json ? "json" : "binary")}/{_rate}", p50Ms = s.At(0.5), p99Ms = s.At(0.99),
                p999Ms = s.At(0.999), worstMs = s.At(1), ticks = s.Count, unanswered = s.Missing, commands,
                sentLateMs = _late, lost,
            })
            : string.Create(CultureInfo.InvariantCulture,
                $"{_rate,10:N0}{s.Count,10:N0}{commands,11:N0}{s.At(0.5),9:0.00}{s.At(0.99),9:0.00}{s.At(0.999),9:0.00}"
                + $"{s.At(1),9:0.00}{_late,23}{lost,15:N0}"));
        if (s.Missing > 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  it does not keep up: {s.Missing} ticks were not ")
                + string.Create(CultureInfo.InvariantCulture, $"answered {PatienceS} s after the end, {lost:N0} of {sent:N0} readings not taken"));
    }
}

/// <summary>Latencies of one rate in milliseconds.</summary>
internal sealed class LatencySamples(int rate, double[] ms)
{
    private readonly double[] _sorted = [.. ms.Where(x => !double.IsNaN(x)).Order()];

    public int Rate => rate;
    public int Count => _sorted.Length;
    public int Missing => ms.Length - _sorted.Length;

    /// <summary>The least latency that so large a share of the samples does not exceed.</summary>
    public double At(double share) => _sorted[Math.Clamp((int)Math.Ceiling(share * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
