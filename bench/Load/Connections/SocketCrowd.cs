using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CityBrain.Load;

/// <summary>
/// Thousands of connections that do next to nothing, as bare sockets of one thread: clients that only keep themselves
/// alive, clients that never finish their CONNECT, and clients that subscribe and do not read.
/// </summary>
internal sealed class SocketCrowd(int port) : IDisposable
{
    private const int KeepAliveS = 60, PingEveryS = 30, ClientsPerAddress = 5_000, TurnMs = 10;
    private static readonly byte[] Ping = [0xC0, 0], Pong = [0xD0, 0];
    private readonly List<Socket> _idle = [], _halfOpen = [], _deaf = [];
    private readonly byte[] _buffer = new byte[256];
    private Thread? _thread;
    private volatile bool _ended;
    private int _made, _next;

    /// <summary>Answers to PINGREQ that had come when the next was due, and those that had not.</summary>
    public long Answered { get; private set; }
    public long Unanswered { get; private set; }
    /// <summary>Half-open connections that the broker closed and that were opened anew.</summary>
    public long Reopened { get; private set; }

    public void AddIdle(int count) => _idle.AddRange(LogIn(count, "idle", KeepAliveS));

    /// <summary>They ask for everything on the topic and never read; small buffers, so that the broker has to keep it.</summary>
    public void AddDeaf(int count, string topic)
    {
        foreach (Socket socket in LogIn(count, "deaf", 0))
        {
            byte[] name = Encoding.UTF8.GetBytes(topic);
            socket.Send([0x82, (byte)(5 + name.Length), 0, 1, 0, (byte)name.Length, .. name, 0]);
            Read(socket, 5);
            _deaf.Add(socket);
        }
    }

    public void AddHalfOpen(int count)
    {
        for (int i = 0; i < count; i++) _halfOpen.Add(HalfOpen());
    }

    /// <summary>Begins to keep alive whom it has; nobody may be added any more.</summary>
    public void Live()
    {
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _ended = true;
        _thread?.Join();
        foreach (Socket socket in (IEnumerable<Socket>)[.. _idle, .. _halfOpen, .. _deaf])
        {
            socket.LingerState = new LingerOption(true, 0);     // a reset leaves no port behind in TIME_WAIT
            socket.Dispose();
        }
    }

    private List<Socket> LogIn(int count, string name, ushort keepAliveS)
    {
        var sockets = new List<Socket>(count);
        for (int i = 0; i < count; i++)
        {
            Socket socket = Connect(small: name == "deaf");
            socket.Send(ConnectPacket($"{name}{i}", keepAliveS));
            sockets.Add(socket);
        }
        foreach (Socket socket in sockets)
            if (Read(socket, 4)[3] != 0) throw new InvalidOperationException($"the broker refuses a client ({_buffer[3]})");
        return sockets;
    }

    private Socket HalfOpen()
    {
        Socket socket = Connect(small: false);
        if (_made % 2 == 0) socket.Send(ConnectPacket("half", 0).AsSpan(0, 7));
        return socket;
    }

    /// <summary>A source address has 28,000 ports: every 5,000 clients come from another one of this machine.</summary>
    private Socket Connect(bool small)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        { NoDelay = true, ReceiveTimeout = 30_000 };
        if (small) socket.ReceiveBufferSize = 4096;
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + _made++ / ClientsPerAddress % 200)]), 0));
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static byte[] ConnectPacket(string id, ushort keepAliveS)
    {
        byte[] name = Encoding.UTF8.GetBytes(id);
        byte[] packet = [0x10, (byte)(12 + name.Length), 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, (byte)name.Length, .. name];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), keepAliveS);
        return packet;
    }

    private byte[] Read(Socket socket, int count)
    {
        for (int at = 0; at < count;)
        {
            int read = socket.Receive(_buffer.AsSpan(at, count - at));
            at += read > 0 ? read : throw new InvalidOperationException("the broker closed a connection");
        }
        return _buffer;
    }

    /// <summary>Every client in its turn reads the answer of the last time and pings again; what was closed is opened.</summary>
    private void Run()
    {
        long began = Stopwatch.GetTimestamp();
        bool[] waits = new bool[_idle.Count];
        for (double dueMs = 0; !_ended; dueMs += TurnMs)
        {
            double left = dueMs - Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (left > 0) PreciseWait.Sleep(left);
            int turn = Math.Min(_idle.Count, (int)Math.Ceiling(_idle.Count * TurnMs / (PingEveryS * 1000.0)));
            for (int n = 0; n < turn; n++, _next = (_next + 1) % _idle.Count) waits[_next] = Turn(_idle[_next], waits[_next]);
            for (int i = 0; i < _halfOpen.Count; i++)
            {
                if (!_halfOpen[i].Poll(0, SelectMode.SelectRead)) continue;
                _halfOpen[i].Dispose();
                _halfOpen[i] = HalfOpen();
                Reopened++;
            }
        }
    }

    private bool Turn(Socket socket, bool waits)
    {
        if (waits)
        {
            bool good = socket.Available == Pong.Length && Read(socket, Pong.Length).AsSpan(0, Pong.Length).SequenceEqual(Pong);
            Answered += good ? 1 : 0;
            Unanswered += good ? 0 : 1;
        }
        socket.Send(Ping);
        return true;
    }
}
