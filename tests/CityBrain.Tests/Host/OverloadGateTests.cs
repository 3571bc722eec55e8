using System.Text;
using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Controllers;
using CityBrain.History;
using CityBrain.Host;
using CityBrain.Ingest;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;
using CityBrain.Storm;
using CityBrain.Street;
using CityBrain.Telemetry;
using CityBrain.Testing;

namespace CityBrain.Tests.Host;

/// <summary>
/// From message to journal with a brain that is behind from the beginning: what `bench/run overload` measures, small.
/// Every reading is either in the journal or replaced by a newer one, and every press with a receipt is in it once.
/// </summary>
public sealed class OverloadGateTests
{
    private const long BeginMs = 1_000_000;
    private const int Rounds = 3_000, PressEvery = 100;

    private readonly City _city = TinyCity.Build();
    private readonly FeedTopics _topics = new("d1");
    private readonly LatestReadings _latest;
    private readonly BatchChannel<EventBatch> _channel = IngestLoop.MakeChannel(2, 8);
    private readonly IngestLoop _ingest;
    private readonly StormDisk _disk = new(1);
    private readonly PressBook _presses;
    private readonly List<CityEvent> _acknowledged = [];
    private readonly byte[] _payload = new byte[512];

    public OverloadGateTests()
    {
        _latest = new LatestReadings(_city);
        _ingest = new IngestLoop(new FeedDecoder(_city), _channel, wait: true, _latest);
        _presses = new PressBook(_city);
    }

    [Fact]
    public async Task What_has_a_receipt_is_kept_and_of_the_rest_the_newest()
    {
        using (JournalWriter journal = Loop(out BrainLoop loop))
        {
            Task feed = Task.Run(Feed);
            // The brain begins when readings have been shed: the feed waits with its first press by then, or soon.
            while (_latest.ReplacedInAll == 0 && !feed.IsCompleted) await Task.Yield();
            for (; !feed.IsCompleted || _latest.Waiting > 0 || _channel.Waiting > 0; await Task.Yield()) Take(loop);
            await feed;
        }

        CityEvent[] kept = [.. Journaled()];
        CityEvent[] loops = [.. kept.Where(e => e.Kind == EventKind.Loop)];
        CityEvent[] cameras = [.. kept.Where(e => e.Kind == EventKind.Camera)];
        Assert.NotEqual(0, _latest.Replaced(EventKind.Loop));
        Assert.Equal(Rounds, loops.Length + _latest.Replaced(EventKind.Loop));
        Assert.Equal(Rounds, cameras.Length + _latest.Replaced(EventKind.Camera));
        Assert.Equal((TimeOf(Rounds), TimeOf(Rounds)), (loops[^1].TimeMs, cameras[^1].TimeMs));

        CityEvent[] presses = [.. kept.Where(e => e.Kind == EventKind.Button)];
        Assert.Equal(Rounds / PressEvery, presses.Length);
        Assert.Equal(presses.Select(p => (p.TimeMs, p.Sequence)), _acknowledged.Select(p => (p.TimeMs, p.Sequence)));
        Assert.Equal(0, _channel.Counters.Dropped);
    }

    private static long TimeOf(int round) => BeginMs + round;

    private JournalWriter Loop(out BrainLoop loop)
    {
        var brain = new DistrictBrain(_city, new BrainOptions { Policy = "fixed" });
        var receipts = new ReceiptBook(_city);
        var log = new Log(TextWriter.Null, json: false);
        var preamble = new JournalPreamble
        { City = _city.Description, Options = brain.Options.ToDictionary(), WrittenBy = "test" };
        JournalWriter journal = JournalRecovery.Open(_disk, "journal", preamble, brain, receipts, log);
        loop = new BrainLoop(brain, journal, receipts, new MqttCommandSink(_city, Hear, []), _channel, log, _latest);
        return journal;
    }

    /// <summary>Far more than two batches of eight hold, and now and then a press.</summary>
    private void Feed()
    {
        var tick = new BatchSink(_channel, wait: true);
        tick.Add(CityEvent.Tick(BeginMs), []);
        tick.Flush();
        for (int round = 1; round <= Rounds; round++)
        {
            Say(_topics.Loop("loop.n"), LoopFeed.Write(_payload, new LoopReading(TimeOf(round), 0, 1, 0.1f, 12)));
            Say(_topics.Camera("cam.n"), CameraFeed.Write(_payload, TimeOf(round), 0, 0, 0, []));
            if (round % PressEvery == 0) Press(round);
            _ingest.OnReadDone();
        }
    }

    private void Press(int round)
    {
        Assert.True(_city.TryDetector("button", out int button));
        CityEvent press;
        lock (_presses)
        {
            _presses.Add(button, TimeOf(round), round);
            Assert.True(_presses.TryNextDue(round, out press));
        }
        Say(_topics.Button("button"), ButtonFeed.Write(_payload, press.TimeMs, true, press.Sequence));
    }

    private void Say(string topic, int length) =>
        _ingest.OnMessage(new PublishView(Encoding.ASCII.GetBytes(topic), _payload.AsSpan(0, length)));

    private void Take(BrainLoop loop)
    {
        while (_channel.TryReceive(out EventBatch? batch))
        {
            loop.Accept(batch);
            _channel.Return(batch);
        }
        if (_latest.Waiting > 0) _latest.SendTo(_channel);
    }

    /// <summary>What the brain publishes: its receipts are for the buttons.</summary>
    private bool Hear(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        lock (_presses)
        {
            if (_presses.TakeReceipt(topic, payload, out CityEvent press)) _acknowledged.Add(press);
        }
        return true;
    }

    private List<CityEvent> Journaled()
    {
        var events = new List<CityEvent>();
        using JournalReader reader = JournalReader.TryOpen(_disk)!;
        while (reader.TryRead(out CityEvent e, out _)) events.Add(e);
        Assert.Equal(JournalEnd.Clean, reader.End);
        return events;
    }
}
