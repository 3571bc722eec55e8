using CityBrain.Model;

namespace CityBrain.Controllers.Tests;

/// <summary>The least city with two signalled intersections.</summary>
internal static class TwoJunctions
{
    public static City Build() => CityBuilder.Build(new CityDescription
    {
        Name = "two",
        Districts = [new("d", "District")],
        Lanes = [Lane("a"), Lane("b"), Lane("c")],
        Intersections = [Junction("x1", "a", "b"), Junction("x2", "b", "c")],
    });

    private static LaneDescription Lane(string id) => new() { Id = id, LengthM = 100, SpeedMps = 13.9 };

    private static IntersectionDescription Junction(string id, string from, string to) => new()
    {
        Id = id,
        District = "d",
        X = 0,
        Y = 0,
        Groups = [new() { Id = "g" }],
        Movements = [new() { Id = "m", Group = "g", From = from, To = to }],
        Stages = [new() { Id = "go", Aspects = "G" }, new() { Id = "stop", Aspects = "r" }],
    };
}
