using System.Text.RegularExpressions;
using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Tests.Evaluation;

/// <summary>The whole line on the example: SUMO, sensors, feeds, brain, gate, controllers, and back.</summary>
public class EvaluationTests
{
    private static readonly SumoScenario Corridor = SumoScenario.Read(
        Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg")) with { EndS = 400 };

    private static EvaluationResult Run(string policy, TimingRules rules, SensorFaults? faults = null, int seed = 1)
    {
        City city = CityBuilder.Build(SumoNetwork.Import(Corridor.Network));
        var options = new EvaluationOptions
        {
            Scenario = Corridor, Policy = policy, Rules = rules, Faults = faults ?? SensorFaults.None, Seed = seed,
            Output = Directory.CreateTempSubdirectory("citybrain-evaluation").FullName,
            Corridors = EvaluationChoices.Corridors(city, null), Window = (100, 300),
        };
        return new EvaluationRun(options, city).Run(null, CancellationToken.None);
    }

    [RealPartTheory("sumo")]
    [InlineData("fixed", "network")]
    [InlineData("max-pressure", "resco")]
    public void A_policy_runs_the_example_validly_and_safely(string policy, string rules)
    {
        EvaluationResult result = Run(policy, TimingRules.Find(rules)!);
        Assert.Empty(result.Score.Problems);
        Assert.True(result.Safety.Safe, string.Join("\n", result.Safety.Examples));
        Assert.Equal(400, result.Ticks);
        Assert.Equal(0, result.Refusals);
        Assert.Equal(0, result.Fallbacks);
        Assert.True(result.Score.Arrived > 100);
        Assert.InRange(result.Score.MeanDelayS, 5, 120);
    }

    [RealPartFact("sumo")]
    public void The_report_stands_alone_and_holds_every_policy_and_every_wait()
    {
        EvaluationResult[] results =
        [
            Run("fixed", TimingRules.Network), Run("fixed", TimingRules.Network, seed: 2),
            Run("actuated", TimingRules.Network),
        ];
        string folder = Directory.CreateTempSubdirectory("citybrain-report").FullName;
        string html = File.ReadAllText(EvaluationFiles.Write(folder, results));
        Assert.DoesNotMatch("(src=|href=|@import)", html);
        Assert.Equal(6, Regex.Count(html, "<svg "));
        Assert.True(File.Exists(Path.Combine(folder, "time-space-actuated-back.svg")));

        string[] waits = File.ReadAllLines(Path.Combine(results[0].Options.Output, "waits.csv"));
        Assert.Equal(results[0].City.Movements.Length + 1, waits.Length);
        Assert.InRange(results[0].Waits[0].WaitS, 20, 90);
        Assert.True(results[0].WithinBound);

        var table = new StringWriter();
        EvaluationTable.Print(table, results);
        Assert.Contains("corridor, seeds 1 2, network rules, 3 intersections", table.ToString());
        PolicyFigures figures = PolicyFigures.Of(results)[0];
        Assert.Equal((results[0].Score.MeanDelayS + results[1].Score.MeanDelayS) / 2, figures.DelayS.Mean, 6);
        Assert.True(figures.DelayS.Least < figures.DelayS.Greatest);
    }

    [RealPartFact("sumo")]
    public void Vehicles_of_the_corridor_stop_at_its_reds_and_pass_at_its_greens()
    {
        CorridorTrace trace = Run("fixed", TimingRules.Network).Traces[0];
        Assert.True(trace.Trajectories.Count > 20);
        int stop = 0, passed = 0, atRed = 0;
        foreach (Trajectory way in trace.Trajectories)
            for (int i = 1; i < way.Points.Count; i++)
            {
                double line = trace.Corridor.Stops[stop].AtM;
                if (way.Points[i - 1].DistanceM >= line || way.Points[i].DistanceM < line + 0.5) continue;
                passed++;
                // Who passed within the last second may have seen what was shown at its beginning.
                Aspect shown = trace.Shown[stop].Last(s => s.FromS <= way.Points[i - 1].AtS).Aspect;
                if (shown == Aspect.Red) atRed++;
            }
        Assert.True(passed > 10);
        Assert.Equal(0, atRed);
    }

    [RealPartFact("sumo")]
    public void The_same_seed_gives_the_same_digest() =>
        Assert.Equal(Run("actuated", TimingRules.Resco).Digest, Run("actuated", TimingRules.Resco).Digest);

    [RealPartFact("sumo")]
    public void Blind_sensors_hand_over_to_the_controllers_own_programmes_safely()
    {
        EvaluationResult result = Run("max-pressure", TimingRules.Network, new SensorFaults { BlindS = 120 });
        Assert.True(result.Fallbacks > 0);
        Assert.True(result.Safety.Safe, string.Join("\n", result.Safety.Examples));
    }

    [Theory]
    [InlineData("lost=0.1", true)]
    [InlineData("noise=5", true)]
    [InlineData("late=1000", true)]
    [InlineData("lost=2", false)]
    [InlineData("lost", false)]
    [InlineData("rain=1", false)]
    [InlineData("blind=-1", false)]
    [InlineData("blind=NaN", false)]
    public void Faults_are_read_or_refused(string text, bool good) =>
        Assert.Equal(good, SensorFaults.None.TryWith(text, out _));
}
