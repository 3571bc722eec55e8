using CityBrain.Model;
using CityBrain.SignalControl.Safety;
using CityBrain.SignalControl.Timings;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.SignalControl.Tests.Safety;

/// <summary>Every change that can be asked for, watched by an audit that shares nothing with the gate.</summary>
public class StageChangeTests
{
    [Theory]
    [InlineData(1_000)]
    [InlineData(250)]
    [InlineData(700)]
    public void Every_pair_of_stages_of_a_crossroads(int tickMs) => EveryPair(Junctions.Crossroads(), tickMs);

    [Theory]
    [InlineData("network")]
    [InlineData("resco")]
    public void Every_pair_of_stages_of_the_example(string rules) =>
        EveryPair(Imported(Path.Combine(RealPart.Root, "examples", "corridor"), rules), 1_000);

    [RealPartTheory("shared")]
    [InlineData("grid4x4", "network")]
    [InlineData("grid4x4", "resco")]
    [InlineData("cologne1", "network")]
    [InlineData("cologne1", "resco")]
    [InlineData("ingolstadt1", "network")]
    [InlineData("ingolstadt1", "resco")]
    [InlineData("ingolstadt7", "network")]
    [InlineData("ingolstadt7", "resco")]
    [InlineData("arterial4x4", "network")]
    [InlineData("arterial4x4", "resco")]
    public void Every_pair_of_stages_of_an_imported_network(string scenario, string rules) =>
        EveryPair(Imported(Path.Combine(RealPart.Shared!, "scenarios", scenario), rules), 1_000);

    [Fact]
    public void A_change_lasts_as_long_as_its_longest_intergreen_and_no_longer()
    {
        var rig = new GateRig(Junctions.Crossroads());
        rig.Run(0, 20);
        Assert.Equal(5_000, rig.GoTo(2));      // N to W: 5 s, longer than the yellow of 3 s
        rig.Run(2, 20);
        Assert.Equal(6_000, rig.GoTo(0));      // W to N: 6 s, W's yellow is 4 s
        rig.Run(0, 20);
        Assert.Equal(3_000, rig.GoTo(1));      // S ends, the left turn becomes protected
        rig.Run(1, 20);
        Assert.Equal(0, rig.GoTo(0));          // nothing ends: at once
        Assert.Empty(rig.Audit.Faults);
    }

    [Fact]
    public void Groups_green_before_and_after_stay_green()
    {
        var rig = new GateRig(Junctions.Crossroads());
        rig.Run(0, 20);
        var seen = new List<string>();
        for (int i = 0; i < 4; i++)
        {
            rig.Tick(1);
            seen.Add(rig.Shown);
        }
        Assert.Equal(["Gyrrgr", "Gyrrgr", "Gyrrgr", "GrrrGr"], seen);
    }

    [Fact]
    public void People_on_foot_keep_walk_and_clearance()
    {
        var rig = new GateRig(Junctions.Crossroads());
        rig.Run(0, 20);
        rig.GoTo(3);
        rig.Run(0, 11);
        Assert.Equal("rrrGrG", rig.Shown);      // 12 s of walk and clearance began with the stage
        rig.Tick(0);
        Assert.Equal("rrryrr", rig.Shown);      // the crossing has no yellow
        rig.GoTo(0);
        Assert.Empty(rig.Audit.Faults);
    }

    [Fact]
    public void A_stage_that_may_not_follow_is_reached_over_others()
    {
        City city = Junctions.Of(["Grr", "rGr", "rrG"], next: [["s1"], ["s2"], ["s0"]]);
        var rig = new GateRig(city);
        rig.Run(0, 10);
        rig.Tick(2);
        Assert.Equal(1, rig.Status.Stage);
        rig.GoTo(2);
        Assert.Equal(1, rig.Status.PreviousStage);
        Assert.Empty(rig.Audit.Faults);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    [InlineData(int.MaxValue)]
    public void A_wish_for_a_stage_that_is_not_there_is_counted_and_nothing_else(int wanted)
    {
        var rig = new GateRig(Junctions.Crossroads());
        rig.Run(0, 10);
        rig.Run(wanted, 5);
        Assert.Equal(0, rig.Status.Stage);
        Assert.Equal(5, rig.Gate.Counters(0).BadWishes);
    }

    [Fact]
    public void Cars_standing_in_the_box_hold_the_next_greens_back_for_a_while()
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city, options: GateOptions.Default with { BoxClearanceMs = 6_000 });
        Assert.True(city.TryLane("box", out int box));
        rig.Run(0, 20);
        rig.Traffic.Lanes[box].Stopped = 1;
        Assert.Equal(11_000, rig.GoTo(2));      // 5 s of intergreen and the whole 6 s
        rig.Run(2, 20);
        rig.Traffic.Lanes[box].Stopped = 0;
        Assert.Equal(6_000, rig.GoTo(0));
        Assert.Equal(6, rig.Gate.Counters(0).BoxHolds);
        Assert.Empty(rig.Audit.Faults);
    }

    [Theory]
    [InlineData(15, 1.0, 1)]    // 3.4 s to go: held back until the next tick shows it nearly out
    [InlineData(5, 1.0, 0)]     // out in 1.8 s
    [InlineData(15, 6.0, 0)]    // drives through
    public void A_car_that_moves_off_in_the_box_is_let_out_if_it_would_not_be_gone_in_time(
        double leftM, double speedMps, int holds)
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city);
        Assert.True(city.TryLane("box", out int box));
        rig.Run(0, 20);
        rig.Traffic.Lanes[box].SightingCount = 1;
        rig.Traffic.Sightings[box * TrafficState.SightingsPerLane] = VehicleSighting.Of(leftM, speedMps, 4.5, VehicleClass.Car);
        rig.Run(2, 6);
        rig.Traffic.Lanes[box].SightingCount = 0;
        rig.GoTo(2);
        Assert.Equal(holds, rig.Gate.Counters(0).BoxHolds);
    }

    [Theory]
    [InlineData("boxl", 1)]     // would give way to those who start
    [InlineData("boxl2", 0)]    // past the point where it gives way, and nearly out
    public void A_car_that_has_not_passed_the_point_where_it_gives_way_is_waited_for_however_fast_it_is(
        string lane, int holds)
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city);
        rig.Run(0, 20);
        rig.Traffic.Put(city, lane, (2, 8));
        rig.Run(2, 6);
        rig.Traffic.Put(city, lane);
        rig.GoTo(2);
        Assert.Equal(holds, rig.Gate.Counters(0).BoxHolds);
        Assert.Empty(rig.Audit.Faults);
    }

    [Fact]
    public void Greens_that_could_begin_at_once_wait_for_the_box_too()
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city);
        rig.Run(1, 30);
        rig.Traffic.Put(city, "boxw", (2, 4));
        Assert.True(city.TryLane("boxw", out int box));
        rig.Traffic.Lanes[box].Stopped = 1;
        rig.Tick(0);
        Assert.True(rig.Status.Changing);
        rig.Traffic.Lanes[box].Stopped = 0;
        rig.Tick(0);
        Assert.Equal((0, false), (rig.Status.Stage, rig.Status.Changing));
        Assert.Equal(1, rig.Gate.Counters(0).BoxHolds);
        Assert.Empty(rig.Audit.Faults);
    }

    [Fact]
    public void What_a_camera_that_fell_silent_showed_last_holds_nothing_back()
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city);
        rig.Run(0, 20);
        rig.Traffic.Put(city, "boxl", (2, 8));
        rig.SensorsAlive = false;
        Assert.Equal(5_000, rig.GoTo(2));
        Assert.Equal(0, rig.Gate.Counters(0).BoxHolds);
    }

    [Fact]
    public void Who_stands_in_the_box_on_a_way_that_gets_green_itself_holds_nothing_back()
    {
        City city = Junctions.Crossroads();
        var rig = new GateRig(city);
        Assert.True(city.TryLane("box", out int box));
        rig.Run(0, 10);
        rig.Run(2, 20);
        rig.Traffic.Lanes[box].Stopped = 1;
        Assert.Equal(6_000, rig.GoTo(0));
        Assert.Equal(0, rig.Gate.Counters(0).BoxHolds);
    }

    private static City Imported(string folder, string rules)
    {
        string net = Directory.GetFiles(folder, "*.net.xml").Single();
        return TimingRules.Find(rules)!.Apply(CityBuilder.Build(SumoNetwork.Import(net)));
    }

    private static void EveryPair(City city, int tickMs)
    {
        foreach (Intersection at in city.Intersections)
            for (int a = 0; a < at.Stages.Length; a++)
                for (int b = 0; b < at.Stages.Length; b++)
                    if (a != b) OnePair(city, at, a, b, tickMs);
    }

    /// <summary>Takes over stage a, leaves for b at once and returns: two changes, each as long as it must be.</summary>
    private static void OnePair(City city, Intersection at, int a, int b, int tickMs)
    {
        var rig = new GateRig(city, at.Index, tickMs: tickMs);
        rig.ShowOnStreet(Aspects.Write(at.Stages[a].Aspects));
        Assert.True(rig.Gate.Mode(at.Index) == IntersectionMode.TakingOver);
        rig.Run(a, 1 + (int)(new StageTimes(at, tickMs).ShortestMs(a) / tickMs));
        long thereMs = rig.GoTo(b);
        if (at.Stages[a].MayBeFollowedBy[b]) Assert.InRange(thereMs, 0, Longest(at, a, b) + tickMs - 1);
        rig.GoTo(a);
        Assert.Equal(Aspects.Write(at.Stages[a].Aspects), rig.Shown);
        Assert.True(rig.Audit.Faults.Count == 0,
            $"{at.Id} {at.Stages[a].Id} > {at.Stages[b].Id}: {string.Join("; ", rig.Audit.Faults)}");
        Assert.Equal(0, rig.Gate.Counters(at.Index).Violations);
        Assert.Equal(0, rig.Refused);
    }

    /// <summary>The longest yellow or intergreen that the data ask for between two stages.</summary>
    private static long Longest(Intersection at, int a, int b)
    {
        long ms = 0;
        foreach (SignalGroup e in at.Groups)
        {
            bool ends = at.Stages[a].Aspects[e.Index].IsGreen() && !at.Stages[b].Aspects[e.Index].IsGreen();
            if (!ends) continue;
            ms = Math.Max(ms, e.Yellow.Value);
            foreach (SignalGroup s in at.Groups)
                if (at.Stages[b].Aspects[s.Index].IsGreen()) ms = Math.Max(ms, at.Intergreens.Ms(e.Index, s.Index));
        }
        return ms;
    }
}
