using CityBrain.Model;
using CityBrain.SignalControl.Demand;

namespace CityBrain.SignalControl.Tests.Demand;

public class ReachTests
{
    /// <summary>
    /// A row towards the signal x: far (behind the signal y), mid1 and mid2 (30 m each, an unsignalled junction between)
    /// and the stop-line lanes in and beside. mid2 forks into both; side joins at mid2.
    /// <code>
    ///     far --y-- mid1 --o-- mid2 --< in  --x
    ///                  side --'       \ beside --x
    /// </code>
    /// </summary>
    private static City Row()
    {
        LaneDescription Lane(string id, double m, params string[] up) =>
            new() { Id = id, LengthM = m, SpeedMps = 13.9, Upstream = up };
        IntersectionDescription Signal(string id, params (string From, string To, string[] Via)[] ways) => new()
        {
            Id = id, District = "d", X = 0, Y = 0,
            Groups = [new() { Id = "g" }],
            Movements = [.. ways.Select((w, i) => new MovementDescription
                { Id = $"m{i}", Group = "g", From = w.From, To = w.To, Via = w.Via })],
            Stages = [new() { Id = "s", Aspects = "G" }],
        };
        return CityBuilder.Build(new CityDescription
        {
            Name = "Row",
            Districts = [new DistrictDescription("d", "d")],
            Lanes =
            [
                Lane("far", 150), Lane("ybox", 12, "far") with { Kind = LaneKind.Box }, Lane("mid1", 30, "ybox"),
                Lane("o", 8, "mid1") with { Kind = LaneKind.Box }, Lane("side", 90), Lane("mid2", 30, "o", "side"),
                Lane("in", 40, "mid2"), Lane("beside", 40, "mid2"), Lane("out", 100, "in", "beside"),
            ],
            Intersections =
            [
                Signal("x", ("in", "out", []), ("beside", "out", [])), Signal("y", ("far", "mid1", ["ybox"])),
            ],
        });
    }

    private static Dictionary<string, ReachLane> From(City city, string lane, float m = 200, bool through = false)
    {
        Assert.True(city.TryLane(lane, out int index));
        return new Reach(city, m, through).Of(index).ToArray().ToDictionary(r => city.Lanes[r.Lane].Id);
    }

    [Fact]
    public void Offsets_add_up_along_the_approach()
    {
        Dictionary<string, ReachLane> reach = From(Row(), "in");
        Assert.Equal(["in", "mid1", "mid2", "o", "side", "ybox"], reach.Keys.Order());
        Assert.Equal(0, reach["in"].OffsetM);
        Assert.Equal(40, reach["mid2"].OffsetM);
        Assert.Equal(70, reach["o"].OffsetM);
        Assert.Equal(70, reach["side"].OffsetM);
        Assert.Equal(78, reach["mid1"].OffsetM);
        Assert.Equal(108, reach["ybox"].OffsetM);
    }

    [Fact]
    public void A_fork_halves_the_share()
    {
        Dictionary<string, ReachLane> reach = From(Row(), "in");
        Assert.Equal(1, reach["in"].Share);
        Assert.Equal(0.5f, reach["mid2"].Share);
        Assert.Equal(0.5f, reach["mid1"].Share);
    }

    [Fact]
    public void It_ends_at_its_length() => Assert.Equal(["in", "mid2"], From(Row(), "in", 70).Keys.Order());

    [Fact]
    public void A_signal_is_crossed_only_on_request_and_named()
    {
        City city = Row();
        Assert.DoesNotContain("far", From(city, "in").Keys);
        ReachLane far = From(city, "in", through: true)["far"];
        Assert.Equal(120, far.OffsetM);
        Assert.True(city.TryIntersection("y", out int y));
        Assert.Equal(y, far.Signal);
        Assert.Equal("y", city.Intersections[city.Movements[far.Crosses].Intersection].Id);
    }

    [Fact]
    public void A_ring_of_lanes_ends()
    {
        CityDescription city = Row().Description;
        City ring = CityBuilder.Build(city with
        {
            Lanes = [.. city.Lanes.Select(l => l.Id == "side" ? l with { LengthM = 1, Upstream = ["mid2"] } : l)],
        });
        Assert.Contains("mid1", From(ring, "in").Keys);
    }
}
