using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Storm;

/// <summary>
/// The sensors' process: what the simulated street shows, published as the product's street publishes it, and the
/// presses of buttons that are said again until the brain's receipt comes.
/// </summary>
internal sealed class StormSensors
{
    private readonly StormWorld _world;
    private readonly StormLink _link;
    private readonly SensorPublisher _publisher;
    private readonly int[] _buttons;
    private readonly (CityEvent Event, byte[] Extra)[] _last;
    private SeededRandom _random;
    private PressBook _presses;
    private bool _alive;
    private int _generation;

    public StormSensors(StormWorld world)
    {
        _world = world;
        Hop = new StormHop(world, 300);
        _random = SeededRandom.For(world.Script.Seed, 301);
        _link = world.Link("sensors", new MqttClientOptions { QueueBytes = 256 << 10, Version = MqttVersion.V311 });
        _publisher = new SensorPublisher(world.City, Publish, new StreetCounters(), binary: false);
        _buttons = [.. world.City.Detectors.Where(d => d.Kind == DetectorKind.Button).Select(d => d.Index)];
        _last = new (CityEvent, byte[])[world.City.Detectors.Length];
        _presses = new PressBook(world.City);
    }

    public StormHop Hop { get; }
    public StormLink Link => _link;
    public int ClockOffMs { get; set; }
    public bool Lie { get; set; }
    public bool Stuck { get; set; }
    public bool Silent { get; set; }
    public int PressesWaiting => _presses.Waiting;

    public void Start()
    {
        _alive = true;
        int generation = ++_generation;
        _presses = new PressBook(_world.City);
        _link.Start(OnMessage, null, [.. _world.City.Districts.Select(d => (new FeedTopics(d.Id).ReceiptFilter, Qos.AtMostOnce))]);
        _world.After(300, () => Step(generation));
    }

    public void Kill()
    {
        _alive = false;
        _link.Stop();
    }

    private void Step(int generation)
    {
        if (generation != _generation || !_alive) return;
        _world.After(1000, () => Step(generation));
        if (!Silent) _world.Street.Observe(Take);
        if (_buttons.Length > 0 && _random.Next(4) == 0) Press(_buttons[_random.Next(_buttons.Length)]);
        while (_presses.TryNextDue(_world.NowMs, out CityEvent press)) _publisher.Take(press, []);
        _publisher.Flush();
    }

    private void Take(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (e.Kind == EventKind.Button)
        {
            Press(e.Index);
            return;
        }
        CityEvent said = e with { TimeMs = _world.WallMs + ClockOffMs };
        if (Stuck && _last[e.Index].Extra is not null)
        {
            _publisher.Take(_last[e.Index].Event with { TimeMs = said.TimeMs }, _last[e.Index].Extra);
            return;
        }
        if (Lie)
        {
            said = said with
            {
                A = (float)_random.Next(-2.0, 120.0),
                B = e.Kind == EventKind.Loop ? (float)_random.Next(-0.2, 1.4) : _random.Next(60),
                C = _random.Next(5) == 0 ? float.NaN : _random.Next(200),
            };
        }
        _last[e.Index] = (said, extra.ToArray());
        _publisher.Take(said, extra);
    }

    private void Press(int button) => _presses.Add(button, _world.WallMs + ClockOffMs, _world.NowMs);

    private void OnMessage(in PublishView message)
    {
        if (_presses.TakeReceipt(message.Topic, message.Payload, out CityEvent press)) _world.History.Acknowledged(press);
    }

    private bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        byte[] to = topic.ToArray();
        int generation = _generation;
        Hop.Pass(payload.ToArray(), bytes =>
        {
            if (generation == _generation && _alive) _link.TryPublish(to, bytes);
        });
        return true;
    }
}
