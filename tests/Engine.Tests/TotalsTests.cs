using System.Runtime.InteropServices;
using CityBrain.Engine;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Engine.Tests;

public sealed class TotalsTests
{
    private static void See(TrafficEngine engine, int detector, long timeMs, params VehicleSighting[] seen)
    {
        ReadOnlySpan<byte> extra = MemoryMarshal.AsBytes(seen.AsSpan());
        engine.Accept(new CityEvent(timeMs, detector, EventKind.Camera, 0, (ushort)extra.Length, seen.Length,
            seen.Count(v => v.Stopped), 0, 0), extra);
    }

    [Fact]
    public void An_approach_adds_up_its_stop_line_lanes()
    {
        City city = TinyCity.Build();
        var engine = new TrafficEngine(city, new EngineOptions());
        See(engine, 0, 900, VehicleSighting.Of(1, 0, 4.5, VehicleClass.Car), VehicleSighting.Of(60, 10, 4.5, VehicleClass.Car));
        engine.Tick(1000);
        int north = Array.FindIndex(city.Intersections[0].Approaches, a => city.Lanes[a.Lanes[0]].Id == "n");
        ref ApproachState state = ref engine.State.Approach(0, north);
        Assert.Equal(2, state.Vehicles);
        Assert.Equal(1, state.Stopped);
        Assert.Equal(engine.State.Lanes[city.Intersections[0].Approaches[north].Lanes[0]].QueueTailM, state.QueueTailM);
        Assert.Equal(0, engine.State.Approach(0, 1 - north).Vehicles);
    }

    [Fact]
    public void A_movement_alone_on_its_lane_has_its_lanes_flow()
    {
        City city = TinyCity.Build();
        var engine = new TrafficEngine(city, new EngineOptions());
        int loop = Array.FindIndex(city.Detectors, d => d.Kind == DetectorKind.Loop);
        for (int s = 1; s <= 300; s++)
        {
            // A vehicle every four seconds.
            float count = s % 4 == 0 ? 1 : 0;
            engine.Accept(new CityEvent(s * 1000 - 100, loop, EventKind.Loop, 0, 0, count, 0.1f * count,
                count > 0 ? 10 : float.NaN, 0), []);
            engine.Tick(s * 1000);
        }
        Movement north = city.Movements.First(m => m.Id == "n>");
        float flow = engine.State.Movements[north.Index].FlowVph;
        Assert.True(flow > 100, $"{flow} vehicles an hour");
        Assert.Equal(engine.State.Lanes[north.From].FlowVph, flow);
    }
}
