using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Load;

/// <summary>
/// Clients in a ring, each of which publishes to the next with QoS 1, so many times a second whatever the other side
/// does. A message carries its number and the instant at which it was due.
/// </summary>
internal sealed class BusyPairs : IAsyncDisposable
{
    private const int SlotMs = 10;
    private readonly MqttClient[] _clients;
    private readonly byte[][] _topics;
    private readonly List<double>[] _latencyMs;
    private readonly long[] _received, _sent, _repeated;
    private readonly int _perSecond;
    private readonly Thread _thread;
    private volatile bool _ended, _paused = true;
    private long _refused;

    private BusyPairs(int port, int count, int perSecond)
    {
        _perSecond = perSecond;
        _topics = [.. Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetBytes(Topic(i)))];
        _latencyMs = [.. _topics.Select(_ => new List<double>())];
        (_received, _sent, _repeated) = (new long[count], new long[count], new long[count]);
        _clients = [.. Enumerable.Range(0, count).Select(i => new MqttClient(
            new MqttClientOptions { Port = port, ClientId = $"busy{i}", ReceiveBufferBytes = 4096 },
            (in PublishView m) => Take(i, m.Payload)))];
        _thread = new Thread(Run) { IsBackground = true };
    }

    public static async Task<BusyPairs> StartAsync(int port, int count, int perSecond)
    {
        var pairs = new BusyPairs(port, count, perSecond);
        for (int i = 0; i < count; i++)
        {
            await pairs._clients[i].ConnectAsync();
            await pairs._clients[i].SubscribeAsync(Topic(i), Qos.AtLeastOnce);
        }
        pairs._thread.Start();
        return pairs;
    }

    public long Sent => _sent.Sum();
    /// <summary>Published and not come, at this moment.</summary>
    public long Unaccounted => Sent - _received.Sum();
    public long Repeated => _repeated.Sum();
    /// <summary>Messages that a client's own queue had no room for; they were not published.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>
    /// Publishes for so many windows of so long; the latencies of each in ascending order, milliseconds. Then waits until
    /// all has come.
    /// </summary>
    public async Task<double[][]> RunAsync(int windows, int seconds)
    {
        _paused = false;
        await Task.Delay(3000);     // what is just beginning is not measured
        Collect();
        double[][] all = new double[windows][];
        for (int i = 0; i < windows; i++)
        {
            await Task.Delay(seconds * 1000);
            all[i] = Collect();
        }
        _paused = true;
        for (var clock = Stopwatch.StartNew(); Unaccounted > 0 && clock.Elapsed.TotalSeconds < 30;) await Task.Delay(100);
        return all;
    }

    /// <summary>What was measured since the last call.</summary>
    private double[] Collect() => [.. _latencyMs.SelectMany(list =>
    {
        lock (list)
        {
            double[] taken = [.. list];
            list.Clear();
            return taken;
        }
    }).Order()];

    public async ValueTask DisposeAsync()
    {
        _ended = true;
        _thread.Join();
        foreach (MqttClient client in _clients) await client.DisposeAsync();
    }

    private static string Topic(int i) => string.Create(CultureInfo.InvariantCulture, $"bench/busy/{i}");

    private void Take(int to, ReadOnlySpan<byte> payload)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(payload);
        double ms = Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64LittleEndian(payload[8..])).TotalMilliseconds;
        lock (_latencyMs[to]) _latencyMs[to].Add(ms);
        if (number < _received[to]) _repeated[to]++;
        else _received[to]++;       // in order: a gap would stay, and show as unaccounted
    }

    private void Run()
    {
        long began = Stopwatch.GetTimestamp();
        double due = 0;
        int next = 0;
        Span<byte> payload = stackalloc byte[64];
        for (double slotMs = 0; !_ended; slotMs += SlotMs)
        {
            double left = slotMs - Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (left > 0) PreciseWait.Sleep(left);
            if (_paused) continue;
            long at = began + (long)(slotMs * Stopwatch.Frequency / 1000);
            due += _clients.Length * _perSecond * SlotMs / 1000.0;
            for (; due >= 1; due--, next = (next + 1) % _clients.Length)
            {
                BinaryPrimitives.WriteInt64LittleEndian(payload, _sent[next]);
                BinaryPrimitives.WriteInt64LittleEndian(payload[8..], at);
                if (_clients[next].TryPublish(_topics[(next + 1) % _topics.Length], payload, Qos.AtLeastOnce)) _sent[next]++;
                else Interlocked.Increment(ref _refused);
            }
        }
    }
}
