using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Model.Tests;

public class TimingRulesTests
{
    private static City Strict()
    {
        CityDescription city = CrossingCity.Describe();
        return CityBuilder.Build(city with
        {
            Intersections =
            [
                .. city.Intersections.Select(i => i with
                {
                    Groups = [.. i.Groups.Select(g => g with { YellowS = 5, MinGreenS = 8 })],
                    Intergreens = [new IntergreenDescription("W", "N", 7)],
                    Stages = [i.Stages[0] with { Next = ["B"] }, i.Stages[1] with { Next = ["A"] }],
                }),
            ],
        });
    }

    [Fact]
    public void Network_rules_leave_the_city_as_it_is()
    {
        City city = Strict();
        Assert.Same(city, TimingRules.Network.Apply(city));
    }

    [Fact]
    public void Benchmark_rules_are_three_seconds_of_yellow_no_all_red_and_five_of_green()
    {
        Intersection strict = Strict().Intersections[0];
        Assert.Equal(7000, strict.Intergreens.Ms(0, 1));
        Intersection resco = TimingRules.Resco.Apply(Strict()).Intersections[0];
        Assert.All(resco.Groups, g =>
        {
            Assert.Equal(3000, g.Yellow.Value);
            Assert.Equal(5000, g.ShortestGreen.Value);
        });
        Assert.Equal(3000, resco.Intergreens.Ms(0, 1));
        Assert.Equal(0, resco.Intergreens.Ms(1, 2));
        Assert.All(resco.Stages, s => Assert.All(s.MayBeFollowedBy, Assert.True));
    }

    [Theory]
    [InlineData("network", true)]
    [InlineData("resco", true)]
    [InlineData("", false)]
    [InlineData("RESCO", false)]
    public void Rules_are_found_by_their_word(string name, bool found) =>
        Assert.Equal(found, TimingRules.Find(name) is not null);
}
