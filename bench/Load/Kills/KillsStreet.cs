using System.Text;
using CityBrain.History;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Load;

/// <summary>
/// Traffic under the signals that the witnesses see, its sensors, so many loops beside them as the load asks for, and
/// presses of buttons, said again until their receipt comes. It is never killed: it keeps the ledger of what was
/// acknowledged, which the journal is held to at the end.
/// </summary>
internal sealed class KillsStreet : IAsyncDisposable
{
    private const int StepMs = 100, PerBlock = 100, PressesPerSecond = 4;
    private readonly City _city;
    private readonly CabinetWitness[] _witnesses;
    private readonly MqttClient _client;
    private readonly SensorPublisher _publisher;
    private readonly PressBook _presses;
    private readonly SimulatedCity _traffic;
    private readonly int[] _buttons, _loads;
    private readonly byte[] _batch, _payload = new byte[8192];
    private readonly Aspect[] _heads = new Aspect[256];
    private readonly HashSet<(int Button, long TimeMs, uint Sequence)> _acknowledged = [];
    private readonly System.Collections.Concurrent.ConcurrentQueue<(byte[] Topic, byte[] Payload)> _receipts = new();
    private readonly Thread _thread;
    private SeededRandom _random;
    private volatile bool _pressing = true, _ended;

    public KillsStreet(City city, CabinetWitness[] witnesses, int port, ulong seed)
    {
        (_city, _witnesses, _random) = (city, witnesses, SeededRandom.For(seed, 1));
        _client = new MqttClient(new MqttClientOptions
        {
            Port = port, ClientId = "street", QueueBytes = 1 << 20, Overflow = OverflowPolicy.DropOldest,
            ReconnectMax = TimeSpan.FromSeconds(2),
        }, Hear);
        _publisher = new SensorPublisher(city, (topic, payload) => _client.TryPublish(topic, payload), new StreetCounters(), binary: false);
        _presses = new PressBook(city);
        _buttons = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Button).Select(d => d.Index)];
        _loads = [.. city.Detectors.Skip(KillsCity.Real.Detectors.Length).Select(d => d.Index)];
        _batch = Encoding.ASCII.GetBytes(new FeedTopics(city.Districts[0].Id).Batch);
        _traffic = new SimulatedCity(KillsCity.Real, new SimulationOptions { Seed = seed, StartMs = 1000, ControllersElsewhere = true });
        _thread = new Thread(Run) { IsBackground = true };
    }

    public long Presses { get; private set; }
    public long Readings { get; private set; }
    public int Waiting => _presses.Waiting;

    public async Task StartAsync()
    {
        await _client.ConnectAsync(keepTrying: true);
        await _client.SubscribeAsync(new FeedTopics(_city.Districts[0].Id).ReceiptFilter, Qos.AtMostOnce);
        _thread.Start();
    }

    /// <summary>No new presses from now on.</summary>
    public void PressNoMore() => _pressing = false;

    public void End()
    {
        _ended = true;
        _thread.Join();
    }

    /// <summary>Holds the journal to the ledger.</summary>
    public void Judge(string journal, KillsFigures figures)
    {
        var times = new Dictionary<(int, long, uint), int>();
        using JournalReader reader = JournalReader.Open(journal);
        while (reader.TryRead(out CityEvent e, out _))
        {
            figures.Events++;
            if (e.Kind != EventKind.Button || e.Sequence == 0) continue;
            (int, long, uint) press = (e.Index, e.TimeMs, e.Sequence);
            times[press] = times.GetValueOrDefault(press) + 1;
        }
        if (reader.End != JournalEnd.Clean) throw new InvalidOperationException($"the journal ends {reader.End}: {reader.EndPlace}");
        figures.Presses += Presses;
        figures.Acknowledged += _acknowledged.Count;
        figures.Readings += Readings;
        figures.Lost += _acknowledged.Count(p => !times.ContainsKey(p));
        figures.Doubled += times.Count(t => t.Value > 1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_thread.IsAlive) End();
        await _client.DisposeAsync();
    }

    private void Hear(in PublishView message) => _receipts.Enqueue((message.Topic.ToArray(), message.Payload.ToArray()));

    private void Run()
    {
        int next = 0;
        long due = CabinetProgram.SteadyMs;
        for (int step = 0; !_ended; step++)
        {
            due = Math.Max(due + StepMs, CabinetProgram.SteadyMs - 1000);
            while (due - CabinetProgram.SteadyMs is > 0 and var left) PreciseWait.Sleep(left);
            long nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            if (step % (1000 / StepMs) == 0) Traffic(nowMs);
            next = Load(next, nowMs);
            Press(nowMs);
            _publisher.Flush();
        }
    }

    private void Traffic(long nowMs)
    {
        foreach (Intersection at in KillsCity.Real.Intersections)
        {
            Span<Aspect> heads = _heads.AsSpan(0, at.Groups.Length);
            _witnesses[at.Index].CopyHeads(heads);
            _traffic.SetHeads(at.Index, heads);
        }
        _traffic.Step();
        _traffic.Observe((in CityEvent e, ReadOnlySpan<byte> extra) =>
        {
            if (e.Kind is not (EventKind.Loop or EventKind.Camera)) return;
            _publisher.Take(e with { TimeMs = nowMs }, extra);
            Readings++;
        });
    }

    /// <summary>Every loop of the load once a second, spread over its tenths.</summary>
    private int Load(int next, long nowMs)
    {
        int left = _loads.Length * StepMs / 1000;
        while (left > 0)
        {
            var block = new BlockWriter(_payload, BlockKind.Loops);
            for (int n = 0; n < PerBlock && left > 0; n++, left--)
                block.TryAdd(new LoopReading(nowMs, _loads[next++ % _loads.Length], next % 3 == 0 ? 1 : 0, 0.1f, 12));
            Readings += block.Count;
            _client.TryPublish(_batch, _payload.AsSpan(0, block.Finish()));
        }
        return next;
    }

    private void Press(long nowMs)
    {
        long steadyMs = CabinetProgram.SteadyMs;
        if (_pressing && _random.Next(1000 / StepMs) < PressesPerSecond)
        {
            _presses.Add(_buttons[_random.Next(_buttons.Length)], nowMs, steadyMs);
            Presses++;
        }
        while (_receipts.TryDequeue(out (byte[] Topic, byte[] Payload) receipt))
            if (_presses.TakeReceipt(receipt.Topic, receipt.Payload, out CityEvent press))
                _acknowledged.Add((press.Index, press.TimeMs, press.Sequence));
        while (_presses.TryNextDue(steadyMs, out CityEvent press)) _publisher.Take(press, []);
    }
}
