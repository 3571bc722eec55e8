using System.Text;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Client;

/// <summary>
/// An MQTT client that stays connected: it reconnects with backoff, subscribes again and sends again what was not
/// acknowledged. Messages are handed over on the read loop without copying; publishing never blocks on the socket.
/// All members may be called from any thread.
/// </summary>
public sealed class MqttClient : IAsyncDisposable
{
    private readonly ClientState _state;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _supervising = Task.CompletedTask;
    private ClientConnection? _connection;
    private bool _first = true;
    private int _started;
    private volatile bool _connected;
    private long _connectionsLost;
    private long _reconnects;
    private long _connectFailures;

    /// <param name="options">Where and how to connect.</param>
    /// <param name="onMessage">
    /// Called for each message on the read loop. What it throws ends the client: see <see cref="Completion"/>.
    /// </param>
    /// <param name="onBatch">
    /// Called on the read loop after each read from the socket that brought messages, when all of them were handed
    /// over: the moment to pass a batch on.
    /// </param>
    public MqttClient(MqttClientOptions options, MqttMessageHandler? onMessage = null, Action? onBatch = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.MaxInFlight is > 0 and < SubscriptionBook.FirstId, true);
        var tally = new LinkTally();
        var limits = new OutboxLimits(
            options.QueueBytes, options.MaxInFlight, options.InFlightBytes,
            options.Overflow == OverflowPolicy.DropOldest);
        var outbox = new Outbox(limits, tally, options.Version);
        _state = new ClientState(
            options, outbox, new SubscriptionBook(outbox), new ReceivedIds(), tally, onMessage, onBatch);
        _backoff = new Backoff(options.ReconnectMin, options.ReconnectMax, Random.Shared);
    }

    /// <summary>Raised with true after each CONNACK and with false after each loss, from the client's own loop.</summary>
    public event Action<bool>? ConnectionChanged;

    /// <summary>True between a CONNACK and the loss of that connection.</summary>
    public bool IsConnected => _connected;

    /// <summary>Ends when the client was disconnected for good; faults with what a handler threw.</summary>
    public Task Completion => _completion.Task;

    public MqttClientCounters Counters => new()
    {
        PacketsReceived = Volatile.Read(ref _state.Tally.PacketsReceived),
        BytesReceived = Volatile.Read(ref _state.Tally.BytesReceived),
        PacketsSent = Volatile.Read(ref _state.Tally.PacketsSent),
        BytesSent = Volatile.Read(ref _state.Tally.BytesSent),
        MessagesReceived = Volatile.Read(ref _state.Tally.MessagesReceived),
        MessagesQueued = Volatile.Read(ref _state.Tally.MessagesQueued),
        MessagesAcknowledged = Volatile.Read(ref _state.Tally.MessagesAcknowledged),
        DuplicatesReceived = Volatile.Read(ref _state.Tally.DuplicatesReceived),
        MessagesResent = Volatile.Read(ref _state.Tally.MessagesResent),
        DroppedFull = Volatile.Read(ref _state.Tally.DroppedFull),
        DroppedOffline = Volatile.Read(ref _state.Tally.DroppedOffline),
        DroppedOversize = Volatile.Read(ref _state.Tally.DroppedOversize),
        Malformed = Volatile.Read(ref _state.Tally.Malformed) + Volatile.Read(ref _state.Tally.ProtocolErrors),
        ConnectionsLost = Volatile.Read(ref _connectionsLost),
        Reconnects = Volatile.Read(ref _reconnects),
        ConnectFailures = Volatile.Read(ref _connectFailures),
    };

    /// <summary>Connects; from then on the client reconnects by itself until it is disconnected.</summary>
    /// <param name="keepTrying">Go on after a failed first attempt too, until <paramref name="cancellation"/>.</param>
    /// <param name="cancellation">Gives up connecting.</param>
    /// <exception cref="MqttConnectException">The first attempt failed and keepTrying is false.</exception>
    /// <exception cref="InvalidOperationException">The client was connected before.</exception>
    public async Task ConnectAsync(bool keepTrying = false, CancellationToken cancellation = default)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            throw new InvalidOperationException("A client connects once and then by itself; make a new one.");
        }

        while (true)
        {
            try
            {
                Task reading = await AttemptAsync(cancellation).ConfigureAwait(false);
                _supervising = SuperviseAsync(reading);
                return;
            }
            catch (MqttConnectException) when (keepTrying)
            {
                await Task.Delay(_backoff.Next(), cancellation).ConfigureAwait(false);
            }
            catch
            {
                _started = 0;
                throw;
            }
        }
    }

    /// <summary>
    /// Publishes a message. QoS 0 completes when it is queued, QoS 1 and 2 with the broker's answer, which may come
    /// after a reconnect.
    /// </summary>
    /// <returns>
    /// The broker's reason code; QuotaExceeded when the queue was full and the policy drops, ServerUnavailable for
    /// QoS 0 without a connection, PacketTooLarge when the broker or the queue cannot take it.
    /// </returns>
    /// <exception cref="ArgumentException">The topic is empty, too long or holds a wildcard.</exception>
    public async ValueTask<ReasonCode> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false,
        CancellationToken cancellation = default)
    {
        byte[] topicBytes = Encoding.UTF8.GetBytes(topic);
        CheckTopic(topicBytes);
        TaskCompletionSource<ReasonCode>? waiter = qos == Qos.AtMostOnce
            ? null
            : new TaskCompletionSource<ReasonCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool wait = _state.Options.Overflow == OverflowPolicy.Wait || qos != Qos.AtMostOnce;
        while (true)
        {
            Task room = wait ? _state.Outbox.RoomAsync() : Task.CompletedTask;
            OfferResult result = _state.Outbox.Offer(
                new PublishView(topicBytes, payload.Span, qos, retain), waiter, countDrop: !wait);
            if (result == OfferResult.Queued)
            {
                return waiter is null
                    ? ReasonCode.Success
                    : await waiter.Task.WaitAsync(cancellation).ConfigureAwait(false);
            }

            if (result != OfferResult.Full || !wait)
            {
                return Refused(result, alreadyCounted: !wait);
            }

            await room.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Queues a message without waiting and without allocating. False when it was dropped, which is counted. A QoS 1
    /// or 2 message that was taken is sent until it is acknowledged.
    /// </summary>
    /// <exception cref="ArgumentException">The topic is empty, too long or holds a wildcard.</exception>
    public bool TryPublish(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false)
    {
        CheckTopic(topic);
        return _state.Outbox.Offer(new PublishView(topic, payload, qos, retain)) == OfferResult.Queued;
    }

    /// <summary>
    /// Subscribes, now or as soon as there is a connection, and again after each reconnect that found no session.
    /// </summary>
    /// <returns>The SUBACK's code: the granted QoS, or an error.</returns>
    /// <exception cref="ArgumentException">The topic filter is not valid.</exception>
    public Task<ReasonCode> SubscribeAsync(
        string filter, Qos qos = Qos.AtMostOnce, CancellationToken cancellation = default) =>
        _state.Subscriptions.Add(Filter(filter, qos)).WaitAsync(cancellation);

    /// <summary>Ends a subscription.</summary>
    /// <exception cref="ArgumentException">The topic filter is not valid.</exception>
    public Task<ReasonCode> UnsubscribeAsync(string filter, CancellationToken cancellation = default) =>
        _state.Subscriptions.Remove(Filter(filter, Qos.AtMostOnce)).WaitAsync(cancellation);

    /// <summary>
    /// Sends what is queued, waits for acknowledgements while there is a connection, then sends DISCONNECT, so that
    /// the broker does not publish the will. All of it takes at most <see cref="MqttClientOptions.ConnectTimeout"/>;
    /// what is not acknowledged by then is given up.
    /// </summary>
    public async Task DisconnectAsync(CancellationToken cancellation = default)
    {
        try
        {
            await AcknowledgedAsync(cancellation).ConfigureAwait(false);
            _state.Outbox.End();
            await _stop.CancelAsync().ConfigureAwait(false);
            await _supervising.WaitAsync(_state.Options.ConnectTimeout, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await CutAsync().ConfigureAwait(false);
            await _supervising.ConfigureAwait(false);
        }

        Finish(null);
    }

    /// <summary>Disconnects if that was not done.</summary>
    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync().ConfigureAwait(false);
    }

    private static FilterText Filter(string filter, Qos qos)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(filter);
        if (utf8.Length > ushort.MaxValue || !Topics.TopicFilter.IsValid(utf8))
        {
            throw new ArgumentException($"'{filter}' is not a topic filter.", nameof(filter));
        }

        return new FilterText(utf8, new SubscriptionOptions(qos));
    }

    private static void CheckTopic(ReadOnlySpan<byte> topic)
    {
        if (topic.Length > ushort.MaxValue || !Utf8Text.IsTopicName(topic))
        {
            throw new ArgumentException("A topic name is 1 to 65,535 bytes of UTF-8 without '+', '#' or U+0000.", nameof(topic));
        }
    }

    private ReasonCode Refused(OfferResult result, bool alreadyCounted)
    {
        if (!alreadyCounted)
        {
            _state.Tally.CountDrop(result);
        }

        return result switch
        {
            OfferResult.Offline => ReasonCode.ServerUnavailable,
            OfferResult.Oversize => ReasonCode.PacketTooLarge,
            _ => ReasonCode.QuotaExceeded,
        };
    }

    /// <summary>One attempt to connect; on success <see cref="_connection"/> is open and its read loop runs.</summary>
    private async Task<Task> AttemptAsync(CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        timeout.CancelAfter(_state.Options.ConnectTimeout);
        Stream? stream = null;
        try
        {
            stream = await Transport.OpenAsync(_state.Options, timeout.Token).ConfigureAwait(false);
            bool clean = _first ? _state.Options.CleanStart : _state.Options.SessionExpirySeconds == 0;
            _connection = new ClientConnection(_state, stream, clean);
            (ReasonCode answer, Task reading) = await _connection.OpenAsync(timeout.Token).ConfigureAwait(false);
            ThrowIfRefused(answer);
            _first = false;
            _backoff.Reset();
            _connected = true;
            ConnectionChanged?.Invoke(true);
            return reading;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or MqttConnectException)
        {
            Interlocked.Increment(ref _connectFailures);
            _state.Outbox.Close();
            _state.Subscriptions.OnLost();
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            cancellation.ThrowIfCancellationRequested();
            throw e as MqttConnectException ?? Failed(e);
        }
    }

    private async Task AcknowledgedAsync(CancellationToken cancellation)
    {
        long deadline = Environment.TickCount64 + (long)_state.Options.ConnectTimeout.TotalMilliseconds;
        while (_connected && Environment.TickCount64 < deadline)
        {
            Task room = _state.Outbox.RoomAsync();
            if (_state.Outbox.Unacknowledged == 0)
            {
                return;
            }

            await Task.WhenAny(room, Task.Delay(100, cancellation)).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private void ThrowIfRefused(ReasonCode answer)
    {
        string broker = $"{_state.Options.Host}:{_state.Options.Port}";
        if (answer == ReasonCode.MalformedPacket)
        {
            throw new MqttConnectException(
                ConnectFailure.Protocol, $"{broker} closed the connection or does not speak {_state.Options.Version}.", answer);
        }

        if (answer != ReasonCode.Success)
        {
            throw new MqttConnectException(
                ConnectFailure.Refused, $"The MQTT broker at {broker} refused the connection: {answer}.", answer);
        }
    }

    private MqttConnectException Failed(Exception e)
    {
        string broker = $"{_state.Options.Host}:{_state.Options.Port}";
        return e is OperationCanceledException
            ? new MqttConnectException(ConnectFailure.Timeout, $"{broker} did not answer CONNECT in time.", inner: e)
            : new MqttConnectException(ConnectFailure.Unreachable, $"The connection to {broker} broke: {e.Message}", inner: e);
    }

    private async Task SuperviseAsync(Task reading)
    {
        try
        {
            while (true)
            {
                await _connection!.RunAsync(reading).ConfigureAwait(false);
                OnLost();
                if (_stop.IsCancellationRequested)
                {
                    break;
                }

                Interlocked.Increment(ref _connectionsLost);
                reading = await ReconnectAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _reconnects);
            }

            Finish(null);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            Finish(null);
        }
        catch (Exception e)
        {
            OnLost();
            Finish(e);
        }
    }

    private async Task<Task> ReconnectAsync()
    {
        while (true)
        {
            await Task.Delay(_backoff.Next(), _stop.Token).ConfigureAwait(false);
            try
            {
                return await AttemptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (MqttConnectException)
            {
                // Counted by the attempt; the next one comes after a longer delay.
            }
        }
    }

    private void OnLost()
    {
        _state.Subscriptions.OnLost();
        if (_connected)
        {
            _connected = false;
            ConnectionChanged?.Invoke(false);
        }
    }

    private void Finish(Exception? fault)
    {
        _state.Outbox.End();
        _state.Outbox.Abandon(ReasonCode.ServerUnavailable);
        _state.Subscriptions.Abandon();
        if (fault is null)
        {
            _completion.TrySetResult();
        }
        else
        {
            _completion.TrySetException(fault);
        }
    }

    private ValueTask CutAsync() => _connection?.CloseAsync() ?? ValueTask.CompletedTask;
}
