using System.Runtime.InteropServices;
using System.Text;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Storm;

/// <summary>
/// A controller's process in its cabinet: the product's inbox, signature check, conflict monitor and own programme,
/// behind an MQTT connection of its own and a modem.
/// </summary>
internal sealed class StormCabinet
{
    private const int StepMs = 1000;

    private readonly StormWorld _world;
    private readonly Intersection _at;
    private readonly SafetyWitness _witness;
    private readonly StormLink _link;
    private readonly SensorPublisher _publisher;
    private readonly StreetCounters _counters = new();
    private readonly FieldController[] _controllers;
    private readonly HashSet<(uint Sequence, long Accepted)> _taken = [];
    private readonly string _commandFilter;
    private CommandInbox _inbox;
    private bool _alive;
    private long _acceptedMs = long.MinValue / 2, _acceptedCount;
    private int _generation;

    public StormCabinet(StormWorld world, Intersection at)
    {
        _world = world;
        _at = at;
        _witness = new SafetyWitness(at);
        Hop = new StormHop(world, 200 + (ulong)at.Index);
        _link = world.Link("controller:" + at.Index.ToString(System.Globalization.CultureInfo.InvariantCulture),
            new MqttClientOptions { QueueBytes = 64 << 10 });
        _commandFilter = new FeedTopics(world.City.Districts[at.District].Id).Command(at.Id);
        _controllers = new FieldController[world.City.Intersections.Length];
        _publisher = new SensorPublisher(world.City, Publish, _counters, binary: false);
        _inbox = NewInbox();
        Heads = new Aspect[at.Groups.Length];
    }

    public StormHop Hop { get; }
    public StormLink Link => _link;
    public Aspect[] Heads { get; }
    /// <summary>How far the wall clock is off, milliseconds.</summary>
    public int ClockOffMs { get; set; }
    public bool Alive => _alive;
    public FieldController? Controller => _alive ? _controllers[_at.Index] : null;
    public bool Remote => Controller is { Mode: ControllerMode.Remote };
    public Intersection At => _at;
    /// <summary>Refusals of all lives, by reason.</summary>
    public long[] Refused { get; } = new long[(int)Refusal.Malformed + 1];
    public long FallbackCount { get; private set; }

    public void Start(bool switchedOn)
    {
        _alive = true;
        _generation++;
        _controllers[_at.Index] = new FieldController(_world.City, _at.Index, new FieldOptions { SwitchedOnNow = switchedOn });
        _inbox = NewInbox();
        _taken.Clear();
        _acceptedCount = 0;
        _acceptedMs = long.MinValue / 2;
        _link.Start(OnMessage, null, (_commandFilter, Qos.AtMostOnce));
        int generation = _generation;
        // Cabinets step on their own phase; the first step is at once.
        _world.After(switchedOn ? 1 : 300 + 70 * _at.Index, () => Step(generation));
    }

    public void Kill()
    {
        if (!_alive) return;
        AddRefusals();
        _alive = false;
        _link.Stop();
        Array.Fill(Heads, Aspect.Off);
        _witness.GoDark(_world.NowMs);
    }

    public void AddTo(ref Digest digest)
    {
        foreach (Aspect a in Heads) digest.Add((int)a);
        Controller?.AddTo(ref digest);
        digest.Add(_acceptedCount);
    }

    /// <summary>Counts the refusals of the present life; once, at its end.</summary>
    public void AddRefusals()
    {
        if (Controller is not { } c) return;
        for (int r = 0; r < Refused.Length; r++) Refused[r] += c.Refused((Refusal)r);
        FallbackCount += c.Fallbacks;
    }

    private CommandInbox NewInbox() => new(_world.City, StreetPart.Controllers, _counters, _world.Keys);

    private void OnMessage(in PublishView message)
    {
        byte[] topic = message.Topic.ToArray();
        int generation = _generation;
        Hop.Pass(message.Payload.ToArray(), payload =>
        {
            if (generation == _generation && _alive) _inbox.OnMessage(new PublishView(topic, payload));
        });
    }

    private void Step(int generation)
    {
        if (generation != _generation || !_alive) return;
        _world.After(StepMs, () => Step(generation));
        FieldController controller = _controllers[_at.Index];
        long wallMs = _world.WallMs + ClockOffMs;
        _inbox.Deliver(_controllers, wallMs, _world.NowMs);
        CheckAccepted(controller);
        bool before = controller.Mode == ControllerMode.Remote;
        controller.Step(wallMs, _world.NowMs).CopyTo(Heads);
        CheckStep(controller, before);
        Say(controller, wallMs);
    }

    private void CheckAccepted(FieldController controller)
    {
        if (controller.Accepted == _acceptedCount) return;
        _acceptedCount = controller.Accepted;
        _acceptedMs = _world.NowMs;
        if (!_world.Issued(_at.Index, controller.LastSequence, out long times))
            throw new StormViolation("forged", $"{_at.Id} obeys command {controller.LastSequence}, which the brain never gave");
        if (!_taken.Add((controller.LastSequence, times)))
            throw new StormViolation("replayed", $"{_at.Id} obeys command {controller.LastSequence} again");
    }

    private void CheckStep(FieldController controller, bool remoteBefore)
    {
        bool remote = controller.Mode == ControllerMode.Remote;
        if (_witness.Look(Heads, _world.NowMs, remote && remoteBefore) is { } wrong)
            throw new StormViolation("unsafe", wrong);
        long silentMs = _world.NowMs - _acceptedMs;
        if (remote && silentMs > _at.Limits.Fallback.Value + StepMs)
            throw new StormViolation("fallback", $"{_at.Id} obeys {silentMs} ms after the last command");
        if (remoteBefore && !remote) _world.Figures.FellBack(silentMs);
    }

    private void Say(FieldController controller, long wallMs)
    {
        ReadOnlySpan<byte> extra = MemoryMarshal.Cast<Aspect, byte>(controller.Shown);
        _publisher.Take(new CityEvent(wallMs, _at.Index, EventKind.Controller, (byte)controller.Mode, (ushort)extra.Length,
            controller.StageShown, (float)controller.LastRefusal, 0, controller.LastSequence), extra);
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
