using System.Text;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace CityBrain.Ingest.Tests;

/// <summary>
/// Planned outflows on the wire, and what a district's decoder lets through of its neighbour.
/// </summary>
public class OutflowTests
{
    private readonly City _city = CityBuilder.Build(CrossingCity.DescribeTwoDistricts());
    private readonly FeedDecoder _west;
    private ListSink _sink = new();

    public OutflowTests() =>
        _west = new FeedDecoder(_city, "d0", border: new DistrictBorder([Detector("c-w1")], [1]));

    private int Detector(string id) => _city.TryDetector(id, out int i) ? i : throw new ArgumentException(id);

    private MessageFate Send(string topic, ReadOnlySpan<byte> payload) =>
        _west.Decode(Encoding.UTF8.GetBytes(topic), payload, ref _sink);

    private static (CityEvent, byte[]) Plan(int flows, int intersection = 1, long timeMs = 5_000)
    {
        var extra = new byte[flows * PlannedFlow.Size];
        for (int k = 0; k < flows; k++)
            PlannedFlow.Write(extra.AsSpan(k * PlannedFlow.Size), k, (PlannedPlace)(k % 2), [0.5f * k, 1]);
        return (new CityEvent(timeMs, intersection, EventKind.Outflow, 0, (ushort)extra.Length, 0, 0, 0, 0), extra);
    }

    private byte[] Payload(int flows, int intersection = 1)
    {
        (CityEvent e, byte[] extra) = Plan(flows, intersection);
        return new OutflowFeed(_city).Write(e, extra).ToArray();
    }

    [Fact]
    public void It_has_the_documented_topic_and_bytes()
    {
        Assert.Equal("citybrain/1/d1/outflow/j1", Encoding.ASCII.GetString(new OutflowFeed(_city).Topic(1)));
        byte[] payload = Payload(1);
        Assert.Equal(16 + 16 + 88, payload.Length);
        Assert.Equal("43420106" + "01000000", Convert.ToHexString(payload.AsSpan(0, 8)));
        Assert.Equal(Numbering.OfOutflows(_city), BitConverter.ToUInt32(payload, 8));
        Assert.Equal("8813000000000000" + "01000000" + "0100" + "0000", Convert.ToHexString(payload.AsSpan(16, 16)));
    }

    [Fact]
    public void Whatever_is_planned_comes_back() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = SeededRandom.For((ulong)seed, 1);
            (CityEvent e, byte[] extra) = Plan(1 + random.Next(20), 1, random.Next(int.MaxValue));
            for (int k = 0; k < extra.Length; k += 1 + random.Next(9))
                if (k % PlannedFlow.Size is < 4 or >= 8) extra[k] = (byte)random.Next(256);
            _sink = new ListSink();
            return Send("citybrain/1/d1/outflow/j1", new OutflowFeed(_city).Write(e, extra)) == MessageFate.Read
                && _sink.Events.SequenceEqual([e]) && _sink.Extras[0].AsSpan().SequenceEqual(extra);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whatever_is_changed_on_the_way_nothing_escapes_and_nothing_impossible_comes_through() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = SeededRandom.For((ulong)seed, 2);
            byte[] payload = Payload(3);
            for (int n = 1 + random.Next(4); n > 0; n--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            _sink = new ListSink();
            Send("citybrain/1/d1/outflow/j1", payload.AsSpan(0, payload.Length - random.Next(3)));
            FeedCounters c = _west.Counters;
            return c.Messages == c.Read + c.Malformed + c.WrongNumbering + c.UnknownTopic
                && _sink.Extras.TrueForAll(extra => PlannedFlow.AreValid(extra))
                && _sink.Events.TrueForAll(e => e.Index == 1);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_truncation_and_JSON_and_another_city_s_are_refused()
    {
        byte[] payload = Payload(2);
        for (int n = 1; n < payload.Length; n++)
            Assert.Equal(MessageFate.Malformed, Send("citybrain/1/d1/outflow/j1", payload.AsSpan(0, n)));
        Assert.Equal(MessageFate.Malformed, Send("citybrain/1/d1/outflow/j1", "{\"timeMs\":5000}"u8));
        payload[8] ^= 1;
        Assert.Equal(MessageFate.WrongNumbering, Send("citybrain/1/d1/outflow/j1", payload));
        Assert.Empty(_sink.Events);
    }

    [Fact]
    public void Plans_of_its_own_or_of_others_than_its_neighbours_are_not_heard()
    {
        Assert.Equal(MessageFate.UnknownTopic, Send("citybrain/1/d0/outflow/j0", Payload(1, 0)));
        Assert.Equal(MessageFate.Malformed, Send("citybrain/1/d1/outflow/j1", Payload(1, 0)));
        Assert.Equal(MessageFate.Read, Send("citybrain/1/d0/batch", Payload(1, 0)));
        Assert.Equal(1, _west.Counters.UnknownIndex);
        Assert.Empty(_sink.Events);
    }

    [Fact]
    public void A_neighbour_s_sensor_within_reach_is_heard_on_its_own_topic_and_in_its_batch()
    {
        var buffer = new byte[1024];
        int length = CameraFeed.Write(buffer, 1000, 1, 0, 0, []);
        Assert.Equal(MessageFate.Read, Send("citybrain/1/d1/camera/c-w1", buffer.AsSpan(0, length)));
        Assert.Equal(MessageFate.UnknownTopic, Send("citybrain/1/d1/camera/c-n1", buffer.AsSpan(0, length)));
        Assert.Equal(MessageFate.UnknownTopic, Send("citybrain/1/d1/controller/j1/state", buffer.AsSpan(0, length)));
        var block = new BlockWriter(buffer, BlockKind.Cameras, Numbering.OfDetectors(_city));
        foreach (Detector d in _city.Detectors.Where(d => d.Kind == DetectorKind.Camera))
            block.TryAddCamera(2000, d.Index, 1, 0, 0, []);
        int cameras = block.Count;
        Assert.Equal(MessageFate.Read, Send("citybrain/1/d1/batch", buffer.AsSpan(0, block.Finish())));
        int own = _city.Detectors.Count(d => d.Kind == DetectorKind.Camera && d.Intersection == 0);
        Assert.Equal(1 + own + 1, _sink.Events.Count);
        Assert.Equal((cameras - own - 1L, 0L), (_west.Counters.Beyond, _west.Counters.UnknownIndex));
    }

    [Fact]
    public void A_brain_subscribes_to_what_its_decoder_lets_through() =>
        Assert.Equal(
            ["citybrain/1/d1/camera/c-w1", "citybrain/1/d1/batch", "citybrain/1/d1/outflow/j1"],
            FeedTopics.BorderFilters(_city, new DistrictBorder([Detector("c-w1")], [1])));
}
