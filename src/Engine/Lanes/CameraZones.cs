using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>
/// Pictures of lanes: each camera or radar reading replaces what its zone showed before. Vehicles of one lane
/// that stand in several zones are kept in one row, nearest to the downstream end first.
/// </summary>
internal sealed class CameraZones
{
    /// <summary>Vehicles slower than this belong to a standing queue once it has begun (5 km/h), cm/s.</summary>
    private const int QueueCmPerS = 139;

    /// <summary>Free road between two vehicles of one queue, at most, centimetres.</summary>
    private const int QueueGapCm = 1500;

    /// <summary>Length taken where the sensor did not measure one, centimetres.</summary>
    private const int DefaultLengthCm = 500;

    private readonly TrafficState _state;
    private readonly Detector[] _detectors;
    private readonly int[][] _zonesOf;
    private readonly float[] _vehicles;
    private readonly float[] _stopped;
    private readonly long[] _seen;
    private readonly uint[] _sequence;
    private readonly Sightings _sightings;
    private readonly VehicleSighting[] _kept = new VehicleSighting[TrafficState.SightingsPerLane];

    public CameraZones(City city, TrafficState state)
    {
        _state = state;
        _detectors = city.Detectors;
        _vehicles = new float[_detectors.Length];
        _stopped = new float[_detectors.Length];
        _seen = new long[_detectors.Length];
        _sequence = new uint[_detectors.Length];
        _sightings = new Sightings(_detectors);
        _zonesOf = new int[city.Lanes.Length][];
        ILookup<int, int> zones = city.Detectors.Where(d => d.Kind == DetectorKind.Camera)
            .ToLookup(d => d.Lane, d => d.Index);
        for (int lane = 0; lane < _zonesOf.Length; lane++) _zonesOf[lane] = [.. zones[lane]];
    }

    /// <summary>Takes one picture; says what became of it and how many vehicles had no room.</summary>
    public Fate Accept(in CityEvent e, ReadOnlySpan<byte> extra, out int dropped)
    {
        dropped = 0;
        int zone = e.Index;
        if (!(e.A >= 0) || !(e.B >= 0) || e.A > 10_000 || e.B > e.A || extra.Length % VehicleSighting.Size != 0)
            return Fate.Impossible;
        if (_seen[zone] == e.TimeMs && _sequence[zone] == e.Sequence && e.TimeMs != 0) return Fate.Duplicate;
        if (e.TimeMs < _seen[zone]) return Fate.TooLate;
        _seen[zone] = e.TimeMs;
        _sequence[zone] = e.Sequence;
        Detector detector = _detectors[zone];
        ReadOnlySpan<VehicleSighting> believed = _sightings.Believe(
            detector, MemoryMarshal.Cast<byte, VehicleSighting>(extra), e.TimeMs, out int left, out int standing);
        _vehicles[zone] = Math.Max(0, e.A - left);
        _stopped[zone] = Math.Max(0, e.B - standing);
        ref LaneState lane = ref _state.Lanes[detector.Lane];
        dropped = Replace(ref lane, detector, believed);
        Summarise(ref lane, detector.Lane, e.TimeMs);
        return Fate.Accepted;
    }

    private int Replace(ref LaneState lane, Detector detector, ReadOnlySpan<VehicleSighting> seen)
    {
        Span<VehicleSighting> row = _state.Sightings.AsSpan(
            detector.Lane * TrafficState.SightingsPerLane, TrafficState.SightingsPerLane);
        int kept = _zonesOf[detector.Lane].Length > 1 ? KeepOtherZones(row[..lane.SightingCount], detector) : 0;
        int count = 0, dropped = 0;
        for (int i = 0; i < kept; i++) Insert(row, ref count, _kept[i], ref dropped);
        foreach (VehicleSighting vehicle in seen) Insert(row, ref count, vehicle, ref dropped);
        lane.SightingCount = count;
        return dropped;
    }

    private int KeepOtherZones(ReadOnlySpan<VehicleSighting> row, Detector detector)
    {
        float from = (float)detector.At.Value, to = from + (float)detector.Reach.Value;
        int kept = 0;
        foreach (VehicleSighting vehicle in row)
            if (vehicle.DistanceM < from || vehicle.DistanceM > to) _kept[kept++] = vehicle;
        return kept;
    }

    /// <summary>Insertion keeps the row sorted; sensors mostly send vehicles in order, so it is one step each.</summary>
    private static void Insert(Span<VehicleSighting> row, ref int count, VehicleSighting vehicle, ref int dropped)
    {
        int at = count;
        while (at > 0 && row[at - 1].DistanceCm > vehicle.DistanceCm) at--;
        if (count == row.Length)
        {
            dropped++;
            if (at == count) return;
            count--;
        }
        row[at..count].CopyTo(row[(at + 1)..]);
        row[at] = vehicle;
        count++;
    }

    private void Summarise(ref LaneState lane, int index, long timeMs)
    {
        float vehicles = 0, stopped = 0;
        foreach (int zone in _zonesOf[index])
        {
            vehicles += _vehicles[zone];
            stopped += _stopped[zone];
        }
        lane.Vehicles = vehicles;
        lane.Stopped = stopped;
        lane.SeenMs = Math.Max(lane.SeenMs, timeMs);
        lane.QueueTailM = TailCm(_state.SightingsOf(index)) * 0.01f;
    }

    /// <summary>
    /// Rear of the last vehicle of the queue that begins with the first stopped vehicle and goes on while
    /// vehicles are slower than 5 km/h and follow within 15 m; 0 when nobody stands.
    /// </summary>
    internal static int TailCm(ReadOnlySpan<VehicleSighting> row)
    {
        int tail = 0;
        foreach (VehicleSighting vehicle in row)
        {
            bool inQueue = tail > 0 && vehicle.SpeedCmPerS < QueueCmPerS && vehicle.DistanceCm - tail <= QueueGapCm;
            if (!inQueue && (tail > 0 || !vehicle.Stopped))
            {
                if (tail > 0) break;
                continue;
            }
            int length = vehicle.LengthDm == 0 ? DefaultLengthCm : vehicle.LengthDm * 10;
            tail = Math.Max(tail, vehicle.DistanceCm + length);
        }
        return tail;
    }

    public void AddTo(ref Digest digest)
    {
        for (int i = 0; i < _detectors.Length; i++)
        {
            digest.Add(_seen[i]);
            digest.Add(_vehicles[i]);
            digest.Add(_stopped[i]);
            digest.Add((ulong)_sequence[i]);
        }
        _sightings.AddTo(ref digest);
    }
}
