using System.Text;
using CityBrain.Ingest;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>
/// The way from the street to the brain: readings are written as the feeds' binary blocks and read again by the same
/// decoder that live data goes through. Faults of the sensors are put in here.
/// </summary>
internal sealed class FeedUplink : IStreetReadings
{
    private const int MostHeldBack = 4096;
    private const int CameraBytes = 24;

    private readonly City _city;
    private readonly SensorFaults _faults;
    private readonly FaultyCamera _faulty;
    private readonly bool _spoils;
    private readonly FeedDecoder _decoder;
    private readonly byte[] _topic;
    private readonly uint _detectorNumbering, _intersectionNumbering;
    private readonly List<LoopReading> _loops = [];
    private readonly List<(int Detector, int Stopped, int From, int Count)> _pictures = [];
    private readonly List<int> _buttons = [];
    private readonly Queue<(long DueMs, byte[] Payload)> _heldBack = new();
    private VehicleSighting[] _sightings = new VehicleSighting[4096];
    private byte[] _payload = new byte[1 << 16];
    private int _sightingCount;
    private uint _sequence;

    public FeedUplink(City city, SensorFaults faults, int seed)
    {
        _city = city;
        _faults = faults;
        _faulty = new FaultyCamera(faults, (ulong)seed);
        _spoils = faults.False > 0 || faults.NoiseM > 0;
        _decoder = new FeedDecoder(city);
        _topic = Encoding.ASCII.GetBytes(new FeedTopics(city.Districts[0].Id).Batch);
        _detectorNumbering = Numbering.OfDetectors(city);
        _intersectionNumbering = Numbering.OfIntersections(city);
    }

    public FeedCounters Counters => _decoder.Counters;

    /// <summary>Readings that could not be held back any longer because too many are under way.</summary>
    public long Overflow { get; private set; }

    public void Camera(int detector, int stopped, ReadOnlySpan<VehicleSighting> sightings)
    {
        if (_spoils) sightings = _faulty.Spoil(sightings, _city.Detectors[detector], out stopped);
        if (_sightingCount + sightings.Length > _sightings.Length)
            Array.Resize(ref _sightings, Math.Max(_sightings.Length * 2, _sightingCount + sightings.Length));
        sightings.CopyTo(_sightings.AsSpan(_sightingCount));
        _pictures.Add((detector, stopped, _sightingCount, sightings.Length));
        _sightingCount += sightings.Length;
    }

    public void Loop(int detector, int vehicles, float occupancy, float speedMps) =>
        _loops.Add(new LoopReading(0, detector, vehicles, occupancy, speedMps));

    public void Button(int detector) => _buttons.Add(detector);

    /// <summary>Sends what was read at this instant and hands over all that has arrived by now.</summary>
    public void Deliver<TSink>(long nowMs, bool blind, ref TSink sink) where TSink : IEventSink
    {
        int length = blind ? 0 : Encode(nowMs);
        _loops.Clear();
        _pictures.Clear();
        _buttons.Clear();
        _sightingCount = 0;
        if (_faults.LateMs == 0)
        {
            if (length > 0) _decoder.Decode(_topic, _payload.AsSpan(0, length), ref sink);
            return;
        }
        if (length > 0 && _heldBack.Count < MostHeldBack)
            _heldBack.Enqueue((nowMs + _faults.LateMs, _payload.AsSpan(0, length).ToArray()));
        else if (length > 0) Overflow++;
        while (_heldBack.TryPeek(out var next) && next.DueMs <= nowMs)
            _decoder.Decode(_topic, _heldBack.Dequeue().Payload, ref sink);
    }

    /// <summary>Sends a controller's report; the link to the cabinets has no faults.</summary>
    public void Deliver<TSink>(in ControllerReport report, ReadOnlySpan<Aspect> shown, ref TSink sink)
        where TSink : IEventSink
    {
        var block = new BlockWriter(_payload, BlockKind.Controllers, _intersectionNumbering, ++_sequence);
        block.TryAdd(report, shown);
        _decoder.Decode(_topic, _payload.AsSpan(0, block.Finish()), ref sink);
    }

    private int Encode(long nowMs)
    {
        int most = 3 * BlockHeader.Size + _loops.Count * LoopReading.Size + _pictures.Count * CameraBytes
            + _sightingCount * VehicleSighting.Size + _buttons.Count * BlockHeader.RecordSize(BlockKind.Buttons);
        if (_payload.Length < most) _payload = new byte[most * 2];
        int at = 0;
        var cameras = new BlockWriter(_payload, BlockKind.Cameras, _detectorNumbering, ++_sequence);
        foreach (var p in _pictures)
            cameras.TryAddCamera(nowMs, p.Detector, _sequence, p.Count, p.Stopped, _sightings.AsSpan(p.From, p.Count));
        at += cameras.Finish();
        var loops = new BlockWriter(_payload.AsSpan(at), BlockKind.Loops, _detectorNumbering, ++_sequence);
        foreach (LoopReading reading in _loops) loops.TryAdd(reading with { TimeMs = nowMs });
        at += loops.Finish();
        if (_buttons.Count == 0) return at;
        var buttons = new BlockWriter(_payload.AsSpan(at), BlockKind.Buttons, _detectorNumbering, ++_sequence);
        foreach (int button in _buttons) buttons.TryAddButton(nowMs, button, true);
        return at + buttons.Finish();
    }
}
