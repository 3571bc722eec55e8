using CityBrain.Cli;
using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Tests.Evaluation;

/// <summary>Which signals a time-space diagram shows, and where everything on the way is.</summary>
public class CorridorTests
{
    private static readonly City Example = CityBuilder.Build(SumoNetwork.Import(
        Path.Combine(RealPart.Root, "examples", "corridor", "corridor.net.xml")));

    private static string Names(Corridor? c) => c is null ? "none" : c.Name;

    [Fact]
    public void The_longest_straight_chain_is_found_and_its_way_back()
    {
        List<Corridor> corridors = EvaluationChoices.Corridors(Example, null);
        Assert.Equal(2, corridors.Count);
        Assert.Equal(["bank", "gate", "mill"], corridors[0].Stops.Select(s => s.Intersection.Id).Order());
        Assert.Equal(corridors[0].Stops.Select(s => s.Intersection.Id).Reverse(),
            corridors[1].Stops.Select(s => s.Intersection.Id));
    }

    [Fact]
    public void Stop_lines_lie_one_after_the_other_and_lanes_in_between()
    {
        Corridor corridor = EvaluationChoices.Corridors(Example, "mill,bank,gate")[0];
        double[] at = [.. corridor.Stops.Select(s => s.AtM)];
        Assert.Equal(at.Order(), at);
        Assert.InRange(at[0], 200, corridor.LengthM);
        Assert.True(corridor.LengthM > at[^1]);
        foreach (CorridorStop stop in corridor.Stops)
        {
            Assert.NotEmpty(stop.Groups);
            Movement way = stop.Intersection.Movements.First(m => stop.Groups.Contains(m.Group));
            Lane lane = Example.Lanes[way.From];
            Assert.True(corridor.TryPlace(lane.Index, lane.Length.Value, out double end));
            Assert.Equal(stop.AtM, end, 6);
            Assert.True(corridor.TryPlace(way.Via[0], 1, out double inside));
            Assert.True(inside > end);
        }
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("mill,gate")]
    [InlineData(",")]
    public void Signals_that_are_not_there_or_do_not_follow_one_another_are_refused(string names) =>
        Assert.Equal(2, Assert.Throws<CliFailure>(() => EvaluationChoices.Corridors(Example, names)).ExitCode);

    [Fact]
    public void One_signal_alone_is_a_corridor_too() =>
        Assert.Equal("bank", Names(EvaluationChoices.Corridors(Example, "bank")[0]));

    [Fact]
    public void Trajectories_break_where_a_vehicle_leaves_the_way()
    {
        Corridor corridor = EvaluationChoices.Corridors(Example, "mill,bank,gate")[0];
        var trace = new CorridorTrace(corridor, 100, 200);
        int lane = corridor.Stops[0].Intersection.Movements.First(m => corridor.Stops[0].Groups.Contains(m.Group)).From;
        for (int s = 90; s <= 210; s++)
            trace.Second([new StreetVehicle(7, s is > 140 and < 150 ? -1 : lane, s - 80, 1)], s * 1000);
        Assert.Equal(2, trace.Trajectories.Count);
        Assert.Equal((100, 140), (trace.Trajectories[0].Points[0].AtS, trace.Trajectories[0].Points[^1].AtS));
        Assert.Equal(200, trace.Trajectories[1].Points[^1].AtS);
    }

    [Theory]
    [InlineData("1-3", "1 2 3")]
    [InlineData("5", "5")]
    [InlineData("9,1-2,2", "1 2 9")]
    public void Seeds_are_read(string text, string seeds) =>
        Assert.Equal(seeds, string.Join(' ', EvaluationChoices.Seeds(text)));

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("1-")]
    [InlineData("-4")]
    [InlineData("a")]
    [InlineData("1-100000")]
    public void Seeds_that_make_no_sense_are_refused(string text) =>
        Assert.Equal(2, Assert.Throws<CliFailure>(() => EvaluationChoices.Seeds(text)).ExitCode);
}
