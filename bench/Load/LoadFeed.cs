using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Load;

/// <summary>
/// What the detectors of some districts say in a second: loops and cameras with some vehicles, drawn once for several
/// seconds and said again and again with the time of the day, so that making it costs the measurement nothing.
/// </summary>
internal sealed class LoadFeed
{
    private const int Seconds = 4;
    private readonly CityEvent[][] _loops = new CityEvent[Seconds][];
    private readonly CityEvent[][] _cameras = new CityEvent[Seconds][];
    private readonly byte[][][] _sightings = new byte[Seconds][][];

    public LoadFeed(City city, ReadOnlySpan<int> intersections, ulong seed)
    {
        var random = new SeededRandom(seed);
        bool[] ours = new bool[city.Intersections.Length];
        foreach (int i in intersections) ours[i] = true;
        Detector[] detectors = [.. city.Detectors.Where(d => ours[d.Intersection])];
        Detector[] loops = [.. detectors.Where(d => d.Kind == DetectorKind.Loop)];
        Detector[] cameras = [.. detectors.Where(d => d.Kind == DetectorKind.Camera)];
        Events = detectors.Length;
        for (int s = 0; s < Seconds; s++)
        {
            _loops[s] = [.. loops.Select(d => new CityEvent(
                0, d.Index, EventKind.Loop, 0, 0, random.Next(3) == 0 ? 1 : 0, random.Next(40) / 100f, 8 + random.Next(6), 0))];
            _sightings[s] = [.. cameras.Select(_ => Vehicles(ref random))];
            _cameras[s] = [.. cameras.Select((d, n) => new CityEvent(0, d.Index, EventKind.Camera, 0,
                (ushort)_sightings[s][n].Length, _sightings[s][n].Length / VehicleSighting.Size, 0, 0, 0))];
        }
    }

    /// <summary>Readings a second.</summary>
    public int Events { get; }

    /// <summary>Gives a second's loops with their time.</summary>
    public ReadOnlySpan<CityEvent> Loops(long nowMs)
    {
        CityEvent[] events = _loops[nowMs / 1000 % Seconds];
        for (int i = 0; i < events.Length; i++) events[i] = events[i] with { TimeMs = nowMs };
        return events;
    }

    public int Cameras => _cameras[0].Length;

    public CityEvent Camera(int i, long nowMs, out ReadOnlySpan<byte> sightings)
    {
        long s = nowMs / 1000 % Seconds;
        sightings = _sightings[s][i];
        return _cameras[s][i] with { TimeMs = nowMs };
    }

    /// <summary>Up to four that stand and up to five that come.</summary>
    private static byte[] Vehicles(ref SeededRandom random)
    {
        int queue = random.Next(5), moving = random.Next(6);
        var seen = new VehicleSighting[queue + moving];
        for (int k = 0; k < seen.Length; k++)
            seen[k] = VehicleSighting.Of(k < queue ? 1 + 7.5 * k : Math.Min(195, 50 + 22 * (k - queue)), k < queue ? 0 : 12,
                4.5, VehicleClass.Car);
        return MemoryMarshal.AsBytes(seen.AsSpan()).ToArray();
    }
}
