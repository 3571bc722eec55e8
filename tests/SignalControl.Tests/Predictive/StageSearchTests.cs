using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

public class StageSearchTests
{
    private static readonly City City = CrossingCity.Build();
    private static readonly JunctionModel Junction = new(City, new PlanUnit(City.Intersections[0]));

    /// <summary>Wide enough that nothing is dropped, and free to switch at every second.</summary>
    private static PlannerSettings Exact(int horizonS) => PlannerSettings.Default with
    {
        HorizonS = horizonS, FineS = horizonS, MediumS = horizonS, Beam = 600, BeamPerStage = 300, Hopeless = 9, LastSwitchS = horizonS,
    };

    private static PlanScene RandomScene(ulong seed, int horizonS)
    {
        var random = new SeededRandom(seed);
        var scene = new PlanScene(Junction.Width, Junction.Stages, horizonS);
        scene.Begin(Junction.Width, Junction.Stages);
        for (int r = 0; r < Junction.Rows; r++)
        {
            scene.Old[r] = random.Next(9);
            scene.OldExtra[r] = (float)random.Next(2);
            for (int t = 0; t < horizonS; t++) scene.AddArrival(r, t, random.NextShare() < 0.2 ? 1 : 0);
            for (int s = 0; s < Junction.Stages; s++)
                if (Junction.AspectOf(s, Junction.Links[r][0]).IsGreen()) scene.Rate[s * scene.Width + r] = 1 / 1.8f;
        }
        scene.BuildCaps(PlannerSettings.Default);
        return scene;
    }

    [Theory]
    [InlineData(1ul), InlineData(2ul), InlineData(3ul), InlineData(4ul), InlineData(5ul)]
    public void A_wide_search_finds_what_trying_every_plan_finds(ulong seed)
    {
        PlannerSettings settings = Exact(24);
        PlanScene scene = RandomScene(seed, 24);
        var search = new StageSearch(settings, Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        search.Plan(Junction, scene, stage: 0, age: 7);
        double best = new PlainQueues(settings, Junction, scene).Best(0, 7);
        Assert.InRange(search.BestLoss, best * 0.9999, best * 1.0001);
    }

    [Theory]
    [InlineData(11ul), InlineData(12ul), InlineData(13ul), InlineData(14ul)]
    public void The_usual_beam_loses_little_against_a_wide_one(ulong seed)
    {
        PlanScene scene = RandomScene(seed, 50);
        var wide = new StageSearch(Exact(50), Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        var usual = new StageSearch(PlannerSettings.Default with { HorizonS = 50 }, Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        wide.Plan(Junction, scene, 0, 7);
        usual.Plan(Junction, scene, 0, 7);
        Assert.InRange(usual.BestLoss, wide.BestLoss * 0.9999f, wide.BestLoss * 1.05f);
    }

    [Fact]
    public void An_empty_approach_loses_its_green_to_a_queue_at_once()
    {
        PlanScene scene = RandomScene(1, 80);
        scene.Begin(Junction.Width, Junction.Stages);
        scene.Old[1] = 6;
        scene.Rate[1 * scene.Width + 1] = 1 / 1.8f;
        scene.BuildCaps(PlannerSettings.Default);
        var search = new StageSearch(PlannerSettings.Default, Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        search.Plan(Junction, scene, 0, 30);
        Assert.Equal((1, 0), (search.BestNextStage, search.BestSwitchS));
        Assert.True(search.GapOf(0) > 0);
    }

    [Fact]
    public void The_steps_of_the_best_plan_respect_change_and_minimum_green()
    {
        PlanScene scene = RandomScene(21, 80);
        var search = new StageSearch(PlannerSettings.Default, Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        search.Plan(Junction, scene, 0, 30);
        var steps = new PlanStep[32];
        int n = search.Best(steps), from = 0;
        Assert.True(n >= 2, "the plan changes stage more than once");
        Assert.Equal(search.BestSwitchS, steps[0].SwitchS);
        for (int k = 1; k < n; k++)
        {
            int pair = from * Junction.Stages + steps[k - 1].Stage;
            int earliest = steps[k - 1].SwitchS + Junction.ChangeS[pair] + Junction.MinGreenS[pair];
            Assert.True(steps[k].SwitchS >= earliest, $"step {k} at {steps[k].SwitchS} s, not before {earliest} s");
            from = steps[k - 1].Stage;
        }
    }

    [Theory]
    [InlineData(21ul), InlineData(22ul), InlineData(23ul), InlineData(24ul)]
    public void Chosen_and_rejected_sequences_begin_with_their_stage_and_respect_minimum_green(ulong seed)
    {
        PlanScene scene = RandomScene(seed, 80);
        var search = new StageSearch(PlannerSettings.Default, Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        search.Plan(Junction, scene, 0, 30);
        var steps = new PlanStep[32];
        int n = Math.Min(StageSequence.Capacity, search.Best(steps));
        StageSequence best = search.SequenceOf(search.BestNextStage);
        Assert.Equal(n, best.Count);
        for (int k = 0; k < n; k++) Assert.Equal(new SequenceStep(steps[k].SwitchS, steps[k].Stage), best[k]);
        for (int s = 0; s < Junction.Stages; s++)
        {
            StageSequence sequence = search.SequenceOf(s);
            if (float.IsPositiveInfinity(search.GapOf(s)) || s == 0) Assert.Equal(0, sequence.Count);
            else Assert.Equal(s, sequence[0].Stage);
            for (int k = 1; k < sequence.Count; k++)
                Assert.True(sequence[k].AfterS >= sequence[k - 1].AfterS
                    + Junction.MinGreenS[(k == 1 ? 0 : sequence[k - 2].Stage) * Junction.Stages + sequence[k - 1].Stage]);
        }
    }
}
