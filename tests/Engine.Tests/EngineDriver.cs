using System.Runtime.InteropServices;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Engine.Tests;

/// <summary>Speaks to an engine in the words of the street.</summary>
internal sealed class EngineDriver
{
    public EngineDriver(int junctions = 1, EngineOptions? options = null, City? city = null)
    {
        City = city ?? CrossingCity.Build(junctions);
        Engine = new TrafficEngine(City, options ?? new EngineOptions());
    }

    public City City { get; }
    public TrafficEngine Engine { get; }
    public TrafficState State => Engine.State;

    public ref LaneState Lane(string id) => ref State.Lanes[LaneIndex(id)];

    public int LaneIndex(string id) => City.TryLane(id, out int i) ? i : throw new ArgumentException(id);

    public int Detector(string id) => City.TryDetector(id, out int i) ? i : throw new ArgumentException(id);

    public ref GroupState Group(string id)
    {
        int g = City.Intersections[0].Groups.Single(x => x.Id == id).Index;
        return ref State.Group(0, g);
    }

    public EngineDriver Tick(double seconds)
    {
        Engine.Tick(Ms(seconds));
        return this;
    }

    /// <summary>Vehicles as (metres from the stop line, metres a second).</summary>
    public EngineDriver Camera(double seconds, string detector, params (double At, double Speed)[] vehicles) =>
        Camera(seconds, detector, 0, vehicles);

    public EngineDriver Camera(
        double seconds, string detector, uint sequence, params (double At, double Speed)[] vehicles)
    {
        VehicleSighting[] seen =
            [.. vehicles.Select(v => VehicleSighting.Of(v.At, v.Speed, 5, VehicleClass.Car))];
        Engine.Accept(
            new CityEvent(Ms(seconds), Detector(detector), EventKind.Camera, 0, (ushort)(seen.Length * 8),
                seen.Length, seen.Count(v => v.Stopped), 0, sequence),
            MemoryMarshal.AsBytes(seen.AsSpan()));
        return this;
    }

    public EngineDriver Loop(double seconds, string detector, float count, float occupancy, float speed)
    {
        Engine.Accept(
            new CityEvent(Ms(seconds), Detector(detector), EventKind.Loop, 0, 0, count, occupancy, speed, 0), default);
        return this;
    }

    public EngineDriver Button(double seconds, string detector)
    {
        Engine.Accept(new CityEvent(Ms(seconds), Detector(detector), EventKind.Button, 1, 0, 0, 0, 0, 0), default);
        return this;
    }

    public EngineDriver Signals(double seconds, string aspects, ControllerMode mode = ControllerMode.Remote)
    {
        byte[] extra = [.. Aspects.Parse(aspects)!.Select(a => (byte)a)];
        Engine.Accept(
            new CityEvent(Ms(seconds), 0, EventKind.Controller, (byte)mode, (ushort)extra.Length, 0, 0, 0, 0), extra);
        return this;
    }

    public ulong Digest()
    {
        var digest = new Digest();
        Engine.AddTo(ref digest);
        return digest.Value;
    }

    public static long Ms(double seconds) => (long)Math.Round(seconds * 1000);
}
