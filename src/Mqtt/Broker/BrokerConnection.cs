using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// One client's connection to the embedded broker: moves bytes from the pipe to its <see cref="BrokerPeer"/>, and what
/// its session's outbox holds to the pipe. Whatever the client sends, only this connection suffers for it.
/// </summary>
internal sealed class BrokerConnection
{
    /// <summary>How long a client may take to read its last packets before the connection is cut.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private const int WriteChunkBytes = 64 << 10;

    /// <summary>Times that a session's former connection is waited for before the newcomer is refused.</summary>
    private const int TakeOverTries = 3;

    private readonly MqttBrokerOptions _options;
    private readonly BrokerTally _tally;
    private readonly IDuplexPipe _pipe;
    private readonly Action _cut;
    private readonly BrokerPeer _peer;
    private readonly long _acceptedAtMs = Environment.TickCount64;
    private long _stalledSinceMs;
    private int _abort;

    /// <param name="options">The broker's.</param>
    /// <param name="router">The broker's.</param>
    /// <param name="tally">The broker's.</param>
    /// <param name="pipe">The bytes.</param>
    /// <param name="origin">Where they come from.</param>
    /// <param name="cut">Ends what carries the pipe at once.</param>
    public BrokerConnection(MqttBrokerOptions options, MessageRouter router, BrokerTally tally, IDuplexPipe pipe,
        PeerOrigin origin, Action cut)
    {
        _options = options;
        _tally = tally;
        _pipe = pipe;
        _cut = cut;
        _peer = new BrokerPeer(options, router, tally, origin, Abort);
    }

    /// <summary>Serves the client until either side ends the connection. Throws only what a delegate of the options throws.</summary>
    public async Task RunAsync()
    {
        Task writing = Task.CompletedTask;
        try
        {
            if (await ReadUntilStoppedAsync().ConfigureAwait(false) && _peer.Request is not null
                && await EnterAsync().ConfigureAwait(false))
            {
                writing = WriteAsync(_peer.Outbox!);
                await ReadUntilStoppedAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            await LeaveAsync(writing).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the connection end with this reason; from any thread.</summary>
    public void Abort(ReasonCode reason)
    {
        if (Interlocked.CompareExchange(ref _abort, (int)reason, 0) == 0)
        {
            _pipe.Input.CancelPendingRead();
        }
    }

    /// <summary>
    /// Ends the connection if its CONNECT is late, or it was silent (MQTT-3.1.2-22) or took nothing for too long.
    /// </summary>
    public void Watch(long nowMs)
    {
        if (_peer.Outbox is null)
        {
            if (nowMs - _acceptedAtMs > (long)_options.ConnectTimeout.TotalMilliseconds)
            {
                Abort(ReasonCode.KeepAliveTimeout);
            }
        }
        else if (_peer.Request!.KeepAliveSeconds > 0 && nowMs - _peer.LastReadMs > _peer.Request.KeepAliveSeconds * 1500L)
        {
            LinkTally.Add(ref _tally.KeepAliveTimeouts);
            Abort(ReasonCode.KeepAliveTimeout);
        }
        else if (Volatile.Read(ref _stalledSinceMs) is > 0 and var since && !_peer.IsInside && Volatile.Read(ref _abort) == 0
            && nowMs - since > (long)_options.StallTimeout.TotalMilliseconds)
        {
            LinkTally.Add(ref _tally.Stalled);
            Abort(ReasonCode.QuotaExceeded);
        }
        else if (_peer.IsRevoked && Volatile.Read(ref _abort) == 0)
        {
            LinkTally.Add(ref _tally.Revoked);
            Abort(ReasonCode.NotAuthorized);
        }
    }

    /// <summary>Reads and handles packets. False when the connection was ended by the client or from outside.</summary>
    private async Task<bool> ReadUntilStoppedAsync()
    {
        while (Volatile.Read(ref _abort) == 0)
        {
            ReadResult result;
            try
            {
                result = await _pipe.Input.ReadAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
            {
                return false; // reset by the peer, or cut by the host
            }

            if (result.IsCanceled)
            {
                return false;
            }

            _peer.LastReadMs = Environment.TickCount64;
            SequencePosition consumed = _peer.Receive(result.Buffer);
            CountBatch(result.Buffer.Slice(0, consumed).Length);
            _pipe.Input.AdvanceTo(consumed, _peer.IsStopped ? consumed : result.Buffer.End);
            if (_peer.IsStopped)
            {
                return true;
            }

            if (result.IsCompleted)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Lets the client in; a former connection of its session is asked to go first (MQTT-3.1.4-3).</summary>
    private async Task<bool> EnterAsync()
    {
        for (int i = 0; ; i++)
        {
            if (_peer.TryEnter(out BrokerPeer? former))
            {
                return true;
            }

            if (former is null || i == TakeOverTries)
            {
                return false;
            }

            former.Abort(ReasonCode.SessionTakenOver);
            await Task.WhenAny(former.Finished, Task.Delay(2 * FarewellTime)).ConfigureAwait(false);
        }
    }

    private void CountBatch(long bytes)
    {
        LinkTally.Add(ref _tally.Links.BytesReceived, bytes);
        LinkTally.Add(ref _tally.Links.MessagesReceived, _peer.TakeMessageCount());
    }

    private async Task WriteAsync(Outbox outbox)
    {
        try
        {
            while (true)
            {
                while (outbox.TryTake(out ReadOnlyMemory<byte> control, out ReadOnlyMemory<byte> loose))
                {
                    if (!await WriteAsync(control).ConfigureAwait(false)
                        || !await WriteAsync(loose).ConfigureAwait(false))
                    {
                        return;
                    }
                }

                if (outbox.IsFinished)
                {
                    return;
                }

                await outbox.WaitAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The peer is gone; the read loop sees that too.
        }
    }

    /// <summary>Writes in pieces, so that a slow client holds no more than a piece in the _pipe.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, WriteChunkBytes);
            ValueTask<FlushResult> flushing = _pipe.Output.WriteAsync(bytes[..length]);
            if (!flushing.IsCompleted)
            {
                Volatile.Write(ref _stalledSinceMs, Environment.TickCount64);
            }

            FlushResult result = await flushing.ConfigureAwait(false);
            Volatile.Write(ref _stalledSinceMs, 0);
            if (result.IsCompleted || result.IsCanceled)
            {
                return false;
            }

            bytes = bytes[length..];
        }

        return true;
    }

    /// <summary>Says goodbye where the protocol lets it, frees the session and lets a take-over go on.</summary>
    private async Task LeaveAsync(Task writing)
    {
        var aborted = (ReasonCode)Volatile.Read(ref _abort);
        ReasonCode reason = _peer.Failure != ReasonCode.Success ? _peer.Failure : aborted;
        if (_peer.Outbox is { } outbox)
        {
            _peer.SayGoodbye(reason);
            outbox.Drain();
            await Task.WhenAny(writing, Task.Delay(FarewellTime)).ConfigureAwait(false);
            outbox.Close();
            if (!writing.IsCompleted)
            {
                _cut(); // it does not read: nothing that is still in the pipe would ever leave
                _pipe.Output.CancelPendingFlush();
            }

            await writing.ConfigureAwait(false);
        }
        else
        {
            LinkTally.Add(ref _tally.Refused);
            await RefuseAsync(reason != ReasonCode.Success ? reason : _peer.Refusal).ConfigureAwait(false);
        }

        _peer.Leave(Environment.TickCount64);
    }

    private async Task RefuseAsync(ReasonCode reason)
    {
        byte[] packet = _peer.RefusalPacket(reason);
        if (packet.Length == 0)
        {
            return;
        }

        try
        {
            Task<FlushResult> flushing = _pipe.Output.WriteAsync(packet).AsTask();
            await Task.WhenAny(flushing, Task.Delay(FarewellTime)).ConfigureAwait(false);
            LinkTally.Add(ref _tally.Links.PacketsSent);
            LinkTally.Add(ref _tally.Links.BytesSent, packet.Length);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Gone before it could be told.
        }
    }
}
