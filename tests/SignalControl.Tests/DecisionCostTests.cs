using CityBrain.Model;
using CityBrain.SignalControl.Safety;
using CityBrain.Testing;

namespace CityBrain.SignalControl.Tests;

/// <summary>Deciding allocates nothing, and the same input gives the same decisions.</summary>
public class DecisionCostTests
{
    private static readonly string[] Known = ["fixed", "actuated", "max-pressure", "predictive"];

    public static TheoryData<string> Names => new(Known);

    [Theory]
    [MemberData(nameof(Names))]
    public void Deciding_allocates_nothing(string name)
    {
        var run = new Run(name);
        run.Rig.Audited = false;
        run.Ticks(2_000);
        Assert.Equal(0, Allocated.Least(_ => run.Ticks(500)));
        Assert.True(run.Rig.Gate.Counters(0).Changes > 50);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_input_gives_the_same_digest(string name)
    {
        Run a = new(name), b = new(name), other = new(name, seed: 2);
        foreach (Run run in (Run[])[a, b, other]) run.Ticks(1_000);
        Assert.Equal(a.Digest(), b.Digest());
        if (name == "fixed") Assert.Equal(a.Digest(), other.Digest());     // it looks at the clock alone
        else Assert.NotEqual(a.Digest(), other.Digest());
    }

    /// <summary>Queues that grow at random and shrink while their group is green.</summary>
    private sealed class Run(string name, ulong seed = 1)
    {
        private static readonly string[] Arms = ["N", "S", "W", "E", "l"];
        private readonly ISignalPolicy _policy = Policies.Create(name, TheCity, PolicyOptions.Default);
        private SeededRandom _random = new(seed);

        private static City TheCity { get; } = Junctions.Crossroads();
        public GateRig Rig { get; } = new(TheCity);

        public void Ticks(int count)
        {
            for (int i = 0; i < count; i++) Tick();
        }

        public ulong Digest()
        {
            Digest digest = default;
            Rig.Gate.AddTo(ref digest);
            _policy.AddTo(ref digest);
            return digest.Value;
        }

        private void Tick()
        {
            for (int g = 0; g < Arms.Length; g++) Grow(g);
            var reason = default(DecisionReason);
            int wanted = _policy.Choose(new IntersectionView
            {
                City = TheCity, Intersection = Rig.At, Traffic = Rig.Traffic, Signal = Rig.Status, NowMs = Rig.NowMs,
            }, ref reason);
            Rig.Tick(wanted);
        }

        private void Grow(int g)
        {
            int lane = 2 * g;                                   // in and out lanes take turns
            ref LaneState state = ref Rig.Traffic.Lanes[lane];
            int vehicles = state.SightingCount + (_random.Next(8) == 0 ? 1 : 0);
            if (Rig.Heads[g].IsGreen() && _random.Next(2) == 0) vehicles--;
            state.SightingCount = Math.Clamp(vehicles, 0, 25);
            state.Stopped = state.Vehicles = state.SightingCount;
            for (int v = 0; v < state.SightingCount; v++)
                Rig.Traffic.Sightings[lane * TrafficState.SightingsPerLane + v] = Standing(v);
            bool calls = state.SightingCount > 0 && !Rig.Heads[g].IsGreen();
            ref GroupState group = ref Rig.Traffic.Group(0, g);
            group.CallSinceMs = !calls ? -1 : group.CallSinceMs >= 0 ? group.CallSinceMs : Rig.NowMs;
        }

        private static VehicleSighting Standing(int v) => VehicleSighting.Of(1 + 7.5 * v, 0, 5, VehicleClass.Car);
    }
}
