using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// What the sensors on the street say, and nothing else: cameras and radars the vehicles in their zone, loops what
/// passed them in the last second, buttons that they were pressed, controllers what they show.
/// </summary>
internal sealed class Sensors
{
    private readonly City _city;
    private readonly LaneStore _store;
    private readonly LoopCounts _loops;
    private readonly Crossings _people;
    private readonly FieldController[] _controllers;
    private readonly VehicleSighting[] _seen = new VehicleSighting[TrafficState.SightingsPerLane];
    /// <summary>By detector: the crossing movement of a button.</summary>
    private readonly int[] _crossing;

    public Sensors(City city, LaneStore store, LoopCounts loops, Crossings people, FieldController[] controllers)
    {
        _city = city;
        _store = store;
        _loops = loops;
        _people = people;
        _controllers = controllers;
        _crossing = [.. city.Detectors.Select(d => d.Kind != DetectorKind.Button ? -1
            : city.Intersections[d.Intersection].Movements
                .FirstOrDefault(m => m.Group == d.Group && m.Turn == Turn.Crossing)?.Index ?? -1)];
    }

    public void Observe(long nowMs, EventSink sink)
    {
        foreach (Detector d in _city.Detectors)
        {
            switch (d.Kind)
            {
                case DetectorKind.Loop:
                    ReadLoop(d, nowMs, sink);
                    break;
                case DetectorKind.Camera:
                    ReadCamera(d, nowMs, sink);
                    break;
                default:
                    if (_crossing[d.Index] >= 0 && _people.Pressed(_crossing[d.Index]))
                        sink(new CityEvent(nowMs, d.Index, EventKind.Button, 1, 0, 0, 0, 0, 0), []);
                    break;
            }
        }
    }

    /// <summary>The vehicles whose fronts are within [at, at + reach] of the lane's end, nearest first.</summary>
    public int Look(int lane, double atM, double reachM, Span<VehicleSighting> into)
    {
        double length = _city.Lanes[lane].Length.Value;
        int n = 0;
        for (int i = _store.First[lane]; i >= 0 && n < into.Length; i = _store.Vehicles[i].Behind)
        {
            ref readonly Vehicle v = ref _store.Vehicles[i];
            double distance = Math.Max(0, length - v.Position);
            if (distance < atM) continue;
            if (distance > atM + reachM) break;
            into[n++] = VehicleSighting.Of(distance, v.Speed, v.Length, VehicleType.All[v.Type].Class);
        }
        return n;
    }

    private void ReadCamera(Detector d, long nowMs, EventSink sink)
    {
        int n = Look(d.Lane, d.At.Value, d.Reach.Value, _seen), stopped = 0;
        for (int i = 0; i < n; i++)
            if (_seen[i].Stopped) stopped++;
        ReadOnlySpan<byte> extra = MemoryMarshal.AsBytes(_seen.AsSpan(0, n));
        sink(new CityEvent(nowMs, d.Index, EventKind.Camera, 0, (ushort)extra.Length, n, stopped, 0, 0), extra);
    }

    private void ReadLoop(Detector d, long nowMs, EventSink sink)
    {
        float vehicles = _loops.Vehicles[d.Index];
        float speed = vehicles > 0 ? _loops.SpeedSum[d.Index] / vehicles : float.NaN;
        sink(new CityEvent(nowMs, d.Index, EventKind.Loop, 0, 0, vehicles, _loops.OccupiedS[d.Index], speed, 0), []);
    }

    /// <summary>What every controller says of itself.</summary>
    public void Report(long nowMs, EventSink sink)
    {
        foreach (FieldController controller in _controllers) Report(controller, nowMs, sink);
    }

    private static void Report(FieldController c, long nowMs, EventSink sink)
    {
        ReadOnlySpan<byte> extra = MemoryMarshal.Cast<Aspect, byte>(c.Shown);
        sink(new CityEvent(nowMs, c.Intersection, EventKind.Controller, (byte)c.Mode, (ushort)extra.Length,
            c.StageShown, (float)c.LastRefusal, 0, c.LastSequence), extra);
    }
}
