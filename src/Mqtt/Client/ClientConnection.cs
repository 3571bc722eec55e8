using System.Text;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Client;

/// <summary>What all connections of one client share and what outlives them.</summary>
internal sealed record ClientState(
    MqttClientOptions Options, Outbox Outbox, SubscriptionBook Subscriptions, ReceivedIds Received, LinkTally Tally,
    MqttMessageHandler? OnMessage, Action? OnBatch);

/// <summary>One connection of a client, from its CONNECT to its end: a read loop, a write loop and keep-alive.</summary>
internal sealed class ClientConnection(ClientState state, Stream stream, bool cleanStart)
    : PacketReceiver(state.Options.MaxPacketBytes, state.Tally)
{
    /// <summary>How long a broken broker may take to read the DISCONNECT that tells it why.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<ReasonCode> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ushort _keepAliveSeconds = state.Options.KeepAliveSeconds;
    private volatile bool _ended;
    private bool _connected;
    private int _messages;
    private long _lastReadMs = Environment.TickCount64;
    private long _lastWriteMs;

    /// <summary>What the broker said in its DISCONNECT, or why this side closed.</summary>
    public ReasonCode CloseReason { get; private set; }

    /// <summary>Sends CONNECT and waits for the CONNACK. The read loop runs from here on.</summary>
    /// <returns>The broker's answer, or MalformedPacket when there was no proper one.</returns>
    public async Task<(ReasonCode Answer, Task Reading)> OpenAsync(CancellationToken cancellation)
    {
        Version = state.Options.Version;
        await stream.WriteAsync(EncodeConnect(), cancellation).ConfigureAwait(false);
        Task reading = ReadAsync();
        ReasonCode answer = await _accepted.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return (answer, reading);
    }

    /// <summary>Runs until the connection ends, whoever ends it.</summary>
    /// <exception cref="Exception">What a handler threw.</exception>
    public async Task RunAsync(Task reading)
    {
        using var ended = new CancellationTokenSource();
        Task writing = WriteAsync();
        Task watching = WatchAsync(ended.Token);
        try
        {
            await reading.ConfigureAwait(false);
            if (Failure != ReasonCode.Success && Version == MqttVersion.V5)
            {
                state.Outbox.Drain();
                await Task.WhenAny(writing, Task.Delay(FarewellTime)).ConfigureAwait(false);
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await CloseAsync().ConfigureAwait(false);
            await Task.WhenAll(writing, watching).ConfigureAwait(false);
        }
    }

    /// <summary>Cuts the connection; <see cref="RunAsync"/> then ends.</summary>
    public ValueTask CloseAsync()
    {
        _ended = true;
        state.Outbox.Close();
        return stream.DisposeAsync();
    }

    protected override ReasonCode OnPublish(in PublishView message)
    {
        if (!_connected || message.Topic.IsEmpty)
        {
            return _connected ? ReasonCode.TopicAliasInvalid : ReasonCode.ProtocolError; // no alias was allowed
        }

        if (message.Qos == Qos.ExactlyOnce && !state.Received.Add(message.PacketId))
        {
            LinkTally.Add(ref state.Tally.DuplicatesReceived);
        }
        else
        {
            _messages++;
            state.OnMessage?.Invoke(message);
        }

        bool reads = message.Qos switch
        {
            Qos.AtLeastOnce => state.Outbox.SendAck(PacketType.PubAck, message.PacketId),
            Qos.ExactlyOnce => state.Outbox.SendAck(PacketType.PubRec, message.PacketId),
            _ => true,
        };
        return reads ? ReasonCode.Success : ReasonCode.QuotaExceeded;
    }

    protected override ReasonCode OnPacket(in FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (!_connected)
        {
            return header.Type == PacketType.ConnAck ? OnConnAck(body) : ReasonCode.ProtocolError;
        }

        return header.Type switch
        {
            PacketType.PubAck or PacketType.PubRec or PacketType.PubComp or PacketType.PubRel =>
                OnAck(header.Type, body),
            PacketType.SubAck or PacketType.UnsubAck => OnSubAck(header.Type, body),
            PacketType.PingResp => body.IsEmpty ? ReasonCode.Success : ReasonCode.MalformedPacket,
            PacketType.Disconnect when Version == MqttVersion.V5 => OnDisconnect(body),
            _ => ReasonCode.ProtocolError,
        };
    }

    private ReasonCode OnConnAck(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = ConnAckView.TryParse(body, Version, out ConnAckView ack);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        if (ack.Reason != ReasonCode.Success)
        {
            Stopped = true;
            _accepted.TrySetResult(ack.Reason);
            return ReasonCode.Success;
        }

        _connected = true;
        uint keepAlive = PropertyReader.Find(ack.Properties, PropertyId.ServerKeepAlive, _keepAliveSeconds);
        _keepAliveSeconds = (ushort)keepAlive;
        uint receiveMaximum = PropertyReader.Find(ack.Properties, PropertyId.ReceiveMaximum, ushort.MaxValue);
        uint maxPacket = PropertyReader.Find(ack.Properties, PropertyId.MaximumPacketSize, int.MaxValue);
        if (!ack.SessionPresent)
        {
            state.Received.Clear();
            state.Outbox.ForgetReleased();
        }

        state.Outbox.Open(Version, (int)receiveMaximum, (int)Math.Min(maxPacket, int.MaxValue));
        state.Subscriptions.OnConnected(ack.SessionPresent);
        _accepted.TrySetResult(ReasonCode.Success);
        return ReasonCode.Success;
    }

    private ReasonCode OnAck(PacketType type, ReadOnlySpan<byte> body)
    {
        ReasonCode reason = AckView.TryParse(type, body, Version, out AckView ack);
        if (reason != ReasonCode.Success)
        {
            return reason;
        }

        bool reads = true;
        if (type == PacketType.PubRel)
        {
            bool known = state.Received.Remove(ack.PacketId);
            reads = state.Outbox.SendAck(
                PacketType.PubComp, ack.PacketId, known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound);
        }
        else
        {
            reads = state.Outbox.OnAck(type, ack.PacketId, ack.Reason);
        }

        return reads ? ReasonCode.Success : ReasonCode.QuotaExceeded;
    }

    private ReasonCode OnSubAck(PacketType type, ReadOnlySpan<byte> body)
    {
        ReasonCode reason = SubAckView.TryParse(type, body, Version, out SubAckView ack);
        return reason != ReasonCode.Success ? reason
            : state.Subscriptions.OnAck(ack) ? ReasonCode.Success : ReasonCode.ProtocolError;
    }

    private ReasonCode OnDisconnect(ReadOnlySpan<byte> body)
    {
        ReasonCode reason = ReasonView.TryParse(PacketType.Disconnect, body, Version, out ReasonView packet);
        CloseReason = packet.Reason;
        Stopped = true;
        return reason;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[state.Options.ReceiveBufferBytes];
        int filled = 0;
        try
        {
            while (!Stopped)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(filled)).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                _lastReadMs = Environment.TickCount64;
                filled += read;
                int used = Receive(buffer.AsSpan(0, filled));
                filled -= used;
                CountBatch(read);
                if (filled > 0)
                {
                    buffer = MoveToFront(buffer, used, filled);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection is lost or was closed here: the supervisor sees it end.
        }
        finally
        {
            _accepted.TrySetResult(ReasonCode.MalformedPacket);
        }
    }

    private void CountBatch(int bytes)
    {
        LinkTally.Add(ref state.Tally.BytesReceived, bytes);
        LinkTally.Add(ref state.Tally.MessagesReceived, _messages);
        if (_messages > 0)
        {
            _messages = 0;
            state.OnBatch?.Invoke();
        }
    }

    /// <summary>Puts the beginning of the next packet at the buffer's start; a larger buffer if it filled this one.</summary>
    private byte[] MoveToFront(byte[] buffer, int from, int length)
    {
        byte[] target = buffer;
        if (from == 0 && length == buffer.Length)
        {
            target = new byte[(int)Math.Min(2L * buffer.Length, (long)MaxPacketBytes + FixedHeader.MaxLength)];
        }

        buffer.AsSpan(from, length).CopyTo(target);
        return target;
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                while (state.Outbox.TryTake(out ReadOnlyMemory<byte> control, out ReadOnlyMemory<byte> loose))
                {
                    await WriteAsync(control).ConfigureAwait(false);
                    await WriteAsync(loose).ConfigureAwait(false);
                    _lastWriteMs = Environment.TickCount64;
                }

                if (state.Outbox.IsFinished)
                {
                    break;
                }

                await state.Outbox.WaitAsync().ConfigureAwait(false);
            }

            if (!_ended)
            {
                await stream.WriteAsync(EncodeDisconnect(Failure)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Lost while writing: the read loop ends too, and what was not acknowledged is sent again.
        }

        await stream.DisposeAsync().ConfigureAwait(false);
    }

    private ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? ValueTask.CompletedTask : stream.WriteAsync(bytes);

    /// <summary>Keep-alive (MQTT 5 §3.1.2.10): ping when idle for half the interval, give up after one and a half.</summary>
    private async Task WatchAsync(CancellationToken ended)
    {
        if (_keepAliveSeconds == 0)
        {
            return;
        }

        int halfMs = _keepAliveSeconds * 500;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(halfMs));
        try
        {
            while (await timer.WaitForNextTickAsync(ended).ConfigureAwait(false))
            {
                long now = Environment.TickCount64;
                if (now - _lastReadMs > 3 * halfMs)
                {
                    await stream.DisposeAsync().ConfigureAwait(false);
                    return;
                }

                if (now - _lastWriteMs >= halfMs || now - _lastReadMs >= halfMs)
                {
                    state.Outbox.Send(PacketWriter.PingReq);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection ended.
        }
    }

    private byte[] EncodeDisconnect(ReasonCode reason)
    {
        var packet = new byte[4];
        int length = PacketWriter.WriteReason(
            packet, PacketType.Disconnect, new ReasonView { Reason = reason }, Version);
        return packet[..length];
    }

    private byte[] EncodeConnect()
    {
        MqttClientOptions options = state.Options;
        var properties = new PropertyWriter(new byte[32]);
        properties.Add(PropertyId.SessionExpiryInterval, options.SessionExpirySeconds);
        properties.Add(PropertyId.MaximumPacketSize, (uint)options.MaxPacketBytes);
        var willProperties = new PropertyWriter(new byte[8]);
        if (options.Will is { DelaySeconds: > 0 })
        {
            willProperties.Add(PropertyId.WillDelayInterval, options.Will.DelaySeconds);
        }

        bool clean = Version == MqttVersion.V5 ? cleanStart : options.SessionExpirySeconds == 0;
        var connect = new ConnectView
        {
            Version = Version, CleanStart = clean, KeepAliveSeconds = options.KeepAliveSeconds,
            ClientId = Encoding.UTF8.GetBytes(options.ClientId), Properties = properties.Written,
            HasWill = options.Will is not null, WillQos = options.Will?.Qos ?? Qos.AtMostOnce,
            WillRetain = options.Will?.Retain ?? false, WillTopic = Encoding.UTF8.GetBytes(options.Will?.Topic ?? ""),
            WillPayload = options.Will is null ? default : options.Will.Payload.Span,
            WillProperties = willProperties.Written,
            HasUserName = options.UserName is not null, UserName = Encoding.UTF8.GetBytes(options.UserName ?? ""),
            HasPassword = options.Password is not null, Password = Encoding.UTF8.GetBytes(options.Password ?? ""),
        };
        var packet = new byte[PacketWriter.ConnectLength(connect)];
        PacketWriter.WriteConnect(packet, connect);
        return packet;
    }
}
