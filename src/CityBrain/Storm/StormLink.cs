using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Storm;

/// <summary>
/// One client of the broker and its connection. Both ends are the product's own (<see cref="ClientPeer"/>,
/// <see cref="BrokerPeer"/>, their outboxes and sessions); between them bytes travel as over TCP: in order, in pieces,
/// late, or not at all once the connection is cut.
/// </summary>
internal sealed class StormLink
{
    private const int WindowBytes = 128 << 10, PieceBytes = 2048, DetectMs = 8_000;

    /// <summary>Bytes on their way in one direction.</summary>
    private sealed class Pipe
    {
        public readonly Queue<(byte[] Bytes, long EarliestMs)> Travelling = [];
        public int InFlight;
        public bool Moving;
        /// <summary>The outbox before it had something when it was last looked into, and may have more.</summary>
        public bool MayHaveMore;
        public byte[] Buffer = new byte[4096];
        public int Filled;

        public void Clear()
        {
            Travelling.Clear();
            Moving = false;
            InFlight = 0;
            Filled = 0;
        }
    }

    private readonly StormWorld _world;
    private readonly MqttClientOptions _options;
    private readonly Pipe _up = new(), _down = new();
    private readonly Backoff _backoff;
    private readonly int _latencyMs;
    private SeededRandom _random;
    private ClientState? _state;
    private ClientPeer? _client;
    private BrokerPeer? _broker;
    private int _generation;
    private bool _first, _retrying;

    public StormLink(StormWorld world, string name, int number, MqttClientOptions options)
    {
        _world = world;
        Name = name;
        _options = options with { ClientId = name };
        _random = SeededRandom.For(world.Script.Seed, 100 + (ulong)number);
        _latencyMs = 2 + _random.Next(40);
        _backoff = new Backoff(options.ReconnectMin, TimeSpan.FromSeconds(4), new Random((int)_random.NextBits() & int.MaxValue));
    }

    public string Name { get; }
    public int ExtraDelayMs { get; set; }
    /// <summary>Bytes a second that the client reads; 0 for as fast as they come.</summary>
    public int ReadsBytesPerS { get; set; }
    /// <summary>The client takes nothing more now.</summary>
    public Func<bool> Busy { get; set; } = static () => false;
    public bool Stalled { get; private set; }
    public bool Connected => _client?.Answer == ReasonCode.Success;
    public int Unacknowledged => _state?.Outbox.Unacknowledged ?? 0;
    public int InFlightBytes => Math.Max(_up.InFlight, _down.InFlight);
    public int BufferedBytes => Math.Max(_up.Buffer.Length, _down.Buffer.Length);
    public long Connects { get; private set; }

    /// <summary>The client's process begins, with nothing remembered.</summary>
    public void Start(MqttMessageHandler onMessage, Action? onBatch, params ReadOnlySpan<(string Filter, Qos Qos)> filters)
    {
        var tally = new LinkTally();
        var limits = new OutboxLimits(_options.QueueBytes, _options.MaxInFlight, _options.InFlightBytes);
        var outbox = new Outbox(limits, tally, _options.Version);
        var book = new SubscriptionBook(outbox);
        _state = new ClientState(_options, outbox, book, new ReceivedIds(), tally, onMessage, onBatch);
        foreach ((string filter, Qos qos) in filters)
            _ = book.Add(new FilterText(System.Text.Encoding.UTF8.GetBytes(filter), new SubscriptionOptions(qos)));
        _first = true;
        _backoff.Reset();
        Connect();
    }

    /// <summary>The client's process is gone; the system resets its connection.</summary>
    public void Stop()
    {
        Cut();
        _state = null;
    }

    public bool TryPublish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) => TryPublish(topic, payload, Qos.AtMostOnce);

    public bool TryPublish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos,
        TaskCompletionSource<ReasonCode>? waiter = null) =>
        _state is not null && _state.Outbox.Offer(new PublishView(topic, payload, qos), waiter) == OfferResult.Queued;

    /// <summary>Both ends learn at once that the connection is gone.</summary>
    public void Cut()
    {
        DropBrokerEnd();
        DropClientEnd();
    }

    /// <summary>No byte passes until the partition is healed.</summary>
    public void Stall() => Stalled = true;

    /// <summary>Bytes pass again; either end may have given the connection up meanwhile.</summary>
    public void Heal(int lastedMs)
    {
        Stalled = false;
        if (lastedMs > DetectMs && _client is not null)
        {
            int who = _random.Next(3);
            if (who == 1) DropBrokerEnd();
            if (who == 2) DropClientEnd(halfOpen: true);
        }
        _world.After(1, () => Drain(_up, ReceiveAtBroker));
        _world.After(1, () => Drain(_down, ReceiveAtClient));
    }

    /// <summary>Hands what the outboxes hold to the connection, as far as its window goes.</summary>
    public void Pump()
    {
        if (_client is { Answer: ReasonCode.Success } && _state is not null) Take(_state.Outbox, _up, ReceiveAtBroker);
        if (_broker?.Outbox is { } outbox) Take(outbox, _down, ReceiveAtClient);
    }

    /// <summary>The broker's process is gone, with every session.</summary>
    public void BrokerDied()
    {
        _broker = null;
        _up.Clear();
        int generation = _generation;
        _world.After(_latencyMs, () =>
        {
            if (generation == _generation) DropClientEnd();
        });
    }

    private void Connect()
    {
        if (_state is null || _client is not null) return;
        if (Stalled || _world.Broker is null)
        {
            Retry();
            return;
        }
        // A half-open former connection lives on at the broker until the newcomer takes its session.
        if (_broker is not null) _world.Orphan(_broker);
        _generation++;
        _up.Clear();
        _down.Clear();
        _client = new ClientPeer(_state, _first ? _options.CleanStart : _options.SessionExpirySeconds == 0);
        BrokerPeer? made = null;
        made = _world.Broker.Accept(_ =>
        {
            if (_broker == made) DropBrokerEnd();
            else _world.Broker?.Leave(made!);
        });
        _broker = made;
        Connects++;
        Send(_up, _client.EncodeConnect(), ReceiveAtBroker);
        int generation = _generation;
        _world.After(4_000, () =>
        {
            if (generation == _generation && _client is { Answer: null }) Cut();
        });
    }

    private void Retry()
    {
        if (_retrying) return;
        _retrying = true;
        _world.After((int)_backoff.Next().TotalMilliseconds, () =>
        {
            _retrying = false;
            Connect();
        });
    }

    private void DropBrokerEnd()
    {
        if (_broker is null) return;
        BrokerPeer gone = _broker;
        _broker = null;
        _world.Broker?.Leave(gone);
        int generation = _generation;
        _world.After(_latencyMs, () =>
        {
            if (generation == _generation && !Stalled) DropClientEnd();
        });
    }

    private void DropClientEnd(bool halfOpen = false)
    {
        if (_client is null) return;
        _generation++;
        _client = null;
        _up.Clear();
        _down.Clear();
        if (!halfOpen && _broker is not null)
        {
            BrokerPeer gone = _broker;
            _broker = null;
            _world.Broker?.Leave(gone);
        }
        if (_state is null) return;
        _state.Outbox.Close();
        _state.Subscriptions.OnLost();
        Retry();
    }

    private void Take(Outbox outbox, Pipe pipe, Action<byte[]> receive)
    {
        if (pipe.InFlight > WindowBytes) return;
        if (!outbox.TryTakeSignal() && !pipe.MayHaveMore) return;
        pipe.MayHaveMore = outbox.TryTake(out ReadOnlyMemory<byte> control, out ReadOnlyMemory<byte> loose);
        if (!control.IsEmpty) Send(pipe, control.ToArray(), receive);
        if (!loose.IsEmpty) Send(pipe, loose.ToArray(), receive);
    }

    private void Send(Pipe pipe, byte[] bytes, Action<byte[]> receive)
    {
        pipe.InFlight += bytes.Length;
        long earliest = _world.NowMs + _latencyMs + ExtraDelayMs + _random.Next(4);
        for (int at = 0; at < bytes.Length;)
        {
            // Mostly in one piece, sometimes torn anywhere.
            int rest = Math.Min(PieceBytes, bytes.Length - at);
            int length = _random.Next(8) == 0 ? 1 + _random.Next(rest) : rest;
            pipe.Travelling.Enqueue((bytes[at..(at + length)], earliest));
            at += length;
        }
        if (!pipe.Moving) Move(pipe, receive);
    }

    /// <summary>The next piece sets out; what is behind it waits until it has come.</summary>
    private void Move(Pipe pipe, Action<byte[]> receive)
    {
        pipe.Moving = pipe.Travelling.TryPeek(out (byte[] Bytes, long EarliestMs) piece);
        if (!pipe.Moving) return;
        int slowMs = pipe == _down && ReadsBytesPerS > 0 ? (int)(1000L * piece.Bytes.Length / ReadsBytesPerS) : 0;
        int generation = _generation;
        _world.At(Math.Max(piece.EarliestMs, _world.NowMs + slowMs), () =>
        {
            if (generation != _generation || !pipe.Travelling.TryDequeue(out (byte[] Bytes, long EarliestMs) come)) return;
            Append(pipe, come.Bytes);
            Move(pipe, receive);
            if (!Stalled) Drain(pipe, receive);
        });
    }

    private static void Append(Pipe pipe, byte[] piece)
    {
        if (pipe.Filled + piece.Length > pipe.Buffer.Length)
            Array.Resize(ref pipe.Buffer, Math.Max(2 * pipe.Buffer.Length, pipe.Filled + piece.Length));
        piece.CopyTo(pipe.Buffer, pipe.Filled);
        pipe.Filled += piece.Length;
    }

    private void Drain(Pipe pipe, Action<byte[]> receive)
    {
        if (pipe.Filled == 0 || Stalled) return;
        if (pipe == _down && Busy())
        {
            int generation = _generation;
            _world.After(100, () =>
            {
                if (generation == _generation) Drain(pipe, receive);
            });
            return;
        }
        receive(pipe.Buffer);
    }

    private void ReceiveAtBroker(byte[] buffer)
    {
        if (_broker is null)
        {
            // Nobody is there: the system answers with a reset.
            _up.Clear();
            int generation = _generation;
            _world.After(_latencyMs, () =>
            {
                if (generation == _generation) DropClientEnd();
            });
            return;
        }
        BrokerPeer peer = _broker;
        Shift(_up, peer.Receive(buffer.AsSpan(0, _up.Filled)));
        if (peer.Outbox is null && peer.IsStopped && peer.Failure == ReasonCode.Success && peer.Request is not null)
        {
            if (!Enter(peer)) DropBrokerEnd();
            else if (_up.Filled > 0) ReceiveAtBroker(buffer);
        }
        else if (peer.IsStopped) DropBrokerEnd();
    }

    private static bool Enter(BrokerPeer peer)
    {
        for (int i = 0; i < 2; i++)
        {
            if (peer.TryEnter(out BrokerPeer? former)) return true;
            former?.Abort(ReasonCode.SessionTakenOver);
            if (former is null) return false;
        }
        return false;
    }

    private void ReceiveAtClient(byte[] buffer)
    {
        if (_client is not { } peer)
        {
            _down.Clear();
            return;
        }
        bool before = Connected;
        int generation = _generation;
        Shift(_down, peer.Receive(buffer.AsSpan(0, _down.Filled)));
        if (generation != _generation) return;      // the process was killed by what it received
        if (!before && Connected)
        {
            _first = false;
            _backoff.Reset();
        }
        if (peer.TakeMessageCount() > 0) _state?.OnBatch?.Invoke();
        if (generation == _generation && peer.IsStopped) DropClientEnd();
    }

    private static void Shift(Pipe pipe, int used)
    {
        pipe.InFlight = Math.Max(0, pipe.InFlight - used);
        if (used > pipe.Filled) return;
        pipe.Buffer.AsSpan(used, pipe.Filled - used).CopyTo(pipe.Buffer);
        pipe.Filled -= used;
    }
}

/// <summary>The broker's process: the product's router and the peers of its connections.</summary>
internal sealed class StormBroker(StormWorld world)
{
    private static readonly MqttBrokerOptions Options = new()
    {
        InFlightPerClient = 2048, QueueBytesPerClient = 256 << 10, InFlightBytesPerClient = 1 << 20,
    };

    private readonly BrokerTally _tally = new();
    private MessageRouter? _made;

    public MessageRouter Router => _made ??= new MessageRouter(Options, _tally.Links);

    public BrokerPeer Accept(Action<ReasonCode> abort) => new(Options, Router, _tally, default, abort);

    public void Leave(BrokerPeer peer)
    {
        if (peer.Finished.IsCompleted) return;      // its session may be another connection's by now
        peer.Outbox?.Close();
        peer.Leave(world.NowMs);
    }

    public long Dropped => _tally.Links.DroppedFull;
    public long ProtocolErrors => _tally.Links.ProtocolErrors + _tally.Links.Malformed;
}
