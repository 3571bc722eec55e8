using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CityBrain.Load;

/// <summary>
/// Sends PUBLISH packets that were made beforehand over a connection of its own, at a rate that does not ask how the
/// other side is doing. Only the instant in each is written anew. What TCP holds back is not sent later: it is counted.
/// </summary>
internal sealed class OpenSender : IDisposable
{
    private const int SlotMs = 10, MostLateMs = 100;
    private static readonly byte[] Connect = [0x10, 12, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 0];
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly (byte[] Packet, int TimeAt)[] _packets;
    private readonly Thread _thread;
    private byte[] _buffer = new byte[1 << 20];
    private volatile bool _ended;
    private volatile int _rate;
    private long _sent, _heldBack;

    public OpenSender(int port, (byte[] Packet, int TimeAt)[] packets)
    {
        _packets = packets;
        _socket.Connect(IPAddress.Loopback, port);
        _socket.Send(Connect);
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Messages a second from now on.</summary>
    public int Rate
    {
        set => _rate = value;
    }

    public long Sent => Interlocked.Read(ref _sent);
    /// <summary>Messages that were due while the connection took no more.</summary>
    public long HeldBack => Interlocked.Read(ref _heldBack);

    /// <summary>Ends after the message it is at; all that was sent is with the other side.</summary>
    public void Dispose()
    {
        _ended = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        long began = Stopwatch.GetTimestamp();
        int next = 0;
        double due = 0;
        for (double slotMs = 0; !_ended; slotMs += SlotMs)
        {
            double left = slotMs - Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (left > 0) PreciseWait.Sleep(left);
            due += _rate * SlotMs / 1000.0;
            var now = (int)due;
            due -= now;
            if (left < -MostLateMs) Interlocked.Add(ref _heldBack, now);
            else next = Send(next, now);
        }
    }

    private int Send(int next, int count)
    {
        long timeMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        int length = 0;
        for (int n = 0; n < count; n++)
        {
            (byte[] packet, int timeAt) = _packets[next];
            next = (next + 1) % _packets.Length;
            if (_buffer.Length < length + packet.Length) Array.Resize(ref _buffer, 2 * _buffer.Length);
            packet.CopyTo(_buffer, length);
            Utf8Formatter.TryFormat(timeMs, _buffer.AsSpan(length + timeAt), out _);
            length += packet.Length;
        }
        for (int at = 0; at < length;) at += _socket.Send(_buffer.AsSpan(at, length - at));
        Interlocked.Add(ref _sent, count);
        return next;
    }
}
