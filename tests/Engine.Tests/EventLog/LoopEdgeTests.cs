using CityBrain.Engine.EventLog;
using CityBrain.Model;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CityBrain.Engine.Tests.EventLog;

/// <summary>Readings of a second become edges: as many on-edges as vehicles, and the same time covered.</summary>
public class LoopEdgeTests
{
    private readonly List<(bool On, long TimeMs)> _edges = [];
    private readonly LoopEdges _loop;

    public LoopEdgeTests() => _loop = new LoopEdges(1, (_, on, t) => _edges.Add((on, t)));

    private void Read(int second, int vehicles, float occupancy) => _loop.Read(0, second * 1000, vehicles, occupancy);

    [Fact]
    public void A_vehicle_that_stays_is_one_edge_on_and_one_off()
    {
        Read(1, 0, 0);
        Read(2, 1, 0.4f);
        for (int s = 3; s < 9; s++) Read(s, 0, 1);
        Read(9, 0, 0.3f);
        Read(10, 0, 0);
        Assert.Equal([(true, 1600L), (false, 8300L)], _edges);
    }

    [Fact]
    public void Two_in_one_second_behind_one_that_leaves()
    {
        Read(1, 1, 0.5f);
        Read(2, 2, 0.6f);
        Assert.Equal([(true, 500L), (false, 1200L), (true, 1400L), (false, 1600L), (true, 1800L)], _edges);
    }

    [Fact]
    public void What_comes_twice_or_late_makes_no_edges_and_is_counted()
    {
        Read(5, 1, 0.5f);
        Read(5, 1, 0.5f);
        Read(4, 3, 1);
        Assert.Equal(2, _loop.OutOfOrder);
        Assert.Single(_edges);
    }

    [Fact]
    public void After_a_long_silence_only_the_last_second_is_told()
    {
        Read(1, 0, 0);
        Read(500, 1, 0.5f);
        Assert.Equal((true, 499_500L), Assert.Single(_edges));
    }

    [Fact]
    public void Vehicles_alternation_and_time_covered_are_kept() => Prop.ForAll(
        Gen.Choose(0, 100).Select(c => c / 100f).Zip(Gen.Choose(0, 2)).ListOf(40).ToArbitrary(), readings =>
        {
            var test = new LoopEdgeTests();
            double covered = 0;
            int vehicles = 0, second = 1;
            foreach ((float occupancy, int count) in readings)
            {
                // A vehicle covers its loop for at least a fifth of a second; without one and none before, nothing does.
                float o = count > 0 ? Math.Clamp(occupancy, 0.2f * (count + 1), 0.8f) : 0;
                test.Read(second++, count, o);
                covered += o;
                vehicles += count;
            }
            test.Read(second, 0, 0);
            double on = 0;
            for (int i = 0; i < test._edges.Count; i++)
            {
                Assert.Equal(i % 2 == 0, test._edges[i].On);
                if (i > 0) Assert.True(test._edges[i].TimeMs > test._edges[i - 1].TimeMs);
                if (i % 2 == 1) on += (test._edges[i].TimeMs - test._edges[i - 1].TimeMs) / 1000.0;
            }
            Assert.Equal(vehicles, test._edges.Count(e => e.On));
            Assert.InRange(on, covered - 0.1 * (vehicles + 1), covered + 0.1 * (vehicles + 1));
        }).QuickCheckThrowOnFailure();
}
