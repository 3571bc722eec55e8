using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Simulation.Tests.Traffic;

public class SensorTests(MorningRun morning) : IClassFixture<MorningRun>
{
    [Fact]
    public void Cameras_see_the_vehicles_in_their_zone_and_no_others()
    {
        SimulatedCity sim = MorningRun.Run(morning.Begin(1), 600);
        var all = new VehicleSighting[400];
        int sightings = 0;
        sim.Observe((in CityEvent e, ReadOnlySpan<byte> extra) =>
        {
            if (e.Kind != EventKind.Camera) return;
            Detector d = morning.City.Detectors[e.Index];
            ReadOnlySpan<VehicleSighting> seen = MemoryMarshal.Cast<byte, VehicleSighting>(extra);
            int n = sim.Look(d.Lane, all);
            double end = d.At.Value + d.Reach.Value;
            // Sightings are in whole centimetres, so the zone's edge is known to half of one.
            Assert.Equal(all[..seen.Length], seen.ToArray());
            Assert.All(seen.ToArray(), v => Assert.True(v.DistanceM <= end + 0.01));
            if (seen.Length < n) Assert.True(all[seen.Length].DistanceM >= end - 0.01);
            Assert.Equal(seen.Length, e.A);
            Assert.Equal(all[..seen.Length].Count(v => v.Stopped), e.B);
            Assert.Equal(sim.NowMs, e.TimeMs);
            sightings += seen.Length;
        });
        Assert.True(sightings > 200);
    }

    [Fact]
    public void Loops_count_every_vehicle_that_crosses_their_stop_line()
    {
        SimulatedCity sim = morning.Begin(2);
        var counted = new float[morning.City.Lanes.Length];
        for (int s = 0; s < 1200; s++)
        {
            sim.Step();
            sim.Observe((in CityEvent e, ReadOnlySpan<byte> _) =>
            {
                if (e.Kind != EventKind.Loop) return;
                counted[morning.City.Detectors[e.Index].Lane] += e.A;
                Assert.InRange(e.B, 0, 1);
                Assert.Equal(e.A > 0, !float.IsNaN(e.C));
            });
        }
        float sum = 0;
        foreach (Lane lane in morning.City.Lanes.Where(l => l.Intersection >= 0))
        {
            long crossed = lane.Movements.Sum(sim.Figures.CrossedBy);
            // One may stand on the loop, in front of the line.
            Assert.InRange(counted[lane.Index], crossed, crossed + 1);
            sum += counted[lane.Index];
        }
        Assert.True(sum > 2000);
    }

    [Fact]
    public void Buttons_are_pressed_and_people_cross()
    {
        SimulatedCity sim = morning.Begin(3);
        int pressed = 0;
        for (int s = 0; s < 600; s++)
        {
            sim.Step();
            sim.Observe((in CityEvent e, ReadOnlySpan<byte> _) => pressed += e.Kind == EventKind.Button ? e.Code : 0);
        }
        Assert.True(pressed > 100 && sim.OnFoot.Crossed > 100);
    }

    [Fact]
    public void Controllers_say_what_they_show_and_who_decides()
    {
        SimulatedCity sim = MorningRun.Run(morning.Begin(4), 30);
        FieldController first = sim.Controllers[0];
        first.Offer(new ReceivedCommand(CommandKind.Show, 0, 7, sim.NowMs, sim.NowMs + 5000, 0), first.Shown, sim.NowMs);
        sim.Step();
        int reports = 0;
        sim.Observe((in CityEvent e, ReadOnlySpan<byte> extra) =>
        {
            if (e.Kind != EventKind.Controller) return;
            reports++;
            FieldController c = sim.Controllers[e.Index];
            Assert.Equal((byte)(e.Index == 0 ? ControllerMode.Remote : ControllerMode.Fallback), e.Code);
            Assert.Equal(c.LastSequence, e.Sequence);
            Assert.True(MemoryMarshal.Cast<byte, Aspect>(extra).SequenceEqual(c.Shown));
        });
        Assert.Equal(7u, first.LastSequence);
        Assert.Equal(sim.Controllers.Length, reports);
    }

    [Fact]
    public void A_batch_too_small_says_what_it_lost()
    {
        SimulatedCity sim = MorningRun.Run(morning.Begin(5), 60);
        var large = new EventBatch(8192, 1 << 20);
        Assert.Equal(0, sim.Observe(large));
        Assert.Equal(large.Count - 100, sim.Observe(new EventBatch(100, 1 << 20)));
    }
}
