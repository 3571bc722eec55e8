using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Tests;

/// <summary>The whole line on the example: SUMO, sensors, feeds, brain, gate, controllers, and back.</summary>
public class EvaluationTests
{
    private static readonly SumoScenario Corridor = SumoScenario.Read(
        Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg")) with { EndS = 400 };

    private static EvaluationResult Run(string policy, TimingRules rules, SensorFaults? faults = null)
    {
        var options = new EvaluationOptions
        {
            Scenario = Corridor, Policy = policy, Rules = rules, Faults = faults ?? SensorFaults.None,
            Output = Directory.CreateTempSubdirectory("citybrain-evaluation").FullName,
        };
        City city = CityBuilder.Build(SumoNetwork.Import(Corridor.Network));
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
