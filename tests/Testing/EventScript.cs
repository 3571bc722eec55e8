using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Testing;

/// <summary>
/// A seeded stream of events for any city: cameras, loops, buttons and controllers that say more or less sensible
/// things, some of them late, twice, impossible or from nobody, and a tick a second. For tests of what must hold
/// whatever comes in.
/// </summary>
public sealed class EventScript(City city, ulong seed)
{
    private SeededRandom _random = new(seed);
    private readonly byte[] _extra = new byte[VehicleSighting.Size * 40];

    /// <summary>Plays the script: readings of each second, then its tick.</summary>
    public void Play(int seconds, long startMs, Action<CityEvent, byte[]> accept)
    {
        for (int s = 1; s <= seconds; s++)
        {
            long nowMs = startMs + s * 1000L;
            foreach (Detector d in city.Detectors) Reading(d, nowMs, accept);
            foreach (Intersection i in city.Intersections) Controller(i, nowMs, accept);
            if (_random.Next(200) == 0) Override(nowMs, accept);
            accept(CityEvent.Tick(nowMs), []);
        }
    }

    private void Reading(Detector d, long nowMs, Action<CityEvent, byte[]> accept)
    {
        int luck = _random.Next(100);
        if (luck < 3) return;
        long timeMs = luck < 8 ? nowMs - _random.Next(20_000) : nowMs - _random.Next(900);
        int index = luck == 9 ? city.Detectors.Length + _random.Next(5) : d.Index;
        switch (d.Kind)
        {
            case DetectorKind.Camera: Camera(index, timeMs, luck, accept); break;
            case DetectorKind.Loop:
                float speed = luck == 10 ? float.NaN : luck == 11 ? -5 : _random.Next(30);
                accept(new CityEvent(timeMs, index, EventKind.Loop, 0, 0, _random.Next(3), _random.Next(100) / 99f,
                    speed, 0), []);
                break;
            default:
                if (luck > 90) accept(new CityEvent(timeMs, index, EventKind.Button, 1, 0, 0, 0, 0, 0), []);
                break;
        }
    }

    private void Camera(int index, long timeMs, int luck, Action<CityEvent, byte[]> accept)
    {
        int count = _random.Next(12);
        Span<VehicleSighting> seen = MemoryMarshal.Cast<byte, VehicleSighting>(_extra.AsSpan())[..count];
        int stopped = 0;
        for (int v = 0; v < count; v++)
        {
            bool stands = _random.Next(2) == 0;
            stopped += stands ? 1 : 0;
            seen[v] = VehicleSighting.Of(_random.Next(200), stands ? 0 : _random.Next(1, 15), 4.5, VehicleClass.Car);
        }
        byte[] extra = _extra[..(count * VehicleSighting.Size - (luck == 12 && count > 0 ? 3 : 0))];
        accept(new CityEvent(timeMs, index, EventKind.Camera, 0, (ushort)extra.Length, count, stopped, 0, 0), extra);
    }

    private void Controller(Intersection i, long nowMs, Action<CityEvent, byte[]> accept)
    {
        // Most of the time it says what a controller says that obeys; the brain must bear the rest.
        if (_random.Next(20) == 0) return;
        var aspects = new byte[i.Groups.Length];
        Stage stage = i.Stages[(int)(nowMs / 30_000 % i.Stages.Length)];
        for (int g = 0; g < aspects.Length; g++) aspects[g] = (byte)stage.Aspects[g];
        byte mode = (byte)(_random.Next(50) == 0 ? ControllerMode.Fault : ControllerMode.Remote);
        accept(new CityEvent(nowMs - 100, i.Index, EventKind.Controller, mode, (ushort)aspects.Length, 0, 0, 0, 0), aspects);
    }

    private void Override(long nowMs, Action<CityEvent, byte[]> accept) =>
        accept(new CityEvent(nowMs, _random.Next(city.Intersections.Length + 1), EventKind.Override,
            (byte)_random.Next(6), 0, _random.Next(4), _random.Next(120), 0, 0), []);
}
