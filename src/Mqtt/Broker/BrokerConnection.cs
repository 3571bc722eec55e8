using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// One client's connection to the embedded broker: reads packets from the pipe, answers them, and writes what its
/// session's outbox holds. Whatever the client sends, only this connection suffers for it.
/// </summary>
internal sealed partial class BrokerConnection(
    MqttBrokerOptions options, MessageRouter router, BrokerTally tally, IDuplexPipe pipe, EndPoint? remote,
    Action cut)
    : PacketReceiver(options.MaxPacketBytes, tally.Links)
{
    /// <summary>How long a client may take to read its last packets before the connection is cut.</summary>
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(1);

    private const int WriteChunkBytes = 64 << 10;

    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _acceptedAtMs = Environment.TickCount64;
    private ConnectRequest? _request;
    private Session? _session;
    private TokenBucket _rate = new(options.MessagesPerSecondPerClient, Environment.TickCount64);
    private ReasonCode _refusal;
    private int _abort;
    private bool _keepWill = true;
    private int _messages;
    private long _lastReadMs = Environment.TickCount64;

    /// <summary>Ends when the connection is over and its session is free again.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Serves the client until either side ends the connection. Throws only what a delegate of the options throws.</summary>
    public async Task RunAsync()
    {
        Task writing = Task.CompletedTask;
        try
        {
            if (await ReadUntilStoppedAsync().ConfigureAwait(false) && _request is not null
                && await EnterAsync(_request).ConfigureAwait(false))
            {
                writing = WriteAsync(_session!.Outbox);
                Stopped = false;
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
            pipe.Input.CancelPendingRead();
        }
    }

    /// <summary>Ends the connection if its CONNECT is late or it was silent for too long (MQTT-3.1.2-22).</summary>
    public void Watch(long nowMs)
    {
        if (_session is null)
        {
            if (nowMs - _acceptedAtMs > (long)options.ConnectTimeout.TotalMilliseconds)
            {
                Abort(ReasonCode.KeepAliveTimeout);
            }
        }
        else if (_request!.KeepAliveSeconds > 0 && nowMs - _lastReadMs > _request.KeepAliveSeconds * 1500L)
        {
            LinkTally.Add(ref tally.KeepAliveTimeouts);
            Abort(ReasonCode.KeepAliveTimeout);
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
                result = await pipe.Input.ReadAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
            {
                return false; // reset by the peer, or cut by the host
            }

            if (result.IsCanceled)
            {
                return false;
            }

            _lastReadMs = Environment.TickCount64;
            SequencePosition consumed = Receive(result.Buffer);
            CountBatch(result.Buffer.Slice(0, consumed).Length);
            pipe.Input.AdvanceTo(consumed, Stopped ? consumed : result.Buffer.End);
            if (Stopped)
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

    private void CountBatch(long bytes)
    {
        LinkTally.Add(ref tally.Links.BytesReceived, bytes);
        LinkTally.Add(ref tally.Links.MessagesReceived, _messages);
        _messages = 0;
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

    /// <summary>Writes in pieces, so that a slow client holds no more than a piece in the pipe.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, WriteChunkBytes);
            FlushResult result = await pipe.Output.WriteAsync(bytes[..length]).ConfigureAwait(false);
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
        ReasonCode reason = Failure != ReasonCode.Success ? Failure : aborted;
        if (_session is { } session)
        {
            if (reason != ReasonCode.Success && Version == MqttVersion.V5)
            {
                session.Outbox.Send(Encode(new ReasonView { Reason = reason }));
            }

            session.Outbox.Drain();
            await Task.WhenAny(writing, Task.Delay(FarewellTime)).ConfigureAwait(false);
            session.Outbox.Close();
            if (!writing.IsCompleted)
            {
                cut(); // it does not read: nothing that is still in the pipe would ever leave
                pipe.Output.CancelPendingFlush();
            }

            await writing.ConfigureAwait(false);
            router.Detach(session, _keepWill, Environment.TickCount64);
        }
        else
        {
            LinkTally.Add(ref tally.Refused);
            await RefuseAsync(reason != ReasonCode.Success ? reason : _refusal).ConfigureAwait(false);
        }

        _finished.TrySetResult();
    }

    private static byte[] Encode(in ReasonView packet)
    {
        var bytes = new byte[PacketWriter.ReasonLength(packet, MqttVersion.V5)];
        PacketWriter.WriteReason(bytes, PacketType.Disconnect, packet, MqttVersion.V5);
        return bytes;
    }
}
