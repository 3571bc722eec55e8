using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

public class QueueModelTests
{
    private static readonly City City = CrossingCity.Build();
    private static readonly JunctionModel Junction = new(City, new PlanUnit(City.Intersections[0]));
    private static readonly PlannerSettings Settings = PlannerSettings.Default;

    private static PlanScene Scene(float queue, float rate)
    {
        var scene = new PlanScene(Junction.Width, Junction.Stages, 80);
        scene.Begin(Junction.Width, Junction.Stages);
        scene.Old[0] = queue;
        scene.Rate[0] = rate;
        return scene;
    }

    private static (float Left, float Served) Run(PlanScene scene, int seconds)
    {
        scene.BuildCaps(Settings);
        var queues = new QueueModel(Settings, Junction.Width, Junction.Stages, Junction.ChangeS.Max());
        queues.Attach(scene, Junction);
        var state = new float[queues.StateSize];
        queues.Begin(state);
        Leg leg = default;
        queues.Stay(ref leg, stage: 0, before: 1, age: 0, t: 0, end: seconds);
        queues.Follow(state, state, ref leg);
        float served = 0;
        for (int t = 0; t < seconds; t++) served += queues.Served(t)[0];
        return (state[scene.Width], served);
    }

    [Fact]
    public void Vehicles_are_neither_made_nor_lost()
    {
        PlanScene scene = Scene(9, 0.5f);
        for (int t = 0; t < 30; t += 3) scene.AddArrival(0, t, 1);
        (float left, float served) = Run(scene, 30);
        Assert.Equal(19, left + served, 3);
        Assert.True(left > 0);
    }

    [Fact]
    public void A_full_exit_takes_no_more_than_it_has_room_for()
    {
        PlanScene scene = Scene(9, 0.5f);
        scene.Room.AsSpan(0, 81).Fill(3.5f);
        scene.AddLimit(0, new ExitLimit(0, 0, 1));
        Assert.Equal(3.5f, Run(scene, 60).Served, 3);
    }

    [Fact]
    public void Of_a_lane_that_may_go_only_in_part_only_some_vehicles_go()
    {
        PlanScene scene = Scene(20, 0.5f);
        scene.Decay[0] = 0.7f;
        Assert.InRange(Run(scene, 60).Served, 0.3f, 1.7f);
    }

    [Theory]
    [InlineData(0f), InlineData(0.1f), InlineData(0.3f), InlineData(0.5f)]
    public void Giving_way_follows_gap_acceptance(float opposing)
    {
        PlanScene scene = Scene(60, 1 / 1.8f);
        for (int t = 0; t < 60; t++) scene.AddArrival(1, t, opposing);
        scene.Rate[1] = 1f;
        scene.AddOpposing(0, new OpposingFlow(1, 1));
        scene.AddYielding(0, new YieldingRow(0, 0, 1, 2.5f / 1.8f, 0, 1));
        float perSecond = Run(scene, 60).Served / 59;
        double expected = opposing == 0 ? 1 / 2.5 : opposing * Math.Exp(-opposing * 5) / (1 - Math.Exp(-opposing * 2.5));
        Assert.InRange(perSecond, expected * 0.88, expected * 1.12);
    }
}
