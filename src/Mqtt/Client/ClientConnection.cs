using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Client;

/// <summary>
/// One connection of a client, from its CONNECT to its end: a read loop, a write loop and keep-alive around a
/// <see cref="ClientPeer"/>.
/// </summary>
internal sealed class ClientConnection(ClientState state, Stream stream, bool cleanStart)
{
    /// <summary>How long a broken broker may take to read the DISCONNECT that tells it why.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<ReasonCode> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ClientPeer _peer = new(state, cleanStart);
    private volatile bool _ended;
    private long _lastReadMs = Environment.TickCount64;
    private long _lastWriteMs;

    /// <summary>Sends CONNECT and waits for the CONNACK. The read loop runs from here on.</summary>
    /// <returns>The broker's answer, or MalformedPacket when there was no proper one.</returns>
    public async Task<(ReasonCode Answer, Task Reading)> OpenAsync(CancellationToken cancellation)
    {
        await stream.WriteAsync(_peer.EncodeConnect(), cancellation).ConfigureAwait(false);
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
            if (_peer.Failure != ReasonCode.Success && _peer.SpokenVersion == MqttVersion.V5)
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

    private async Task ReadAsync()
    {
        var buffer = new byte[state.Options.ReceiveBufferBytes];
        int filled = 0;
        try
        {
            while (!_peer.IsStopped)
            {
                int read = await stream.ReadAsync(buffer.AsMemory(filled)).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                _lastReadMs = Environment.TickCount64;
                filled += read;
                int used = _peer.Receive(buffer.AsSpan(0, filled));
                filled -= used;
                if (_peer.Answer is { } answer)
                {
                    _accepted.TrySetResult(answer);
                }

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
        int messages = _peer.TakeMessageCount();
        LinkTally.Add(ref state.Tally.MessagesReceived, messages);
        if (messages > 0)
        {
            state.OnBatch?.Invoke();
        }
    }

    /// <summary>Puts the beginning of the next packet at the buffer's start; a larger buffer if it filled this one.</summary>
    private byte[] MoveToFront(byte[] buffer, int from, int length)
    {
        byte[] target = buffer;
        if (from == 0 && length == buffer.Length)
        {
            target = new byte[(int)Math.Min(2L * buffer.Length, (long)state.Options.MaxPacketBytes + FixedHeader.MaxLength)];
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
                await stream.WriteAsync(_peer.EncodeDisconnect(_peer.Failure)).ConfigureAwait(false);
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
        if (_peer.KeepAliveSeconds == 0)
        {
            return;
        }

        int halfMs = _peer.KeepAliveSeconds * 500;
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
}
