using System.Diagnostics;
using System.Globalization;
using System.Text;
using CityBrain.Charts;
using CityBrain.History;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Street;

namespace CityBrain.Load;

/// <summary>
/// More than the machine holds: JSON readings of 100,000 loops and the cameras of a few junctions, one a message, over
/// connections of their own to the embedded broker; beside them presses with receipts. The rate is raised until readings
/// are shed; then half of that, twice, half, ten times for some seconds, half. At the end every message must be accounted
/// for, by kind: sent = taken by the brain + replaced by a newer one + dropped in the broker's full queue; and every
/// acknowledged press is in the journal once.
/// </summary>
internal sealed class OverloadRun : IAsyncDisposable
{
    private const int Loops = 100_000, SampleMs = 250, PressesPerSecond = 5;
    private static readonly string[] Kinds = ["loop", "camera"];
    private readonly City _city;
    private readonly FeedTopics _topics;
    private readonly Programs _programs;
    private readonly OpenSender[] _loops, _cameras;
    private readonly MqttClient _buttons;
    private readonly PressBook _presses;
    private readonly HashSet<(int, long, uint)> _acknowledged = [];
    private readonly System.Collections.Concurrent.ConcurrentQueue<(byte[] Topic, byte[] Payload)> _receipts = new();
    private readonly List<(double S, double Sent, double Taken, double Shed)> _curve = [];
    private readonly long _began = Stopwatch.GetTimestamp();
    private Dictionary<string, double> _metrics = [];
    private int _next, _random = 1, _pressesSaid;

    private OverloadRun(Programs programs, City city)
    {
        (_programs, _city, _topics) = (programs, city, new FeedTopics(city.Districts[0].Id));
        int real = KillsCity.Real.Detectors.Length;
        (byte[], int)[] loops = [.. city.Detectors.Skip(real).Select(d => Loop(d))];
        (byte[], int)[] cameras = [.. city.Detectors.Take(real).Where(d => d.Kind == DetectorKind.Camera).Select(d => Camera(d))];
        _loops = [.. loops.Chunk(loops.Length / 4).Select(c => new OpenSender(programs.MqttPort, c))];
        _cameras = [new OpenSender(programs.MqttPort, cameras)];
        _presses = new PressBook(city);
        _buttons = new MqttClient(new MqttClientOptions { Port = programs.MqttPort, ClientId = "buttons" },
            (in PublishView m) => _receipts.Enqueue((m.Topic.ToArray(), m.Payload.ToArray())));
    }

    public static async Task<bool> RunAsync(int seconds, int capacity, string? plot)
    {
        City city = KillsCity.WithLoops(Loops);
        await using Programs programs = await Programs.StartAloneAsync(city);
        await using var run = new OverloadRun(programs, city);
        await run._buttons.ConnectAsync();
        await run._buttons.SubscribeAsync(run._topics.ReceiptFilter, Qos.AtMostOnce);
        Console.WriteLine("phase             offered/s     sent/s    taken/s  replaced/s  dropped/s  held back  clock behind  brain MB");
        if (capacity == 0) capacity = await run.CapacityAsync();
        await run.PhaseAsync("half", capacity / 2, seconds);
        await run.PhaseAsync("twice", capacity * 2, seconds);
        await run.RecoveryAsync(capacity / 2, seconds);
        await run.PhaseAsync("ten times", capacity * 10, 3);
        await run.RecoveryAsync(capacity / 2, seconds);
        bool good = await run.AccountAsync();
        if (plot is not null) File.WriteAllText(plot, run.Draw(capacity));
        return good;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (OpenSender sender in _loops.Concat(_cameras)) sender.Dispose();
        await _buttons.DisposeAsync();
    }

    /// <summary>The last rate without shedding, going up by half once the code is warm.</summary>
    private async Task<int> CapacityAsync()
    {
        int rate = 30_000;
        await PhaseAsync("warming up", rate, 15);
        while (true)
        {
            double before = Shed;
            await PhaseAsync("rising", rate, 4);
            if (Shed - before > 0.005 * 4 * rate || HeldBack > 0.05 * 4 * rate) return rate * 2 / 3;
            rate = rate * 3 / 2;
        }
    }

    private async Task PhaseAsync(string name, int rate, int seconds)
    {
        await SampleAsync();
        (double sent, double taken, double replaced, double dropped, double held) = (Sent, Taken, Replaced, Dropped, HeldBack);
        long began = Stopwatch.GetTimestamp();
        Rate = rate;
        double behind = 0;
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            await StepAsync();
            behind = Math.Max(behind, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0 - _metrics["citybrain_data_time_seconds"]);
        }
        double s = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-14}{rate,13:N0}{(Sent - sent) / s,11:N0}{(Taken - taken) / s,11:N0}{(Replaced - replaced) / s,12:N0}{(Dropped - dropped) / s,11:N0}"
            + $"{HeldBack - held,11:N0}{behind,12:0.0} s{_metrics["process_resident_memory_bytes"] / 1e6,10:0}"));
    }

    /// <summary>Back to half: how long until nothing waits and nothing more is shed.</summary>
    private async Task RecoveryAsync(int rate, int seconds)
    {
        Rate = rate;
        long began = Stopwatch.GetTimestamp(), last = began;
        double shed = Shed;
        while (Stopwatch.GetElapsedTime(last).TotalSeconds < 3 && Stopwatch.GetElapsedTime(began).TotalSeconds < 120)
        {
            await StepAsync();
            if (Shed > shed || _metrics["citybrain_sensors_waiting"] > 0) last = Stopwatch.GetTimestamp();
            shed = Shed;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  back at half: nothing more was shed after {Stopwatch.GetElapsedTime(began, last).TotalSeconds:0.0} s"));
        await PhaseAsync("half", rate, seconds);
    }

    private async Task<bool> AccountAsync()
    {
        Rate = 0;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 60 && (_presses.Waiting > 0 || Unaccounted > 0); await Task.Delay(SampleMs))
        {
            await SampleAsync();
            Press(anew: false);
        }

        foreach ((string kind, OpenSender[] senders) in Kinds.Zip([_loops, _cameras]))
        {
            double sent = senders.Sum(s => s.Sent), taken = Of("citybrain_events_taken_total", kind), replaced = Of("citybrain_readings_replaced_total", kind);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{kind,-8} sent {sent,12:N0} = taken {taken,12:N0} + replaced {replaced,12:N0} + dropped by the broker {sent - taken - replaced,12:N0}"));
        }
        // Another count of the same: what was published, presses and their repetitions with it, was read or dropped.
        double read = Of("citybrain_messages_total", "read"), published = Sent + _pressesSaid;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"all      published {published,7:N0} = read {read,12:N0} + dropped by the broker {Dropped,12:N0}; unaccounted {published - read - Dropped:N0}"));
        bool good = published == read + Dropped;
        string journal = await _programs.EndAsync();
        var times = new Dictionary<(int, long, uint), int>();
        using JournalReader reader = JournalReader.Open(journal);
        while (reader.TryRead(out CityEvent e, out _))
            if (e.Kind == EventKind.Button) times[(e.Index, e.TimeMs, e.Sequence)] = times.GetValueOrDefault((e.Index, e.TimeMs, e.Sequence)) + 1;
        int lost = _acknowledged.Count(p => !times.ContainsKey(p)), doubled = times.Count(t => t.Value > 1);
        Console.WriteLine($"presses acknowledged {_acknowledged.Count}, given up {_presses.GivenUp}: lost {lost}, doubled {doubled}");
        return good && lost == 0 && doubled == 0 && _acknowledged.Count > 0;
    }

    private int Rate
    {
        set
        {
            foreach (OpenSender sender in _loops) sender.Rate = value * 19 / 20 / _loops.Length;
            foreach (OpenSender sender in _cameras) sender.Rate = value / 20;
        }
    }

    private double Sent => _loops.Concat(_cameras).Sum(s => s.Sent);
    private double HeldBack => _loops.Concat(_cameras).Sum(s => s.HeldBack);
    private double Taken => Kinds.Sum(k => Of("citybrain_events_taken_total", k));
    private double Replaced => Kinds.Sum(k => Of("citybrain_readings_replaced_total", k));
    /// <summary>Of all kinds: the broker does not know them.</summary>
    private double Dropped => _metrics.GetValueOrDefault("citybrain_broker_dropped_total");
    private double Shed => Replaced + Dropped;
    private double Unaccounted => Sent + _pressesSaid - Of("citybrain_messages_total", "read") - Dropped;

    private double Of(string name, string kind) => _metrics.GetValueOrDefault($"{name}{{kind=\"{kind}\"}}");

    private async Task StepAsync()
    {
        Press(anew: _next++ % Math.Max(1, 1000 / SampleMs / PressesPerSecond) == 0);
        await SampleAsync();
        _curve.Add((Stopwatch.GetElapsedTime(_began).TotalSeconds, Sent, Taken, Shed));
        await Task.Delay(SampleMs);
    }

    private async Task SampleAsync() => _metrics = await _programs.MetricsAsync();

    private void Press(bool anew)
    {
        long nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        int[] buttons = [.. _city.Detectors.Where(d => d.Kind == DetectorKind.Button).Select(d => d.Index)];
        if (anew) _presses.Add(buttons[_random++ % buttons.Length], nowMs, nowMs);
        while (_receipts.TryDequeue(out (byte[] Topic, byte[] Payload) receipt))
            if (_presses.TakeReceipt(receipt.Topic, receipt.Payload, out CityEvent press)) _acknowledged.Add((press.Index, press.TimeMs, press.Sequence));
        var payload = new byte[256];
        while (_presses.TryNextDue(nowMs, out CityEvent due))
            _pressesSaid += _buttons.TryPublish(Encoding.ASCII.GetBytes(_topics.Button(_city.Detectors[due.Index].Id)),
                payload.AsSpan(0, ButtonFeed.Write(payload, due.TimeMs, true, due.Sequence))) ? 1 : 0;
    }

    private (byte[], int) Loop(Detector d)
    {
        var payload = new byte[256];
        int length = LoopFeed.Write(payload, new LoopReading(1_700_000_000_000, d.Index, 1, 0.1f, 12));
        return Packet(_topics.Loop(d.Id), payload.AsSpan(0, length));
    }

    private (byte[], int) Camera(Detector d)
    {
        var payload = new byte[2048];
        VehicleSighting[] seen = [.. Enumerable.Range(0, 8).Select(n => VehicleSighting.Of(2 + 7.5 * n, n < 4 ? 0 : 9, 4.5, VehicleClass.Car))];
        int length = CameraFeed.Write(payload, 1_700_000_000_000, 0, 8, 4, seen);
        return Packet(_topics.Camera(d.Id), payload.AsSpan(0, length));
    }

    private static (byte[], int) Packet(string topic, ReadOnlySpan<byte> payload)
    {
        var message = new PublishView(Encoding.ASCII.GetBytes(topic), payload, Qos.AtMostOnce);
        var packet = new byte[PacketWriter.PublishLength(message, MqttVersion.V311)];
        PacketWriter.WritePublish(packet, message, MqttVersion.V311);
        return (packet, packet.AsSpan().IndexOf("1700000000000"u8));
    }

    private string Draw(int capacity)
    {
        List<(double, double)> Per(Func<(double S, double Sent, double Taken, double Shed), double> of)
        {
            var points = new List<(double, double)>();
            for (int i = 4; i < _curve.Count; i += 2)
                points.Add((_curve[i].S, Math.Max(0, of(_curve[i]) - of(_curve[i - 4])) / (_curve[i].S - _curve[i - 4].S)));
            return points;
        }
        return LineChart.Draw(string.Create(CultureInfo.InvariantCulture, $"Overload: the machine holds {capacity:N0} messages a second"),
            "JSON readings, one a message, over the embedded broker; what is shed is replaced by a newer reading or dropped by the broker",
            "s", "messages a second",
            [new LineSeries("sent", Per(c => c.Sent)), new LineSeries("taken by the brain", Per(c => c.Taken)), new LineSeries("shed", Per(c => c.Shed))]);
    }
}
