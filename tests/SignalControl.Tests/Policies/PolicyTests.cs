using CityBrain.Model;
using CityBrain.SignalControl.Safety;

namespace CityBrain.SignalControl.Tests;

/// <summary>What each policy wants, seen through the gate.</summary>
public class PolicyTests
{
    private readonly City _city = Junctions.Crossroads();
    private readonly GateRig _rig;

    public PolicyTests() => _rig = new GateRig(_city);

    private DecisionReason Step(ISignalPolicy policy)
    {
        var reason = default(DecisionReason);
        int wanted = policy.Choose(new IntersectionView
        {
            City = _city, Intersection = _rig.At, Traffic = _rig.Traffic, Signal = _rig.Status, NowMs = _rig.NowMs,
        }, ref reason);
        _rig.Tick(wanted);
        return reason;
    }

    private int Lane(string id) => _city.TryLane(id, out int lane) ? lane : throw new ArgumentException(id);

    /// <summary>Puts vehicles on a lane, metres from the stop line, all with one speed.</summary>
    private void Put(string id, double speedMps, params double[] atM)
    {
        int lane = Lane(id);
        ref LaneState state = ref _rig.Traffic.Lanes[lane];
        state.SightingCount = atM.Length;
        state.Vehicles = atM.Length;
        state.Stopped = speedMps == 0 ? atM.Length : 0;
        for (int i = 0; i < atM.Length; i++)
            _rig.Traffic.Sightings[lane * TrafficState.SightingsPerLane + i] =
                VehicleSighting.Of(atM[i], speedMps, 5, VehicleClass.Car);
    }

    [Fact]
    public void Names_make_policies()
    {
        foreach (string name in Policies.Names)
            Assert.Equal(name, Policies.Create(name, _city, PolicyOptions.Default).Name);
        Assert.Throws<ArgumentException>(() => Policies.Create("clever", _city, PolicyOptions.Default));
    }

    [Fact]
    public void Fixed_ends_and_begins_greens_where_the_programme_does()
    {
        ISignalPolicy policy = Policies.Create("fixed", _city, PolicyOptions.Default);
        Programme programme = _rig.At.Programme!;
        while (programme.IntervalAt(_rig.NowMs, out long into) != 0 || into != 0) _rig.NowMs += 1_000;
        _rig.ShowOnStreet("GGrrgr");
        for (int i = 0; i < 300; i++)
        {
            Aspect[] own = programme.Intervals[programme.IntervalAt(_rig.NowMs, out _)].Aspects;
            Step(policy);
            for (int g = 0; g < own.Length; g++) Assert.Equal(own[g].IsGreen(), _rig.Heads[g].IsGreen());
        }
        Assert.Empty(_rig.Audit.Faults);
    }

    [Fact]
    public void Fixed_without_a_programme_gives_every_stage_the_same_split()
    {
        City city = Junctions.Of(["Grr", "rGr", "rrG"]);
        ISignalPolicy policy = Policies.Create("fixed", city, PolicyOptions.Default);
        var seconds = new int[3];
        var reason = default(DecisionReason);
        for (int t = 0; t < 900; t++)
            seconds[policy.Choose(new IntersectionView
            {
                City = city, Intersection = city.Intersections[0], Traffic = _rig.Traffic, Signal = _rig.Status,
                NowMs = t * 1_000,
            }, ref reason)]++;
        Assert.Equal([300, 300, 300], seconds);
    }

    [Fact]
    public void Actuated_rests_in_green_while_nobody_calls()
    {
        ISignalPolicy policy = Policies.Create("actuated", _city, PolicyOptions.Default);
        for (int i = 0; i < 200; i++) Step(policy);
        Assert.Equal(0, _rig.Status.Stage);
        Assert.Equal(Rule.Idle, Step(policy).Rule);
    }

    [Fact]
    public void Actuated_extends_for_a_vehicle_within_the_gap_and_gaps_out_after_it()
    {
        ISignalPolicy policy = Policies.Create("actuated", _city, PolicyOptions.Default);
        _rig.Call(2, _rig.NowMs);
        Put("inN", 12, 20);
        for (int i = 0; i < 20; i++) Assert.NotEqual(Rule.GapOut, Step(policy).Rule);
        Assert.Equal(0, _rig.Status.Stage);
        Put("inN", 12, 60);                 // 5 s away
        Assert.Equal(Rule.GapOut, Step(policy).Rule);
        Assert.Equal(2, _rig.Status.Stage); // B starts nobody who calls: left out
    }

    [Fact]
    public void Actuated_goes_by_the_stop_line_loop_where_no_camera_looks()
    {
        ISignalPolicy policy = Policies.Create("actuated", _city, PolicyOptions.Default);
        _rig.Call(2, _rig.NowMs);
        ref LaneState lane = ref _rig.Traffic.Lanes[Lane("inN")];
        for (int i = 0; i < 20; i++)
        {
            lane.SeenMs = 0;
            lane.CoveredMs = _rig.NowMs;
            Assert.NotEqual(Rule.GapOut, Step(policy).Rule);
        }
        for (int i = 0; i < 10; i++)
        {
            lane.SeenMs = 0;
            Step(policy);
        }
        Assert.Equal(2, _rig.Status.Stage);
    }

    [Fact]
    public void Actuated_ends_a_green_that_never_gaps_out()
    {
        ISignalPolicy policy = Policies.Create("actuated", _city, PolicyOptions.Default);
        _rig.Call(2, _rig.NowMs);
        Put("inN", 12, 10, 30);
        long begin = _rig.NowMs;
        while (!_rig.Status.Changing) Step(policy);
        Assert.Equal(begin + PolicyOptions.Default.MaxGreenMs + 1_000, _rig.NowMs);
    }

    [Fact]
    public void Max_pressure_serves_the_longer_queue()
    {
        ISignalPolicy policy = Policies.Create("max-pressure", _city, PolicyOptions.Default);
        Put("inN", 0, 1, 8);
        Put("inW", 0, 1, 8, 15);
        for (int i = 0; i < 20; i++) Step(policy);
        Assert.Equal(2, _rig.Status.Stage);
    }

    [Fact]
    public void Max_pressure_counts_what_stands_on_the_exit_against_a_stage()
    {
        ISignalPolicy policy = Policies.Create("max-pressure", _city, PolicyOptions.Default);
        Put("inN", 0, 1, 8);
        Put("inW", 0, 1, 8, 15);
        Put("outW", 0, 150, 160);
        DecisionReason decided = default;
        for (int i = 0; i < 20; i++)
            if (Step(policy) is { AlternativeCount: > 0 } reason) decided = reason;
        Assert.Equal(0, _rig.Status.Stage);
        Assert.Equal(2, decided.QueueVehicles);
        Assert.Equal(-2, decided.Score);
    }

    [Fact]
    public void Max_pressure_counts_a_queue_on_its_way_out()
    {
        ISignalPolicy policy = Policies.Create("max-pressure", _city, PolicyOptions.Default);
        Put("inN", 6, 1, 8, 15);
        Put("inW", 0, 1, 8);
        for (int i = 0; i < 20; i++) Step(policy);
        Assert.Equal(0, _rig.Status.Stage);
    }

    [Fact]
    public void Max_pressure_does_not_count_vehicles_that_drive()
    {
        ISignalPolicy policy = Policies.Create("max-pressure", _city, PolicyOptions.Default);
        Put("inW", 12, 1, 8, 15);
        for (int i = 0; i < 20; i++) Step(policy);
        Assert.Equal(0, _rig.Status.Stage);
    }

    [Fact]
    public void Max_pressure_keeps_the_stage_on_equal_pressure()
    {
        ISignalPolicy policy = Policies.Create("max-pressure", _city, PolicyOptions.Default);
        Put("inN", 0, 1);
        Put("inW", 0, 1);
        for (int i = 0; i < 60; i++) Step(policy);
        Assert.Equal(0, _rig.Status.Stage);
    }
}
