using System.Net;
using System.Net.Sockets;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;

namespace CityBrain.Mqtt.Tests;

/// <summary>One end of a TCP connection that sends bytes as they are and reads packet by packet.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public static async Task<RawPeer> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RawPeer(socket);
    }

    /// <summary>Connects and does the handshake; the CONNACK must say success.</summary>
    public static async Task<RawPeer> LogInAsync(
        int port, string id, MqttVersion version, bool clean = true, byte[]? properties = null,
        string? willTopic = null, ushort keepAlive = 0)
    {
        RawPeer peer = await ConnectAsync(port);
        await peer.SendAsync(Packets.Connect(id, version, clean, keepAlive, properties, willTopic: willTopic));
        byte[] ack = (await peer.ReadAsync())!;
        Assert.Equal((byte)PacketType.ConnAck << 4, ack[0]);
        Assert.Equal(0, ack[3]);
        return peer;
    }

    /// <summary>Comes back to a session of MQTT 5 that the broker must still have.</summary>
    public static async Task<RawPeer> LogInWithSessionAsync(int port, string id, byte[] properties)
    {
        RawPeer peer = await ConnectAsync(port);
        await peer.SendAsync(Packets.Connect(id, MqttVersion.V5, clean: false, properties: properties));
        Assert.Equal(1, (await peer.ReadAsync(PacketType.ConnAck))[2]);
        return peer;
    }

    public async Task SendAsync(params byte[] bytes)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        await _stream.WriteAsync(bytes, patience.Token);
    }

    /// <summary>Sends on the caller's thread, without allocating.</summary>
    public void SendNow(byte[] bytes) => socket.Send(bytes);

    /// <summary>Reads and forgets until the connection ends.</summary>
    public async Task DrainAsync()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory()) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    /// <summary>The next packet, or null when the other side has closed.</summary>
    public async Task<byte[]?> ReadAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        var packet = new List<byte>();
        var one = new byte[1];
        try
        {
            while (true)
            {
                if (await _stream.ReadAsync(one, patience.Token) == 0)
                {
                    return null;
                }

                packet.Add(one[0]);
                byte[] bytes = [.. packet];
                if (FixedHeader.TryRead(bytes, int.MaxValue, out FixedHeader header, out _) == ParseStatus.Complete)
                {
                    var whole = new byte[header.PacketLength];
                    bytes.CopyTo(whole, 0);
                    await _stream.ReadExactlyAsync(whole.AsMemory(bytes.Length), patience.Token);
                    return whole;
                }
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads packets until one of this type comes.</summary>
    public async Task<byte[]> ReadAsync(PacketType type)
    {
        while (true)
        {
            byte[]? packet = await ReadAsync();
            Assert.True(packet is not null, $"the connection ended before a {type} came");
            if (packet[0] >> 4 == (int)type)
            {
                return packet;
            }
        }
    }

    public void Dispose() => _stream.Dispose();
}

/// <summary>A broker whose every answer a test writes itself.</summary>
internal sealed class ScriptedBroker : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ScriptedBroker() => _listener.Start();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async Task<RawPeer> AcceptAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        return new RawPeer(await _listener.AcceptSocketAsync(patience.Token));
    }

    /// <summary>Accepts a client, reads its CONNECT and lets it in.</summary>
    public async Task<(RawPeer Peer, byte[] Connect)> LetInAsync(MqttVersion version, bool sessionPresent = false)
    {
        RawPeer peer = await AcceptAsync();
        byte[] connect = await peer.ReadAsync(PacketType.Connect);
        byte present = sessionPresent ? (byte)1 : (byte)0;
        await peer.SendAsync(version == MqttVersion.V5 ? [0x20, 3, present, 0, 0] : [0x20, 2, present, 0]);
        return (peer, connect);
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>Relays TCP to a broker and can cut every connection through it.</summary>
internal sealed class CuttableProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private readonly int _target;

    public CuttableProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Resets all connections, as a pulled cable would once it is noticed.</summary>
    public void Cut()
    {
        lock (_sockets)
        {
            foreach (Socket socket in _sockets)
            {
                socket.Close(0);
            }

            _sockets.Clear();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket near = await _listener.AcceptSocketAsync();
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                near.NoDelay = true;
                await far.ConnectAsync(IPAddress.Loopback, _target);
                lock (_sockets)
                {
                    _sockets.AddRange([near, far]);
                }

                _ = PumpAsync(near, far);
                _ = PumpAsync(far, near);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 << 10];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                await to.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }

        from.Dispose();
        to.Dispose();
    }
}
