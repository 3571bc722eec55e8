using System.Runtime.InteropServices;
using System.Text;
using CityBrain.Controllers;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Street;

/// <summary>
/// Publishes what the street says, as docs/WIRE.md describes it: JSON on a topic for each sensor and controller, or
/// binary blocks on each district's batch topic. Allocates nothing.
/// </summary>
internal sealed class SensorPublisher
{
    private readonly City _city;
    private readonly MessageSender _send;
    private readonly StreetCounters _counters;
    private readonly byte[][] _sensorTopics, _stateTopics, _ids, _tickTopics;
    private readonly BlockStream[]? _blocks;
    private readonly byte[] _payload = new byte[64 << 10];
    private uint _sequence;

    /// <param name="city">The city.</param>
    /// <param name="send">Queues a message.</param>
    /// <param name="counters">What is counted.</param>
    /// <param name="binary">Binary blocks instead of JSON.</param>
    public SensorPublisher(City city, MessageSender send, StreetCounters counters, bool binary)
    {
        _city = city;
        _send = send;
        _counters = counters;
        FeedTopics[] topics = [.. city.Districts.Select(d => new FeedTopics(d.Id))];
        _sensorTopics = [.. city.Detectors.Select(d =>
            Encoding.ASCII.GetBytes(TopicOf(topics[city.Intersections[d.Intersection].District], d)))];
        _stateTopics = [.. city.Intersections.Select(i => Encoding.ASCII.GetBytes(topics[i.District].ControllerState(i.Id)))];
        _tickTopics = [.. topics.Select(t => Encoding.ASCII.GetBytes(t.Tick))];
        _ids = [.. city.Intersections.Select(i => Encoding.UTF8.GetBytes(i.Id))];
        if (!binary) return;
        uint detectors = Numbering.OfDetectors(city), intersections = Numbering.OfIntersections(city);
        _blocks = [.. topics.Select(t => new BlockStream(Encoding.ASCII.GetBytes(t.Batch), detectors, intersections, Send))];
    }

    /// <summary>Takes one event of the street.</summary>
    public void Take(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (_blocks is not null)
        {
            int intersection = e.Kind == EventKind.Controller ? e.Index : _city.Detectors[e.Index].Intersection;
            _blocks[_city.Intersections[intersection].District].Add(e, extra);
            return;
        }
        if (e.Kind != EventKind.Controller) Send(_sensorTopics[e.Index], _payload.AsSpan(0, Json(e, extra)));
        else Send(_stateTopics[e.Index],
            _payload.AsSpan(0, ControllerFeed.Write(_payload, ReportOf(e), MemoryMarshal.Cast<byte, Aspect>(extra), _ids[e.Index])));
    }

    /// <summary>Sends what is gathered.</summary>
    public void Flush()
    {
        _sequence++;
        if (_blocks is null) return;
        foreach (BlockStream blocks in _blocks) blocks.Flush();
    }

    /// <summary>Says to the first district's brain that everything up to this time has been said.</summary>
    public void Tick(long timeMs) => Send(_tickTopics[0], _payload.AsSpan(0, ClockFeed.WriteTick(_payload, timeMs)));

    internal static ControllerReport ReportOf(in CityEvent e) => new(
        e.TimeMs, e.Index, (ControllerMode)e.Code, (int)e.A, e.Sequence, (Refusal)(byte)e.B);

    private int Json(in CityEvent e, ReadOnlySpan<byte> extra) => e.Kind switch
    {
        EventKind.Loop => LoopFeed.Write(_payload, new LoopReading(e.TimeMs, e.Index, e.A, e.B, e.C), _sequence + 1),
        EventKind.Camera => CameraFeed.Write(_payload, e.TimeMs, _sequence + 1, (int)e.A, (int)e.B,
            MemoryMarshal.Cast<byte, VehicleSighting>(extra)),
        EventKind.Button => ButtonFeed.Write(_payload, e.TimeMs, true, e.Sequence != 0 ? e.Sequence : _sequence + 1),
        _ => 0,
    };

    private void Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > 0 && _send(topic, payload)) _counters.Published++;
        else _counters.PublishDropped++;
    }

    private static string TopicOf(FeedTopics topics, Detector d) => d.Kind switch
    {
        DetectorKind.Loop => topics.Loop(d.Id),
        DetectorKind.Camera => topics.Camera(d.Id),
        _ => topics.Button(d.Id),
    };
}
