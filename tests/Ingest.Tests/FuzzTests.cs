using System.Text;
using CityBrain.Engine;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Ingest.Tests;

/// <summary>A million random and mutated messages: nothing escapes, nothing is uncounted, memory stays flat.</summary>
public class FuzzTests
{
    private const int Messages = 1_000_000;

    [Fact]
    public void A_million_bad_messages_disturb_nobody()
    {
        var fuzz = new Fuzz(seed: 20_250_101);
        fuzz.Run(Messages / 10);
        GC.Collect();
        long before = GC.GetTotalMemory(true);
        fuzz.Run(Messages - Messages / 10);
        long grown = GC.GetTotalMemory(true) - before;
        FeedCounters c = fuzz.Decoder.Counters;
        Assert.Equal(Messages, c.Messages);
        Assert.Equal(c.Messages, c.Read + c.UnknownTopic + c.Malformed + c.WrongNumbering);
        Assert.Equal(c.Events, fuzz.Engine.Counters.Received);
        EngineCounters e = fuzz.Engine.Counters;
        Assert.Equal(e.Received, e.Accepted + e.TooLate + e.Duplicate + e.Impossible + e.Unknown);
        Assert.True(c.Read > Messages / 10 && c.Malformed > Messages / 10 && c.UnknownTopic > Messages / 100
            && c.UnknownIndex > 100 && c.Impossible > 100 && e.Accepted > 1000 && e.Impossible > 100);
        Assert.True(grown < 1 << 20, $"memory grew by {grown} bytes");
    }

    private sealed class Fuzz
    {
        private readonly Random _random;
        private readonly byte[][] _topics;
        private readonly byte[][] _good;
        private readonly byte[] _payload = new byte[1024];
        private EngineSink _sink;

        public Fuzz(int seed)
        {
            City city = CrossingCity.Build();
            _random = new Random(seed);
            Engine = new TrafficEngine(city, new EngineOptions());
            Decoder = new FeedDecoder(city, "d0", ticks: true);
            _sink = new EngineSink(Engine);
            string[] topics = ["loop/l-w0", "camera/c-w0", "button/b0", "controller/j0/state", "batch", "tick", "loop/x"];
            _topics = [.. topics.Select(t => Encoding.UTF8.GetBytes("citybrain/1/d0/" + t))];
            _good = [.. Enumerable.Range(0, topics.Length).Select(i => Good(i, city))];
        }

        public FeedDecoder Decoder { get; }
        public TrafficEngine Engine { get; }

        public void Run(int messages)
        {
            for (int i = 0; i < messages; i++)
            {
                int kind = _random.Next(_topics.Length);
                // Mostly the payload that belongs to the topic, sometimes another one's.
                byte[] good = _good[_random.Next(8) == 0 ? _random.Next(_good.Length) : kind];
                Decoder.Decode(_topics[kind], Payload(good), ref _sink);
            }
        }

        private ReadOnlySpan<byte> Payload(byte[] good)
        {
            if (_random.Next(4) == 0)
            {
                Span<byte> noise = _payload.AsSpan(0, _random.Next(200));
                _random.NextBytes(noise);
                return noise;
            }
            good.CopyTo(_payload, 0);
            Span<byte> payload = _payload.AsSpan(0, good.Length);
            for (int k = _random.Next(4); k > 0; k--)
                payload[_random.Next(payload.Length)] = (byte)(_random.Next(3) == 0 ? _random.Next(256) : _random.Next('0', '9' + 1));
            return _random.Next(8) == 0 ? payload[.._random.Next(payload.Length)] : payload;
        }

        private static byte[] Good(int kind, City city)
        {
            var buffer = new byte[1024];
            int length = kind switch
            {
                0 => LoopFeed.Write(buffer, new LoopReading(1000, 0, 2, 0.5f, 12.5f), 3),
                1 => CameraFeed.Write(buffer, 1000, 1, 2, 1, [VehicleSighting.Of(3, 0, 4, VehicleClass.Car)]),
                2 => ButtonFeed.Write(buffer, 1000),
                3 => ControllerFeed.Write(buffer, new ControllerReport(1000, 0, ControllerMode.Remote, 0, 1, 0),
                    [Aspect.Green, Aspect.Red, Aspect.Red], "j0"u8),
                4 => Blocks(buffer, city),
                5 => ClockFeed.WriteTick(buffer, 1000),
                _ => ClockFeed.WriteTock(buffer, 1000, 2),
            };
            return buffer[..length];
        }

        private static int Blocks(byte[] buffer, City city)
        {
            int loop = Array.FindIndex(city.Detectors, d => d.Kind == DetectorKind.Loop);
            int camera = Array.FindIndex(city.Detectors, d => d.Kind == DetectorKind.Camera);
            var loops = new BlockWriter(buffer, BlockKind.Loops);
            for (int i = 0; i < 3; i++) loops.TryAdd(new LoopReading(1000 + i, loop, 1, 0.1f, 10));
            int at = loops.Finish();
            var cameras = new BlockWriter(buffer.AsSpan(at), BlockKind.Cameras);
            cameras.TryAddCamera(1000, camera, 0, 1, 0, [VehicleSighting.Of(9, 3, 4, VehicleClass.Bus)]);
            at += cameras.Finish();
            var controllers = new BlockWriter(buffer.AsSpan(at), BlockKind.Controllers);
            controllers.TryAdd(new ControllerReport(1000, 0, ControllerMode.Remote, 0, 1, 0),
                [Aspect.Green, Aspect.Red, Aspect.Red]);
            return at + controllers.Finish();
        }
    }

    private readonly struct EngineSink(TrafficEngine engine) : IEventSink
    {
        public void Add(in CityEvent e, ReadOnlySpan<byte> extra) => engine.Accept(e, extra);
    }
}
