using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Simulation;

namespace CityBrain.Street;

/// <summary>
/// The street as the brain meets it: a simulated city whose sensors publish over MQTT and whose controllers obey,
/// refuse and fall back on what comes over MQTT. It shares nothing with the brain but the city file.
/// </summary>
internal sealed class StreetSide : IAsyncDisposable
{
    /// <summary>Past the brain's tick on the whole second, so that a command is obeyed soon after it was made.</summary>
    private const int PhaseMs = 300;
    private const int MostReceipts = 16_384;

    private readonly StreetOptions _options;
    private readonly TimeProvider _time;
    private readonly CommandInbox _inbox;
    private readonly MqttClient _client;
    private readonly SensorPublisher _sensors;
    /// <summary>Presses that wait for receipts; null where the street is the clock or speaks in blocks.</summary>
    private readonly PressBook? _presses;
    private readonly System.Collections.Concurrent.ConcurrentQueue<(byte[] Topic, byte[] Payload)> _receipts = new();
    private readonly City _city;

    private StreetSide(City city, SimulationOptions simulation, StreetOptions options, TimeProvider time)
    {
        _city = city;
        _options = options;
        _time = time;
        _inbox = new CommandInbox(city, options.Part, Counters, options.CommandKeys);
        bool sensors = options.Part != StreetPart.Controllers;
        if (sensors && !options.Lockstep && !options.Binary) _presses = new PressBook(city);
        _client = new MqttClient(options.Broker, OnMessage);
        _sensors = new SensorPublisher(city, (topic, payload) => _client.TryPublish(topic, payload), Counters, options.Binary);
        long startMs = options.Lockstep ? Math.Max(1000, simulation.StartMs) : NextSecondMs() + PhaseMs;
        Street = new SimulatedCity(city, simulation with
        {
            StartMs = startMs,
            ControllersElsewhere = options.Part == StreetPart.Sensors,
            DemandShare = options.Part == StreetPart.Controllers ? 0 : simulation.DemandShare,
        });
    }

    public SimulatedCity Street { get; }
    public StreetCounters Counters { get; } = new();
    public MqttClientCounters Client => _client.Counters;
    public bool Connected => _client.IsConnected;

    /// <summary>Raised on the street's loop after each second.</summary>
    public event Action<StreetSide>? Stepped;

    /// <summary>Connects and subscribes.</summary>
    /// <exception cref="MqttConnectException">The broker does not answer or refuses.</exception>
    public static async Task<StreetSide> StartAsync(City city, SimulationOptions simulation, StreetOptions options,
        TimeProvider time, CancellationToken cancel)
    {
        if (options.Lockstep && options.Part != StreetPart.All)
            throw new ArgumentException("in lockstep one process plays the whole street", nameof(options));
        var street = new StreetSide(city, simulation, options, time);
        try
        {
            await street._client.ConnectAsync(cancellation: cancel).ConfigureAwait(false);
            await street.SubscribeAsync(cancel).ConfigureAwait(false);
            return street;
        }
        catch
        {
            await street.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Plays second after second until the seconds are over or it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        long begunMs = NowMs(), firstMs = Street.NowMs;
        while (_options.Seconds == 0 || Street.ElapsedS < _options.Seconds)
        {
            if (!_options.Lockstep) await UntilAsync(Street.NowMs, cancel).ConfigureAwait(false);
            else if (!double.IsInfinity(_options.Speed))
                await UntilAsync(begunMs + (long)((Street.NowMs - firstMs) / _options.Speed), cancel).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            Say();
            if (_options.Lockstep) await TickAndTockAsync(cancel).ConfigureAwait(false);
            Deliver();
            Street.Step();
            Stepped?.Invoke(this);
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private void OnMessage(in PublishView message)
    {
        if (_presses is null || message.Topic.IndexOf("/receipt/"u8) < 0) _inbox.OnMessage(message);
        else if (_receipts.Count < MostReceipts) _receipts.Enqueue((message.Topic.ToArray(), message.Payload.ToArray()));
        else Interlocked.Increment(ref Counters.InboxDropped);
    }

    private void Say()
    {
        bool sensors = _options.Part != StreetPart.Controllers;
        Street.Observe((in CityEvent e, ReadOnlySpan<byte> extra) =>
        {
            if (e.Kind == EventKind.Button && _presses is not null) _presses.Add(e.Index, e.TimeMs, e.TimeMs);
            else if (sensors || e.Kind == EventKind.Controller) _sensors.Take(e, extra);
        });
        if (_presses is not null) SayPresses(_presses);
        _sensors.Flush();
    }

    private void SayPresses(PressBook presses)
    {
        while (_receipts.TryDequeue(out (byte[] Topic, byte[] Payload) receipt))
            presses.TakeReceipt(receipt.Topic, receipt.Payload, out _);
        while (presses.TryNextDue(Street.NowMs, out CityEvent press)) _sensors.Take(press, []);
        Volatile.Write(ref Counters.Acknowledged, presses.Acknowledged);
        Volatile.Write(ref Counters.GivenUp, presses.GivenUp);
    }

    private void Deliver()
    {
        if (_options.Part == StreetPart.Sensors) _inbox.Deliver(Street);
        else _inbox.Deliver(Street.Controllers, Street.NowMs);
    }

    private async Task TickAndTockAsync(CancellationToken cancel)
    {
        _sensors.Tick(Street.NowMs);
        while (!await _inbox.TockAsync(Street.NowMs, _options.TockTimeout, cancel).ConfigureAwait(false))
        {
            // The brain may be starting, or away: the street is the clock and says the time again.
            Counters.TicksRepeated++;
            _sensors.Tick(Street.NowMs);
        }
    }

    private async Task SubscribeAsync(CancellationToken cancel)
    {
        foreach (District district in _city.Districts)
        {
            var topics = new FeedTopics(district.Id);
            if (_options.Part == StreetPart.Sensors)
                await SubscribeAsync($"{topics.Root}/controller/+/state", cancel).ConfigureAwait(false);
            else await SubscribeAsync(topics.CommandFilter, cancel).ConfigureAwait(false);
            if (_presses is not null) await SubscribeAsync(topics.ReceiptFilter, cancel).ConfigureAwait(false);
            if (_options.Lockstep) await SubscribeAsync(topics.Tock, cancel).ConfigureAwait(false);
        }
    }

    private async Task SubscribeAsync(string filter, CancellationToken cancel)
    {
        ReasonCode code = await _client.SubscribeAsync(filter, Qos.AtMostOnce, cancel).ConfigureAwait(false);
        if (code >= ReasonCode.UnspecifiedError)
            throw new MqttConnectException(ConnectFailure.Refused, $"the broker refuses the subscription to {filter}", code);
    }

    private async Task UntilAsync(long dueMs, CancellationToken cancel)
    {
        long waitMs = dueMs - NowMs();
        if (waitMs < -1000) Counters.Late++;
        if (waitMs > 0) await Task.Delay(TimeSpan.FromMilliseconds(waitMs), _time, cancel).ConfigureAwait(false);
    }

    private long NowMs() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private long NextSecondMs() => (NowMs() / 1000 + 1) * 1000;
}
