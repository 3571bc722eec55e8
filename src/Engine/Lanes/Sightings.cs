using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>
/// Which vehicles of a picture are believed: those that an earlier picture of the zone, of at most
/// <see cref="LongestStepMs"/> ago, showed within reach upstream, and those that have just driven in. A shadow or a
/// reflection that shows once is left out; a vehicle that changes lane counts one picture later. After a pause all are
/// believed, and of a zone too short to tell driving in from appearing too.
/// </summary>
internal sealed class Sightings
{
    private const int LongestStepMs = 3_000;
    /// <summary>Error of distances that is allowed for, centimetres, and the highest speed, cm/s.</summary>
    private const int SlackCm = 800, TopCmPerS = 2_500;
    /// <summary>Nobody brakes harder than this, cm/s².</summary>
    private const int BrakingCmPerS2 = 450;

    private readonly int[] _slot;
    private readonly ushort[] _distances;
    private readonly int[] _count;
    private readonly long[] _timeMs;
    private readonly VehicleSighting[] _believed = new VehicleSighting[TrafficState.SightingsPerLane];

    public Sightings(Detector[] detectors)
    {
        _slot = new int[detectors.Length];
        int cameras = 0;
        foreach (Detector d in detectors)
            _slot[d.Index] = d.Kind == DetectorKind.Camera ? cameras++ : -1;
        _distances = new ushort[cameras * TrafficState.SightingsPerLane];
        _count = new int[cameras];
        _timeMs = new long[cameras];
    }

    /// <summary>The believed ones of a picture, valid until the next call; how many it left out, and of them standing.</summary>
    public ReadOnlySpan<VehicleSighting> Believe(
        Detector zone, ReadOnlySpan<VehicleSighting> picture, long timeMs, out int left, out int standing)
    {
        int slot = _slot[zone.Index];
        long stepMs = timeMs - _timeMs[slot];
        bool first = _timeMs[slot] == 0 || stepMs <= 0 || stepMs > LongestStepMs;
        Span<ushort> row = _distances.AsSpan(slot * TrafficState.SightingsPerLane, TrafficState.SightingsPerLane);
        ReadOnlySpan<ushort> before = row[.._count[slot]];
        int farCm = (int)((zone.At.Value + zone.Reach.Value) * 100), believed = 0;
        left = standing = 0;
        if (!first)
            foreach (VehicleSighting v in picture)
            {
                if (!WasThere(v, before, stepMs) && !DroveIn(v, farCm, stepMs))
                {
                    left++;
                    if (v.Stopped) standing++;
                }
                else if (believed < _believed.Length) _believed[believed++] = v;
            }
        _count[slot] = Math.Min(picture.Length, row.Length);
        for (int i = 0; i < _count[slot]; i++) row[i] = picture[i].DistanceCm;
        _timeMs[slot] = timeMs;
        return left == 0 ? picture : _believed.AsSpan(0, believed);
    }

    private static bool WasThere(VehicleSighting v, ReadOnlySpan<ushort> before, long stepMs)
    {
        long farthest = v.DistanceCm + SlackCm + TopCmPerS * stepMs / 1000;
        foreach (ushort distance in before)
            if (distance >= v.DistanceCm - SlackCm && distance <= farthest) return true;
        return false;
    }

    private static bool DroveIn(VehicleSighting v, int farCm, long stepMs)
    {
        long driven = (v.SpeedCmPerS + BrakingCmPerS2 * stepMs / 2000) * stepMs / 1000;
        return v.DistanceCm + driven >= farCm;
    }

    public void AddTo(ref Digest digest)
    {
        for (int i = 0; i < _count.Length; i++)
        {
            digest.Add(_timeMs[i]);
            digest.Add(_count[i]);
            for (int k = 0; k < _count[i]; k++) digest.Add((int)_distances[i * TrafficState.SightingsPerLane + k]);
        }
    }
}
