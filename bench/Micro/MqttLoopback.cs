using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Micro;

/// <summary>
/// The product's client against bare reads from a socket. A thread plays recorded QoS 0 messages (64-byte payloads, 1,000
/// topics) into a loopback connection; a plain loop reads them into a buffer of the same size and looks at nothing, or the
/// client frames, validates and hands over each one. CPU of both ends counts, and in the same rounds bytes a second.
/// </summary>
internal static class MqttLoopback
{
    private const int Topics = 1000, PayloadBytes = 64, Recorded = 20_000, Repeats = 15, WarmUp = 20;

    public static void Run(Harness harness, int rounds)
    {
        if (!harness.Wants("mqtt-loopback")) return;
        byte[] bytes = Record();
        using var bulk = new Bulk(bytes);
        using var client = new Client(bytes);
        var speed = new double[2][];
        (speed[0], speed[1]) = (new double[rounds], new double[rounds]);
        Contender Timed(string name, int index, Func<Done> run, bool noAllocation) => new(name, round =>
        {
            long start = Stopwatch.GetTimestamp();
            Done done = run();
            if (round >= WarmUp)
                speed[index][round - WarmUp] = bytes.Length * (double)Repeats / Stopwatch.GetElapsedTime(start).TotalSeconds;
            return done;
        }, NoAllocation: noAllocation);
        harness.Compare("mqtt-loopback", rounds,
            [Timed("bulk", 0, bulk.Run, false), Timed("", 1, client.Run, false)], new() { [""] = 4 }, warmUp: WarmUp);
        double[] shares = [.. speed[0].Zip(speed[1], (b, c) => c / b).Order()];
        harness.Report(new Figure("mqtt-loopback/bytes-per-second", shares[rounds / 2], "bulk", double.NaN, 0,
            (long)Recorded * Repeats, double.NaN));
    }

    private static byte[] Record()
    {
        var stream = new MemoryStream();
        byte[] payload = new byte[PayloadBytes], packet = new byte[256];
        for (int i = 0; i < Recorded; i++)
        {
            payload.AsSpan().Fill((byte)('a' + i % 26));
            byte[] topic = System.Text.Encoding.ASCII.GetBytes($"city/v1/d0/loop/detector-{i % Topics:000}");
            stream.Write(packet.AsSpan(0,
                PacketWriter.WritePublish(packet, new PublishView(topic, payload), MqttVersion.V5)));
        }
        return stream.ToArray();
    }

    /// <summary>Plays the record, so many times, whenever it is asked to.</summary>
    private sealed class Player : IDisposable
    {
        private readonly SemaphoreSlim _go = new(0);
        private readonly Thread _thread;
        private readonly Socket _socket;
        private volatile bool _ended;

        public Player(Socket socket, byte[] bytes)
        {
            _socket = socket;
            _thread = new Thread(() =>
            {
                while (true)
                {
                    _go.Wait();
                    if (_ended) return;
                    for (int i = 0; i < Repeats; i++)
                        for (int at = 0; at < bytes.Length;) at += socket.Send(bytes.AsSpan(at, Math.Min(1 << 18, bytes.Length - at)));
                }
            });
            _thread.Start();
        }

        public void Play() => _go.Release();

        public void Dispose()
        {
            _ended = true;
            _go.Release();
            _thread.Join();
            _socket.Dispose();
            _go.Dispose();
        }
    }

    private sealed class Bulk : IDisposable
    {
        private readonly Player _player;
        private readonly NetworkStream _stream;
        private readonly byte[] _buffer = new byte[new MqttClientOptions().ReceiveBufferBytes];
        private readonly long _bytes;

        public Bulk(byte[] bytes)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(listener.LocalEndpoint);
            _stream = new NetworkStream(socket, ownsSocket: true);
            _player = new Player(listener.AcceptSocket(), bytes);
            _bytes = bytes.Length * (long)Repeats;
        }

        public Done Run()
        {
            _player.Play();
            Task<long> reading = ReadAsync();
            reading.Wait();
            return new Done((long)Recorded * Repeats, reading.Result);
        }

        private async Task<long> ReadAsync()
        {
            long read = 0;
            while (read < _bytes) read += await _stream.ReadAsync(_buffer).ConfigureAwait(false);
            return (long)Recorded * Repeats * PayloadBytes;
        }

        public void Dispose()
        {
            _player.Dispose();
            _stream.Dispose();
        }
    }

    private sealed class Client : IDisposable
    {
        private readonly Player _player;
        private readonly MqttClient _client;
        private readonly ManualResetEventSlim _all = new();
        private long _messages, _payload;

        public Client(byte[] bytes)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            _client = new MqttClient(
                new MqttClientOptions { Port = ((IPEndPoint)listener.LocalEndpoint).Port, KeepAliveSeconds = 0 }, Take);
            Task connecting = _client.ConnectAsync();
            Socket server = listener.AcceptSocket();
            server.Receive(new byte[1024]);
            server.Send((ReadOnlySpan<byte>)[0x20, 3, 0, 0, 0]); // CONNACK, no session, success, no properties
            connecting.Wait();
            _player = new Player(server, bytes);
        }

        private void Take(in PublishView message)
        {
            _payload += message.Payload.Length;
            if (++_messages % ((long)Recorded * Repeats) == 0) _all.Set();
        }

        public Done Run()
        {
            _all.Reset();
            _payload = 0;
            _player.Play();
            _all.Wait();
            return new Done((long)Recorded * Repeats, _payload);
        }

        public void Dispose()
        {
            _client.DisposeAsync().AsTask().Wait();
            _player.Dispose();
        }
    }
}
