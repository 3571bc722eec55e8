using CityBrain.Simulation.Sumo;

namespace CityBrain.Simulation.Tests.Sumo;

/// <summary>The score counts every vehicle of the demand once, whatever became of it.</summary>
public class SumoScoreTests
{
    private const string Arrived = """<tripinfo id="a" depart="12.00" departDelay="2.00" arrival="80.00" timeLoss="8.00" waitingTime="3.00" waitingCount="1"/>""";
    private const string OnTheRoad = """<tripinfo id="b" depart="20.00" departDelay="0.00" arrival="-1.00" timeLoss="30.00" waitingTime="25.00" waitingCount="4"/>""";
    private const string NeverIn = """<tripinfo id="c" depart="-1.00" departDelay="60.00" arrival="-1.00" timeLoss="0.00" waitingTime="0.00" waitingCount="0"/>""";
    private const string Last = """<step time="99.00" inserted="2" arrived="1" teleports="0" collisions="0"/>""";

    [Fact]
    public void Arrived_driving_and_never_let_in_all_count()
    {
        SumoScore score = Score(Arrived + OnTheRoad + NeverIn, Last);
        Assert.Empty(score.Problems);
        Assert.Equal((3, 2, 1), (score.Demand, score.Departed, score.Arrived));
        Assert.Equal((8 + 2 + 30 + 60) / 3.0, score.MeanDelayS, 9);
        Assert.Equal(14, score.MeanWaitS, 9);
        Assert.Equal(25, score.MaxWaitS);
        Assert.Equal(2.5, score.MeanStops, 9);
    }

    [Fact]
    public void A_vehicle_missing_from_the_output_counts_as_never_let_in() =>
        Assert.Equal((10 + 30 + 60) / 3.0, Score(Arrived + OnTheRoad, Last).MeanDelayS, 9);

    [Theory]
    [InlineData(Arrived + Arrived + OnTheRoad, Last, "twice")]
    [InlineData(Arrived + OnTheRoad + """<tripinfo id="x" depart="1" departDelay="0" arrival="5" timeLoss="1" waitingTime="0" waitingCount="0"/>""", Last, "not in the demand")]
    [InlineData(Arrived + OnTheRoad, """<step time="50.00" inserted="2" arrived="1" teleports="0" collisions="0"/>""", "ends at 50")]
    [InlineData(Arrived + OnTheRoad, """<step time="99.00" inserted="3" arrived="1" teleports="0" collisions="0"/>""", "inserted")]
    [InlineData(Arrived + OnTheRoad, """<step time="99.00" inserted="2" arrived="1" teleports="4" collisions="0"/>""", "teleports")]
    public void What_makes_a_run_incomparable_is_said(string trips, string step, string problem) =>
        Assert.Contains(Score(trips, step).Problems, p => p.Contains(problem, StringComparison.Ordinal));

    private static SumoScore Score(string trips, string step)
    {
        string folder = Directory.CreateTempSubdirectory("citybrain-score").FullName;
        File.WriteAllText(Path.Combine(folder, "r.rou.xml"),
            """<routes><vehicle id="a" depart="10"/><trip id="b" depart="20"/><vehicle id="c" depart="40"/><vehicle id="late" depart="100"/></routes>""");
        File.WriteAllText(Path.Combine(folder, "n.net.xml"), "<net/>");
        File.WriteAllText(Path.Combine(folder, "s.sumocfg"),
            """<configuration><net-file value="n.net.xml"/><route-files value="r.rou.xml"/><begin value="0"/><end value="100"/></configuration>""");
        File.WriteAllText(Path.Combine(folder, "tripinfo.xml"), $"<tripinfos>{trips}</tripinfos>");
        File.WriteAllText(Path.Combine(folder, "summary.xml"), $"<summary>{step}</summary>");
        return SumoScore.Of(SumoScenario.Read(Path.Combine(folder, "s.sumocfg")), folder);
    }
}
