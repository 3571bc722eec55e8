using System.Text;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Ingest;

/// <summary>
/// Turns a message, topic and payload, into events. The topic becomes an index by one look in a table of bytes; the
/// payload is read where it lies. Nothing is allocated for a message that can be read, and nothing is ever thrown:
/// every message and every record has a stated fate and a counter. Used by one thread.
/// </summary>
public sealed class FeedDecoder
{
    private const long LastMs = 253_402_300_799_999;
    private const int IndexBits = 27;

    private readonly TopicTable _topics = new();
    private readonly byte[] _kinds;
    private readonly byte[] _intersections;
    private readonly byte[] _neighbours;
    private readonly uint _detectorNumbering;
    private readonly uint _intersectionNumbering;
    private readonly uint _outflowNumbering;
    private readonly bool _ticks;
    private readonly VehicleSighting[] _sightings = new VehicleSighting[CameraFeed.MaxSightings];
    private readonly Aspect[] _aspects = new Aspect[AspectText.MaxGroups];
    private FeedCounters _counters;

    private enum TopicKind { Loop, Camera, Button, Controller, Batch, Tick, Outflow, BatchBeyond }

    /// <param name="city">The city whose ids the topics carry.</param>
    /// <param name="district">Only this district's sensors; null for all districts.</param>
    /// <param name="ticks">True when time comes from the tick topic.</param>
    /// <param name="border">What is let through of other districts; null for nothing.</param>
    public FeedDecoder(City city, string? district = null, bool ticks = false, DistrictBorder? border = null)
    {
        _ticks = ticks;
        _kinds = new byte[city.Detectors.Length];
        _intersections = new byte[city.Intersections.Length];
        _neighbours = new byte[city.Intersections.Length];
        _detectorNumbering = Numbering.OfDetectors(city);
        _intersectionNumbering = Numbering.OfIntersections(city);
        _outflowNumbering = Numbering.OfOutflows(city);
        foreach (District d in city.Districts)
            if (district is null || d.Id == district) AddTopics(city, d);
        if (border is not null) AddBorder(city, border);
    }

    public FeedCounters Counters => _counters;

    /// <summary>Reads one message and hands its events to the sink.</summary>
    public MessageFate Decode<TSink>(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, ref TSink sink)
        where TSink : IEventSink, allows ref struct
    {
        _counters.Messages++;
        MessageFate fate = Route(_topics.Find(topic), payload, ref sink);
        switch (fate)
        {
            case MessageFate.Read: _counters.Read++; break;
            case MessageFate.UnknownTopic: _counters.UnknownTopic++; break;
            case MessageFate.Malformed: _counters.Malformed++; break;
            default: _counters.WrongNumbering++; break;
        }
        return fate;
    }

    private MessageFate Route<TSink>(int topic, ReadOnlySpan<byte> payload, ref TSink sink)
        where TSink : IEventSink, allows ref struct
    {
        if (topic < 0) return MessageFate.UnknownTopic;
        var kind = (TopicKind)(topic >> IndexBits);
        int index = topic & ((1 << IndexBits) - 1);
        if (payload.Length > 0 && payload[0] == BlockHeader.First)
        {
            bool any = kind is TopicKind.Batch or TopicKind.BatchBeyond;
            return Blocks(payload, kind, any ? -1 : index, ref sink);
        }
        CityEvent e;
        ReadOnlySpan<byte> extra = default;
        bool read;
        switch (kind)
        {
            case TopicKind.Loop: read = LoopFeed.TryRead(payload, index, out e); break;
            case TopicKind.Camera: read = CameraFeed.TryRead(payload, index, _sightings, out e, out extra); break;
            case TopicKind.Button: read = ButtonFeed.TryRead(payload, index, out e); break;
            case TopicKind.Controller: read = ControllerFeed.TryRead(payload, index, _aspects, out e, out extra); break;
            case TopicKind.Tick:
                read = ClockFeed.TryReadTick(payload, out long timeMs);
                e = CityEvent.Tick(timeMs);
                if (read && !_ticks)
                {
                    _counters.TicksIgnored++;
                    return MessageFate.Read;
                }
                break;
            default: return MessageFate.Malformed;
        }
        if (!read) return MessageFate.Malformed;
        Emit(e, extra, ref sink);
        return MessageFate.Read;
    }

    private MessageFate Blocks<TSink>(ReadOnlySpan<byte> payload, TopicKind topic, int index, ref TSink sink)
        where TSink : IEventSink, allows ref struct
    {
        if (topic == TopicKind.Tick) return MessageFate.Malformed;
        while (payload.Length > 0)
        {
            if (!BlockHeader.TryRead(payload, out BlockHeader header)) return MessageFate.Malformed;
            if (index >= 0 && (header.Count != 1 || header.Kind != KindOf(topic))) return MessageFate.Malformed;
            payload = payload[BlockHeader.Size..];
            if (header.Numbering != 0 && header.Numbering != NumberingOf(header.Kind))
                return MessageFate.WrongNumbering;
            if (!Records(ref payload, header, topic, index, ref sink)) return MessageFate.Malformed;
        }
        return MessageFate.Read;
    }

    private bool Records<TSink>(
        scoped ref ReadOnlySpan<byte> rest, BlockHeader header, TopicKind topic, int index, ref TSink sink)
        where TSink : IEventSink, allows ref struct
    {
        for (int i = 0; i < header.Count; i++)
        {
            ReadOnlySpan<byte> extra = default;
            CityEvent e;
            switch (header.Kind)
            {
                case BlockKind.Loops:
                    if (!BlockRecords.TryLoop(ref rest, out e)) return false;
                    break;
                case BlockKind.Cameras:
                    if (!BlockRecords.TryCamera(ref rest, out e, out extra)) return false;
                    break;
                case BlockKind.Buttons:
                    if (!BlockRecords.TryButton(ref rest, out e)) return false;
                    break;
                case BlockKind.Controllers:
                    if (!BlockRecords.TryController(ref rest, out ControllerReport report, out extra)) return false;
                    e = ControllerFeed.Event(report, extra.Length);
                    break;
                case BlockKind.Outflows:
                    if (!BlockRecords.TryOutflow(ref rest, out e, out extra)) return false;
                    break;
                default: return false;
            }
            if (index >= 0 && e.Index != index) return false;
            if (Known(header.Kind, e.Index)) Emit(e, extra, ref sink);
            else Strange(topic, header.Kind, e.Index);
        }
        return true;
    }

    private bool Known(BlockKind kind, int index)
    {
        byte[] table = Table(kind);
        return (uint)index < (uint)table.Length && table[index] == (byte)kind;
    }

    private void Strange(TopicKind topic, BlockKind kind, int index)
    {
        if (topic == TopicKind.BatchBeyond && (uint)index < (uint)Table(kind).Length) _counters.Beyond++;
        else _counters.UnknownIndex++;
    }

    private byte[] Table(BlockKind kind) => kind switch
    {
        BlockKind.Controllers => _intersections,
        BlockKind.Outflows => _neighbours,
        _ => _kinds,
    };

    private uint NumberingOf(BlockKind kind) => kind switch
    {
        < BlockKind.Controllers => _detectorNumbering,
        BlockKind.Outflows => _outflowNumbering,
        _ => _intersectionNumbering,
    };

    private void Emit<TSink>(in CityEvent e, ReadOnlySpan<byte> extra, ref TSink sink)
        where TSink : IEventSink, allows ref struct
    {
        if ((ulong)e.TimeMs > LastMs)
        {
            _counters.Impossible++;
            return;
        }
        _counters.Events++;
        sink.Add(e, extra);
    }

    private void AddTopics(City city, District district)
    {
        var topics = new FeedTopics(district.Id);
        foreach (Detector d in city.Detectors)
        {
            if (city.Intersections[d.Intersection].District != district.Index) continue;
            AddSensor(topics, d);
        }
        foreach (Intersection i in city.Intersections)
        {
            if (i.District != district.Index) continue;
            _intersections[i.Index] = (byte)BlockKind.Controllers;
            Add(topics.ControllerState(i.Id), TopicKind.Controller, i.Index);
        }
        Add(topics.Batch, TopicKind.Batch, 0);
        Add(topics.Tick, TopicKind.Tick, 0);
    }

    private void AddBorder(City city, DistrictBorder border)
    {
        FeedTopics[] topics = [.. city.Districts.Select(d => new FeedTopics(d.Id))];
        foreach (Detector d in border.Detectors.Select(d => city.Detectors[d]))
        {
            FeedTopics of = topics[city.Intersections[d.Intersection].District];
            AddSensor(of, d);
            Add(of.Batch, TopicKind.BatchBeyond, 0);
        }
        foreach (Intersection i in border.Neighbours.Select(i => city.Intersections[i]))
        {
            _neighbours[i.Index] = (byte)BlockKind.Outflows;
            Add(topics[i.District].Outflow(i.Id), TopicKind.Outflow, i.Index);
        }
    }

    private void AddSensor(FeedTopics topics, Detector d)
    {
        TopicKind kind = d.Kind switch
        {
            DetectorKind.Loop => TopicKind.Loop,
            DetectorKind.Camera => TopicKind.Camera,
            _ => TopicKind.Button,
        };
        _kinds[d.Index] = (byte)KindOf(kind);
        Add(topics.Sensor(d), kind, d.Index);
    }

    private void Add(string topic, TopicKind kind, int index) =>
        _topics.TrySet(Encoding.ASCII.GetBytes(topic), ((int)kind << IndexBits) | index);

    private static BlockKind KindOf(TopicKind topic) => topic switch
    {
        TopicKind.Loop => BlockKind.Loops,
        TopicKind.Camera => BlockKind.Cameras,
        TopicKind.Button => BlockKind.Buttons,
        TopicKind.Controller => BlockKind.Controllers,
        TopicKind.Outflow => BlockKind.Outflows,
        _ => 0,
    };
}
