using System.Buffers.Binary;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Storm;

/// <summary>
/// Two clients that hold MQTT to its word: one publishes numbered messages with QoS 1 and 2, the other takes them over a
/// session that outlives its connections. What the broker acknowledged and did not die with must arrive, with QoS 2
/// once only (MQTT 5 §4.3).
/// </summary>
internal sealed class StormCourier
{
    private const int PeriodMs = 90, Most = 2000;

    private readonly StormWorld _world;
    private readonly StormLink _sender, _receiver;
    private readonly List<(TaskCompletionSource<ReasonCode> Answer, Qos Qos)> _sent = new(512);
    private readonly int[] _received = new int[Most];
    /// <summary>Messages up to here may have died with a broker, or come twice after it.</summary>
    private int _excused;
    /// <summary>
    /// The broker has a session to keep messages in: a message with QoS 1 was answered with Success, not with "no
    /// matching subscribers" (0x10), which an answer to QoS 2 does not tell in the end.
    /// </summary>
    private bool _subscribed;

    public StormCourier(StormWorld world)
    {
        _world = world;
        _sender = world.Link("courier", new MqttClientOptions { SessionExpirySeconds = 3600, MaxInFlight = 512 });
        _receiver = world.Link("receiver", new MqttClientOptions
        {
            SessionExpirySeconds = 3600, CleanStart = false,
            Version = world.Script.Seed % 2 == 0 ? MqttVersion.V5 : MqttVersion.V311,
        });
    }

    public int Waiting => _sent.Count(s => !s.Answer.Task.IsCompleted);

    public void Start()
    {
        _sender.Start(static (in PublishView _) => { }, null);
        _receiver.Start(OnMessage, null, ("courier/#", Qos.ExactlyOnce));
        _world.After(PeriodMs, Step);
    }

    public void BrokerDied()
    {
        _excused = _sent.Count;
        _subscribed = false;
    }

    /// <summary>At the end of the calm everything must have arrived.</summary>
    public void CheckAll()
    {
        for (int i = _excused; i < _sent.Count; i++)
        {
            if (!_sent[i].Answer.Task.IsCompleted)
                throw new StormViolation("recovery", $"the broker has not acknowledged message {i}");
            if (Delivered(i) && _received[i] == 0)
                throw new StormViolation("lost", $"message {i}, {_sent[i].Qos}, was acknowledged and never came");
        }
    }

    private bool Delivered(int i) => _sent[i].Answer.Task is { IsCompleted: true, Result: ReasonCode.Success };

    private void Step()
    {
        _world.After(PeriodMs, Step);
        for (int i = _excused; i < _sent.Count && !_subscribed; i++) _subscribed = Delivered(i);
        if (_sent.Count >= Most || _world.NowMs > _world.EndMs - 30_000) return;
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(payload, _sent.Count);
        Qos qos = _subscribed && _sent.Count % 2 == 0 ? Qos.ExactlyOnce : Qos.AtLeastOnce;
        var answer = new TaskCompletionSource<ReasonCode>();
        if (_sender.TryPublish("courier/1"u8, payload, qos, answer)) _sent.Add((answer, qos));
    }

    private void OnMessage(in PublishView message)
    {
        if (message.Payload.Length != 4) return;
        int number = BinaryPrimitives.ReadInt32LittleEndian(message.Payload);
        if ((uint)number >= (uint)_sent.Count) throw new StormViolation("invented", $"message {number} was never sent");
        if (++_received[number] > 1 && _sent[number].Qos == Qos.ExactlyOnce && number >= _excused)
            throw new StormViolation("doubled", $"message {number}, QoS 2, came {_received[number]} times");
    }
}
