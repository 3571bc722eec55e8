using System.Text;
using CityBrain.Channels;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Ingest.Tests;

/// <summary>A brain that is behind: newest state wins, nothing else is shed, and the counters add up.</summary>
public class OverloadTests
{
    private static readonly City City = CrossingCity.Build(2);
    private static readonly Detector Loop = City.Detectors.First(d => d.Kind == DetectorKind.Loop);
    private static readonly Detector Camera = City.Detectors.First(d => d.Kind == DetectorKind.Camera);
    private static readonly Detector Button = City.Detectors.First(d => d.Kind == DetectorKind.Button);
    private readonly LatestReadings _latest = new(City);
    private readonly BatchChannel<EventBatch> _channel = IngestLoop.MakeChannel(2, 4);
    private readonly byte[] _payload = new byte[4096];
    private readonly IngestLoop _ingest;

    public OverloadTests() => _ingest = new IngestLoop(new FeedDecoder(City, "d0"), _channel, wait: true, _latest);

    [Fact]
    public void While_the_channel_is_full_a_newer_reading_takes_the_place_of_an_older_one_and_is_counted()
    {
        for (int t = 1; t <= 100; t++) Say(Loop, t);
        for (int t = 1; t <= 50; t++) Say(Camera, t);
        Assert.Equal((2, 91L, 49L), (_latest.Waiting, _latest.Replaced(EventKind.Loop), _latest.Replaced(EventKind.Camera)));
        List<CityEvent> taken = Drain();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 100, 50], taken.Select(e => e.TimeMs / 1000));
        Assert.Equal(150, taken.Count + _latest.ReplacedInAll);
        Assert.Equal((0, 0L), (_latest.Waiting, _channel.Counters.Dropped));
    }

    [Fact]
    public void The_sensor_that_waits_longest_is_first_and_keeps_what_its_newest_picture_showed()
    {
        for (int t = 1; t <= 8; t++) Say(Loop, t);
        for (int t = 9; t <= 12; t++)
        {
            Say(Camera, t);
            Say(Loop, t);
        }
        _channel.Return(Receive());
        _ingest.OnReadDone();
        List<CityEvent> taken = Drain();
        Assert.Equal([EventKind.Camera, EventKind.Loop], taken.TakeLast(2).Select(e => e.Kind));
        Assert.All(taken.TakeLast(2), e => Assert.Equal(12_000, e.TimeMs));
        Assert.Equal(12 * VehicleSighting.Size, taken[^2].ExtraLength);
    }

    [Fact]
    public void Of_a_neighbour_s_plans_the_newest_waits_beside_what_its_controller_says()
    {
        for (int t = 1; t <= 8; t++) Say(Loop, t);
        var sink = new BatchSink(_channel, wait: true, _latest);
        for (int t = 9; t <= 12; t++)
        {
            sink.Add(new CityEvent(t * 1000, 1, EventKind.Controller, 0, 3, 0, 0, 0, 0), new byte[3]);
            sink.Add(new CityEvent(t * 1000, 1, EventKind.Outflow, 0, PlannedFlow.Size, 0, 0, 0, 0),
                new byte[PlannedFlow.Size]);
        }
        Assert.Equal((2, 3L, 6L), (_latest.Waiting, _latest.Replaced(EventKind.Outflow), _latest.ReplacedInAll));
        List<CityEvent> taken = [.. Drain().TakeLast(2)];
        Assert.Equal([EventKind.Controller, EventKind.Outflow], taken.Select(e => e.Kind));
        Assert.All(taken, e => Assert.Equal(12_000, e.TimeMs));
        Assert.Equal(PlannedFlow.Size, taken[1].ExtraLength);
    }

    [Fact]
    public async Task A_press_is_never_shed_it_waits_for_the_brain()
    {
        for (int t = 1; t <= 20; t++) Say(Loop, t);
        Task press = Task.Run(() =>
        {
            for (int t = 1; t <= 10; t++) Say(Button, t);
            _ingest.OnReadDone();
        });
        var taken = new List<CityEvent>();
        for (; !press.IsCompleted; await Task.Yield()) taken.AddRange(Drain());
        await press;
        taken.AddRange(Drain());
        Assert.Equal(Enumerable.Range(1, 10).Select(t => t * 1000L), taken.Where(e => e.Kind == EventKind.Button).Select(e => e.TimeMs));
        Assert.Equal(20 + 10, taken.Count + _latest.ReplacedInAll);
        Assert.Equal(0, _channel.Counters.Dropped);
    }

    [Fact]
    public void Readings_from_many_sensors_come_from_two_threads_and_none_is_lost_or_turned_back()
    {
        Detector[] loops = [.. City.Detectors.Where(d => d.Kind == DetectorKind.Loop)];
        var newest = new long[City.Detectors.Length];
        long taken = 0, sent = 0;
        var feed = new Thread(() =>
        {
            for (int t = 1; t <= 20_000; t++, sent++)
            {
                Say(loops[t % loops.Length], t);
                if (t % 7 == 0) _ingest.OnReadDone();
            }
            _ingest.OnReadDone();
        });
        feed.Start();
        bool ended;
        do
        {
            ended = feed.Join(0);
            foreach (CityEvent e in Drain())
            {
                taken++;
                Assert.True(e.TimeMs > newest[e.Index], $"{e.TimeMs} after {newest[e.Index]}");
                newest[e.Index] = e.TimeMs;
            }
        }
        while (!ended);
        Assert.Equal(20_000, taken + _latest.ReplacedInAll);
        Assert.All(loops, l => Assert.InRange(newest[l.Index], (20_000 - loops.Length) * 1000L, 20_000_000));
    }

    private void Say(Detector d, int second)
    {
        var topics = new FeedTopics("d0");
        Span<VehicleSighting> seen = stackalloc VehicleSighting[32];
        for (int i = 0; i < seen.Length; i++) seen[i] = VehicleSighting.Of(5 + i, 3, 4.5, VehicleClass.Car);
        (string topic, int length) = d.Kind switch
        {
            DetectorKind.Loop => (topics.Loop(d.Id), LoopFeed.Write(_payload, new LoopReading(second * 1000L, d.Index, 1, 0.1f, 12))),
            DetectorKind.Camera => (topics.Camera(d.Id),
                CameraFeed.Write(_payload, second * 1000L, 0, Math.Min(second, 32), 0, seen[..Math.Min(second, 32)])),
            _ => (topics.Button(d.Id), ButtonFeed.Write(_payload, second * 1000L, true, (uint)second)),
        };
        _ingest.OnMessage(new PublishView(Encoding.ASCII.GetBytes(topic), _payload.AsSpan(0, length)));
    }

    private EventBatch Receive() => _channel.TryReceive(out EventBatch? batch) ? batch : throw new InvalidOperationException("nothing waits");

    /// <summary>What the brain's loop does: takes all there is, then what waits in places.</summary>
    private List<CityEvent> Drain()
    {
        var taken = new List<CityEvent>();
        while (_channel.TryReceive(out EventBatch? batch) || _latest.Waiting > 0)
        {
            if (batch is not null)
            {
                taken.AddRange(batch.Events);
                _channel.Return(batch);
            }
            else _latest.SendTo(_channel);
        }
        return taken;
    }
}
