using System.Runtime.InteropServices;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Engine.Tests;

public class AllocationTests
{
    [Fact]
    public void Nothing_is_allocated_for_any_event_or_tick()
    {
        City city = CrossingCity.Build(3);
        var engine = new TrafficEngine(city, new EngineOptions());
        VehicleSighting[] seen = [new(100, 0, 45, VehicleClass.Car), new(900, 0, 45, VehicleClass.Car)];
        byte[] aspects = [4, 0, 0];
        var loops = new LoopReading[city.Detectors.Length];
        Run(engine, city, seen, aspects, loops, 1, 200);
        Assert.Equal(0, Allocated.Least(round =>
            Run(engine, city, seen, aspects, loops, 200 + 125 * round, 325 + 125 * round)));
        Assert.True(engine.Rows.Closed > 100);
    }

    private static void Run(TrafficEngine engine, City city, VehicleSighting[] seen, byte[] aspects,
        LoopReading[] loops, int from, int to)
    {
        for (int t = from; t < to; t++)
        {
            int n = 0;
            foreach (Detector d in city.Detectors)
            {
                if (d.Kind == DetectorKind.Camera)
                    engine.Accept(new CityEvent(t * 1000, d.Index, EventKind.Camera, 0, 16, 2, 2, 0, (uint)t),
                        MemoryMarshal.AsBytes(seen.AsSpan(0, 2)));
                else if (d.Kind == DetectorKind.Loop) loops[n++] = new LoopReading(t * 1000, d.Index, 1, 0.1f, 9);
                else engine.Accept(new CityEvent(t * 1000, d.Index, EventKind.Button, 1, 0, 0, 0, 0, 0), default);
            }
            engine.Accept(loops.AsSpan(0, n));
            for (int i = 0; i < city.Intersections.Length; i++)
            {
                aspects[0] = (byte)(t % 60 < 30 ? Aspect.Green : Aspect.Red);
                engine.Accept(new CityEvent(t * 1000, i, EventKind.Controller, 1, 3, 0, 0, 0, 0), aspects);
            }
            engine.Tick(t * 1000);
        }
    }
}
