using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>What became of a message that was given to an <see cref="Outbox"/>.</summary>
internal enum OfferResult
{
    Queued,
    Full,
    Offline,
    Oversize,
}

/// <summary>Bounds of one outbox.</summary>
/// <param name="QueueBytes">Bytes of QoS 0 messages.</param>
/// <param name="Messages">QoS 1 and 2 messages, sent or not, until acknowledged.</param>
/// <param name="MessageBytes">Bytes of those.</param>
/// <param name="DropOldest">A full QoS 0 queue drops its oldest messages instead of the new one.</param>
/// <param name="Store">Room shared with other outboxes; null where these limits are all there is.</param>
internal readonly record struct OutboxLimits(
    int QueueBytes, int Messages, int MessageBytes, bool DropOldest = false, QueueStore? Store = null);

/// <summary>
/// Everything that waits to be sent to one peer. Any thread offers; one writer takes all there is and writes it at
/// once. QoS 0 messages wait in a queue of their own that may drop; acknowledgements, subscriptions and QoS 1 and 2
/// messages are kept, and the latter outlive the connection until they are acknowledged.
/// </summary>
internal sealed partial class Outbox(OutboxLimits limits, LinkTally tally, MqttVersion version)
{
    /// <summary>A peer that lets more acknowledgements than this pile up does not read: its connection is closed.</summary>
    private const int ControlLimitBytes = 4 << 20;

    /// <summary>QoS 1 and 2 messages are moved behind the acknowledgements up to this many bytes at a time.</summary>
    private const int PumpBytes = 256 << 10;

    private readonly Lock _gate = new();
    private readonly AsyncSignal _signal = new();
    private readonly InFlight _flights = new(limits.Messages, limits.MessageBytes, limits.Store);
    private FrameQueue _control = new(int.MaxValue);
    private FrameQueue _controlTaken = new(int.MaxValue);
    private FrameQueue _loose = new(limits.QueueBytes, limits.Store);
    private FrameQueue _looseTaken = new(limits.QueueBytes, limits.Store);
    private TaskCompletionSource? _room;
    private int _cursor = InFlight.None;
    private int _quota;
    private int _quotaMax;
    private int _maxPacket = int.MaxValue;
    private int _queued;
    private bool _open;
    private bool _ending;
    private bool _draining;

    /// <summary>The version that messages are encoded in.</summary>
    public MqttVersion Version { get; private set; } = version;

    /// <summary>QoS 1 and 2 messages that are not acknowledged.</summary>
    public int Unacknowledged
    {
        get
        {
            lock (_gate)
            {
                return _flights.Count;
            }
        }
    }

    /// <summary>
    /// A connection begins: what was sent on an earlier one and not acknowledged is due again. The packet given, if
    /// any, is sent before everything else.
    /// </summary>
    public void Open(
        MqttVersion connectionVersion, int receiveMaximum, int maxPacketBytes, ReadOnlySpan<byte> first = default)
    {
        lock (_gate)
        {
            Version = connectionVersion;
            _quota = receiveMaximum;
            _quotaMax = receiveMaximum;
            _maxPacket = maxPacketBytes;
            _open = true;
            _ending = false;
            _draining = false;
            _cursor = _flights.First;
            if (!first.IsEmpty && _control.TryReserve(first.Length, out Span<byte> room))
            {
                first.CopyTo(room);
            }

            for (int slot = _flights.First; slot != InFlight.None; slot = _flights[slot].Next)
            {
                ref Flight flight = ref _flights[slot];
                flight.State = flight.State switch
                {
                    FlightState.Sent => FlightState.Waiting,
                    FlightState.Released => FlightState.ReleaseWaiting,
                    _ => flight.State,
                };
            }
        }

        _signal.Set();
    }

    /// <summary>The connection is gone: queued QoS 0 messages and acknowledgements are dropped, the rest stays.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _open = false;
            LinkTally.Add(ref tally.DroppedOffline, _loose.Frames);
            _loose.Clear();
            _control.Clear();
        }

        _signal.Set();
    }

    /// <summary>After <see cref="Close"/> and the writer's end: what it had taken is not needed any more.</summary>
    public void ForgetTaken()
    {
        lock (_gate)
        {
            _controlTaken.Clear();
            _looseTaken.Clear();
        }
    }

    /// <summary>Accepts nothing more; <see cref="TryTake"/> goes on until all that can be sent was taken.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ending = true;
        }

        _signal.Set();
    }

    /// <summary>As <see cref="End"/>, for this connection only: messages to be kept are still accepted.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
        }

        _signal.Set();
    }

    /// <summary>Queues a message. With QoS 1 or 2 it is kept until acknowledged and the waiter then told.</summary>
    public OfferResult Offer(
        in PublishView message, TaskCompletionSource<ReasonCode>? waiter = null, bool countDrop = true)
    {
        OfferResult result;
        lock (_gate)
        {
            result = message.Qos == Qos.AtMostOnce ? OfferLoose(message) : OfferKept(message, waiter);
            _queued += result == OfferResult.Queued ? 1 : 0;
        }

        if (result == OfferResult.Queued)
        {
            _signal.Set();
        }
        else if (countDrop)
        {
            tally.CountDrop(result);
        }

        return result;
    }

    /// <summary>A task that ends when something was taken or acknowledged: then a refused offer may fit.</summary>
    public Task RoomAsync()
    {
        lock (_gate)
        {
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Completes when there may be something to take, or the outbox was closed or ended.</summary>
    public ValueTask WaitAsync() => _signal.WaitAsync();

    /// <summary>True once when there may be something to take: for who looks instead of waiting.</summary>
    public bool TryTakeSignal() => _signal.TryTake();

    /// <summary>
    /// Takes what waits: first <paramref name="control"/> and then <paramref name="loose"/> are to be written, either
    /// may be empty. Both stay valid until the next call. False when nothing waits.
    /// </summary>
    public bool TryTake(out ReadOnlyMemory<byte> control, out ReadOnlyMemory<byte> loose)
    {
        _controlTaken.Clear();
        _looseTaken.Clear();
        TaskCompletionSource? room = null;
        int queued;
        lock (_gate)
        {
            if (_open)
            {
                Pump();
                (_control, _controlTaken) = (_controlTaken, _control);
                (_loose, _looseTaken) = (_looseTaken, _loose);
                (room, _room) = (_room, null);
            }

            queued = _queued;
            _queued = 0;
        }

        room?.TrySetResult();
        LinkTally.Add(ref tally.MessagesQueued, queued);
        LinkTally.Add(ref tally.PacketsSent, _controlTaken.Frames + _looseTaken.Frames);
        LinkTally.Add(ref tally.BytesSent, _controlTaken.Length + _looseTaken.Length);
        if (_looseTaken.Length > 0 && _controlTaken.Length > 0)
        {
            _controlTaken.TryAppend(_looseTaken); // one write instead of two, where there is room
        }

        control = _controlTaken.Written;
        loose = _looseTaken.Written;
        return control.Length + loose.Length > 0;
    }

    /// <summary>True when the writer should stop once <see cref="TryTake"/> finds nothing more.</summary>
    public bool IsFinished
    {
        get
        {
            lock (_gate)
            {
                return !_open || _ending || _draining;
            }
        }
    }

    private OfferResult OfferLoose(in PublishView message)
    {
        if (!_open || _ending)
        {
            return OfferResult.Offline;
        }

        int length = PacketWriter.PublishLength(message, Version);
        if (length > _maxPacket || length > limits.QueueBytes)
        {
            return OfferResult.Oversize;
        }

        if (limits.DropOldest)
        {
            LinkTally.Add(ref tally.DroppedFull, _loose.DropOldestFor(length));
        }

        if (!_loose.TryReserve(length, out Span<byte> room))
        {
            return OfferResult.Full;
        }

        PacketWriter.WritePublish(room, message, Version);
        return OfferResult.Queued;
    }

    private OfferResult OfferKept(in PublishView message, TaskCompletionSource<ReasonCode>? waiter)
    {
        int length = PacketWriter.PublishLength(message, Version);
        if (_ending)
        {
            return OfferResult.Offline;
        }

        if ((_open && length > _maxPacket) || length > limits.MessageBytes)
        {
            return OfferResult.Oversize;
        }

        if (!_flights.TryAdd(message, Version, ExpiryOf(message), waiter, out int slot))
        {
            return OfferResult.Full;
        }

        if (_cursor == InFlight.None)
        {
            _cursor = slot;
        }

        return OfferResult.Queued;
    }

    private static long ExpiryOf(in PublishView message)
    {
        if (message.Properties.IsEmpty)
        {
            return 0;
        }

        uint seconds = PropertyReader.Find(message.Properties, PropertyId.MessageExpiryInterval, uint.MaxValue);
        return seconds == uint.MaxValue ? 0 : Environment.TickCount64 + (seconds * 1000L);
    }
}
