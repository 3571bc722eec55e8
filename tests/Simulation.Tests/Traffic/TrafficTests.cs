using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Simulation.Tests.Traffic;

public class TrafficTests(MorningRun morning) : IClassFixture<MorningRun>
{
    [Fact]
    public void Twenty_seeds_each_give_the_same_run_twice_and_differ_from_each_other()
    {
        var digests = new HashSet<ulong>();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            ulong first = MorningRun.DigestOf(MorningRun.Run(morning.Begin(seed), 240));
            ulong second = MorningRun.DigestOf(MorningRun.Run(morning.Begin(seed), 240));
            Assert.Equal(first, second);
            Assert.True(digests.Add(first));
        }
    }

    [Fact]
    public void No_trip_is_lost()
    {
        SimulatedCity sim = morning.Begin(2);
        for (int minute = 0; minute < 40; minute++)
        {
            MorningRun.Run(sim, 60);
            TrafficFigures f = sim.Figures;
            Assert.Equal(f.Scheduled, f.Entered + f.WaitingToEnter + f.TurnedAway);
            Assert.Equal(f.Entered, f.Arrived + f.Inside);
            int wrecks = sim.ElapsedS is > 1800 and <= 1800 + 720 ? 1 : 0;
            Assert.Equal(f.Inside + wrecks, morning.City.Lanes.Sum(l => sim.VehiclesOn(l.Index)));
        }
        Assert.True(sim.Figures.Arrived > 1000);
    }

    [Fact]
    public void Vehicles_never_overlap()
    {
        SimulatedCity sim = morning.Begin(3);
        var seen = new VehicleSighting[400];
        for (int s = 0; s < 2400; s++)
        {
            sim.Step();
            foreach (Lane lane in morning.City.Lanes)
            {
                int n = sim.Look(lane.Index, seen);
                // A sighting's distance ends at 655 m.
                for (int i = 1; i < n && seen[i].DistanceCm < ushort.MaxValue; i++)
                    Assert.True(seen[i].DistanceM >= seen[i - 1].DistanceM + seen[i - 1].LengthM - 0.1,
                        $"second {s}, lane {lane.Id}: {seen[i - 1]} and {seen[i]}");
            }
        }
    }

    [Fact]
    public void Nobody_crosses_a_stop_line_at_red()
    {
        SimulatedCity sim = morning.Begin(4);
        var before = new long[morning.City.Movements.Length];
        long crossed = 0;
        for (int s = 0; s < 1800; s++)
        {
            sim.Step();
            foreach (Movement m in morning.City.Movements)
            {
                long now = sim.Figures.CrossedBy(m.Index);
                if (now == before[m.Index]) continue;
                crossed += now - before[m.Index];
                before[m.Index] = now;
                Assert.NotEqual(Aspect.Red, sim.Controllers[m.Intersection].Shown[m.Group]);
            }
        }
        Assert.True(crossed > 5000);
    }

    [Fact]
    public void An_accident_costs_time_and_fills_the_street_behind_it()
    {
        SimulatedCity with = morning.Begin(5), without = morning.Begin(5, o => o with { Accidents = [] });
        int lane = SimulationOptions.Morning(morning.City, 5).Accidents[0].Lane;
        MorningRun.Run(with, 1800 + 600);
        MorningRun.Run(without, 1800 + 600);
        Assert.True(with.VehiclesOn(lane) > without.VehiclesOn(lane));
        MorningRun.Run(with, 600);
        MorningRun.Run(without, 600);
        Assert.True(with.Figures.LostS > without.Figures.LostS);
        Assert.True(with.Figures.Arrived > 0.8 * without.Figures.Arrived);
    }

    /// <summary>A closed street fills up, and then the streets that lead to it, over the junction between.</summary>
    [Fact]
    public void A_queue_spills_back_over_the_junction_upstream()
    {
        City city = morning.City;
        Lane[] street = [.. city.Lanes.Where(l => l is { Kind: LaneKind.Road, Street: "People's Avenue" })];
        Lane end = street.First(l => l.Intersection >= 0 && l.Length.Value > 40 && city.Districts[
            city.Intersections[l.Intersection].District].Id == "old-town");
        int[] closed = [end.Index, .. end.Beside];
        int[] behind = [.. closed.SelectMany(l => city.Lanes[l].Upstream).Distinct()];
        int[] before = [.. behind.SelectMany(l => city.Lanes[l].Upstream).SelectMany(b => city.Lanes[b].Upstream).Distinct()];
        SimulatedCity open = morning.Begin(6, o => o with { Accidents = [] });
        SimulatedCity shut = morning.Begin(6, o => o with
        {
            Accidents = [.. closed.Select(l => new Accident(l, 20, 60, 9999))],
        });
        MorningRun.Run(open, 2400);
        MorningRun.Run(shut, 2400);
        Assert.True(Vehicles(shut, behind) > Vehicles(open, behind) + 5);
        Assert.True(Vehicles(shut, before) > Vehicles(open, before) + 3);

        static int Vehicles(SimulatedCity sim, int[] lanes) => lanes.Sum(sim.VehiclesOn);
    }

    [Fact]
    public void The_peak_brings_more_traffic_than_the_early_morning()
    {
        SimulatedCity early = morning.Begin(7, o => o with { DayS = 6 * 3600 }), peak = morning.Begin(7);
        MorningRun.Run(early, 1200);
        MorningRun.Run(peak, 1200);
        Assert.True(peak.Figures.Scheduled > 1.5 * early.Figures.Scheduled);
        Assert.True(peak.Figures.MeanDelayS > early.Figures.MeanDelayS);
    }

    [Fact]
    public void Any_city_runs_on_turning_shares_alone()
    {
        var sim = new SimulatedCity(morning.City, new SimulationOptions { Seed = 8, DemandShare = 0.5 });
        MorningRun.Run(sim, 1800);
        Assert.True(sim.Figures.Arrived > 300);
        Assert.Equal(sim.Figures.Entered, sim.Figures.Arrived + sim.Figures.Inside);
    }

    [Fact]
    public void Turning_shares_are_kept()
    {
        City city = morning.City;
        Lane lane = city.Lanes.First(l => l.Movements.Length == 2 && city.Intersections[l.Intersection].Approaches.Length == 4);
        (int a, int b) = (lane.Movements[0], lane.Movements[1]);
        var shares = new float[city.Movements.Length];
        Array.Fill(shares, 1);
        (shares[a], shares[b]) = (4, 1);
        var sim = new SimulatedCity(city, new SimulationOptions
        {
            Seed = 9, DemandShare = 0.4, Router = _ => new TurningShares(city, shares),
        });
        MorningRun.Run(sim, 3600);
        double share = (double)sim.Figures.CrossedBy(a) / (sim.Figures.CrossedBy(a) + sim.Figures.CrossedBy(b));
        Assert.InRange(share, 0.65, 0.95);
    }

    [Fact]
    public void A_full_store_turns_trips_away_and_counts_them()
    {
        SimulatedCity sim = morning.Begin(10, o => o with { Capacity = 200 });
        MorningRun.Run(sim, 900);
        Assert.True(sim.Figures.TurnedAway > 0);
        Assert.Equal(sim.Figures.Scheduled, sim.Figures.Arrived + sim.Figures.Inside + sim.Figures.WaitingToEnter
            + sim.Figures.TurnedAway);
    }

    [Fact]
    public void A_second_allocates_nothing()
    {
        SimulatedCity sim = morning.Begin(11);
        int events = 0;
        EventSink sink = (in CityEvent _, ReadOnlySpan<byte> _) => events++;
        Run(200);
        Assert.Equal(0, Allocated.Least(_ => Run(100)));
        Assert.True(events > 100_000);

        void Run(int seconds)
        {
            for (int s = 0; s < seconds; s++)
            {
                sim.Step();
                sim.Observe(sink);
            }
        }
    }
}
