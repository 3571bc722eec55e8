using System.Text;
using CityBrain.Ingest;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>
/// The way from the street to the brains: readings are written as the feeds' binary blocks, one batch a
/// district, and read again by the decoder that live data goes through. Faults of the sensors are put in
/// here.
/// </summary>
internal sealed class FeedUplink : IStreetReadings
{
    private const int MostHeldBack = 4096;
    private const int CameraBytes = 24;

    private readonly City _city;
    private readonly SensorFaults _faults;
    private readonly FaultyCamera _faulty;
    private readonly bool _spoils;
    private readonly DistrictSide[] _sides;
    private readonly int[] _districtOf;
    private readonly uint _detectorNumbering, _intersectionNumbering;
    private readonly List<LoopReading> _loops = [];
    private readonly List<(int Detector, int Stopped, int From, int Count)> _pictures = [];
    private readonly List<int> _buttons = [];
    private readonly Queue<(long DueMs, int District, byte[] Payload)> _heldBack = new();
    private VehicleSighting[] _sightings = new VehicleSighting[4096];
    private byte[] _payload = new byte[1 << 16];
    private int _sightingCount;
    private uint _sequence;

    /// <param name="city">The city.</param>
    /// <param name="sides">Who listens.</param>
    /// <param name="faults">What is wrong with the sensors.</param>
    /// <param name="seed">For the faults.</param>
    public FeedUplink(City city, DistrictSide[] sides, SensorFaults faults, int seed)
    {
        _city = city;
        _faults = faults;
        _faulty = new FaultyCamera(faults, (ulong)seed);
        _spoils = faults.False > 0 || faults.NoiseM > 0;
        _sides = sides;
        _districtOf = [.. city.Detectors.Select(d => city.Intersections[d.Intersection].District)];
        _detectorNumbering = Numbering.OfDetectors(city);
        _intersectionNumbering = Numbering.OfIntersections(city);
    }

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
    public void Deliver(long nowMs, bool blind)
    {
        for (int d = 0; d < _city.Districts.Length && !blind; d++)
        {
            int length = Encode(nowMs, d);
            if (_faults.LateMs == 0) Hand(d, _payload.AsSpan(0, length));
            else if (_heldBack.Count < MostHeldBack)
                _heldBack.Enqueue((nowMs + _faults.LateMs, d, _payload.AsSpan(0, length).ToArray()));
            else Overflow++;
        }
        _loops.Clear();
        _pictures.Clear();
        _buttons.Clear();
        _sightingCount = 0;
        while (_heldBack.TryPeek(out var next) && next.DueMs <= nowMs)
            Hand(next.District, _heldBack.Dequeue().Payload);
    }

    /// <summary>
    /// Sends a controller's report to its district; the link to the cabinets has no faults.
    /// </summary>
    public void Deliver(in ControllerReport report, ReadOnlySpan<Aspect> shown, DistrictSide to)
    {
        var block = new BlockWriter(_payload, BlockKind.Controllers, _intersectionNumbering, ++_sequence);
        block.TryAdd(report, shown);
        to.Hear(_city.Intersections[report.Intersection].District, _payload.AsSpan(0, block.Finish()));
    }

    private void Hand(int district, ReadOnlySpan<byte> payload)
    {
        foreach (DistrictSide side in _sides) side.Hear(district, payload);
    }

    private int Encode(long nowMs, int district)
    {
        int most = 3 * BlockHeader.Size + _loops.Count * LoopReading.Size + _pictures.Count * CameraBytes
            + _sightingCount * VehicleSighting.Size + _buttons.Count * BlockHeader.RecordSize(BlockKind.Buttons);
        if (_payload.Length < most) _payload = new byte[most * 2];
        int at = 0;
        var cameras = new BlockWriter(_payload, BlockKind.Cameras, _detectorNumbering, ++_sequence);
        foreach (var p in _pictures.Where(p => _districtOf[p.Detector] == district))
            cameras.TryAddCamera(nowMs, p.Detector, _sequence, p.Count, p.Stopped, _sightings.AsSpan(p.From, p.Count));
        at += cameras.Finish();
        var loops = new BlockWriter(_payload.AsSpan(at), BlockKind.Loops, _detectorNumbering, ++_sequence);
        foreach (LoopReading reading in _loops.Where(l => _districtOf[l.Detector] == district))
            loops.TryAdd(reading with { TimeMs = nowMs });
        at += loops.Finish();
        if (!_buttons.Exists(b => _districtOf[b] == district)) return at;
        var buttons = new BlockWriter(_payload.AsSpan(at), BlockKind.Buttons, _detectorNumbering, ++_sequence);
        foreach (int button in _buttons.Where(b => _districtOf[b] == district))
            buttons.TryAddButton(nowMs, button, true);
        return at + buttons.Finish();
    }
}
