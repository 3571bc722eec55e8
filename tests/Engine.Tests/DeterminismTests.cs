using CityBrain.Model;

namespace CityBrain.Engine.Tests;

public class DeterminismTests
{
    internal static ulong Run(ulong seed, int seconds)
    {
        var d = new EngineDriver(junctions: 2);
        var random = new SeededRandom(seed);
        string[] cameras = [.. d.City.Detectors.Where(x => x.Kind == DetectorKind.Camera).Select(x => x.Id)];
        for (int t = 1; t <= seconds; t++)
        {
            foreach (string camera in cameras)
                d.Camera(t - random.Next(3), camera, (uint)t,
                    [.. Enumerable.Range(0, random.Next(8)).Select(_ => (random.Next(0, 14.0), random.Next(-3, 12)))]);
            d.Loop(t, "l-w0", random.Next(3), (float)random.NextShare(), 10);
            if (random.Next(20) == 0) d.Button(t, "b0");
            d.Signals(t, t / 20 % 2 == 0 ? "Grr" : "rGG").Tick(t);
        }
        return d.Digest();
    }

    [Fact]
    public void The_same_events_give_the_same_digest() => Assert.Equal(Run(1, 300), Run(1, 300));

    [Fact]
    public void Other_events_give_another() => Assert.NotEqual(Run(1, 300), Run(2, 300));
}
