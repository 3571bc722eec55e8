using CityBrain.Model;

namespace CityBrain.Micro;

/// <summary>Cities that only serve to carry many detectors.</summary>
internal static class BenchCity
{
    /// <summary>One junction, ten loops a lane.</summary>
    public static City OfLoops(int loops) => CityBuilder.Build(new CityDescription
    {
        Name = "Loops",
        Districts = [new DistrictDescription("d0", "Bench")],
        Lanes =
        [
            new() { Id = "in", LengthM = 200, SpeedMps = 14 },
            new() { Id = "out", LengthM = 200, SpeedMps = 14 },
            .. Enumerable.Range(0, (loops + 9) / 10).Select(i =>
                new LaneDescription { Id = $"lane{i}", LengthM = 200, SpeedMps = 14 }),
        ],
        Intersections =
        [
            new()
            {
                Id = "j", District = "d0", X = 0, Y = 0, Groups = [new() { Id = "A" }],
                Movements = [new() { Id = "m", Group = "A", From = "in", To = "out" }],
                Stages = [new() { Id = "0", Aspects = "G" }],
            },
        ],
        Detectors = [.. Enumerable.Range(0, loops).Select(i => new DetectorDescription
        {
            Id = $"loop-{i:0000000}", Kind = DetectorKind.Loop, Intersection = "j", Lane = $"lane{i / 10}",
        })],
    });
}
