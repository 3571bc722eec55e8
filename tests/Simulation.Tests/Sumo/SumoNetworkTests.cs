using System.Xml.Linq;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Simulation.Tests.Sumo;

public class SumoNetworkTests
{
    [RealPartFact("shared")]
    public void EverySharedNetworkBecomesACity()
    {
        string[] networks = [.. Networks.Shared()];
        Assert.NotEmpty(networks);
        Assert.All(networks, CheckImport);
    }

    [Fact]
    public void EveryExampleBecomesACity()
    {
        string[] networks = [.. Networks.Examples()];
        Assert.NotEmpty(networks);
        Assert.All(networks, CheckImport);
    }

    [RealPartFact("netgenerate")]
    public void RandomNetworksBecomeCities()
    {
        for (int k = 0; k < Networks.Kinds.Length; k++) CheckImport(Networks.Generate(Networks.Kinds[k], 7 + k));
    }

    private static void CheckImport(string path)
    {
        CityDescription description = SumoNetwork.Import(path);
        Assert.True(CityBuilder.TryBuild(description, out City? city, out var errors), string.Join("\n", errors));
        Assert.NotEmpty(city.Intersections);
        CheckRoundTrip(description);
        CheckStages(XDocument.Load(path).Root!, city);
        CheckSight(city);
        City resco = TimingRules.Resco.Apply(city);
        Assert.All(resco.Intersections, i => Assert.All(i.Groups, g => Assert.Equal(3000, g.Yellow.Value)));
    }

    private static void CheckRoundTrip(CityDescription description)
    {
        byte[] json = CityJson.Write(description);
        Assert.True(CityJson.TryRead(json, out CityDescription? again, out var errors), string.Join("\n", errors));
        Assert.Equal(json, CityJson.Write(again!));
    }

    // Read from the file by other means than the importer's: no stage shows a pair of conflicting greens that no
    // phase of the programme shows.
    private static void CheckStages(XElement net, City city)
    {
        foreach (Intersection i in city.Intersections)
        {
            string[] phases = [.. net.Elements("tlLogic").Last(t => (string)t.Attribute("id")! == i.Id)
                .Elements("phase").Select(p => (string)p.Attribute("state")!)];
            foreach (Stage stage in i.Stages)
                for (int a = 0; a < stage.Aspects.Length; a++)
                    for (int b = a + 1; b < stage.Aspects.Length; b++)
                        if (i.Conflicts.Conflicts(a, b) && stage.Aspects[a].IsGreen() && stage.Aspects[b].IsGreen())
                            Assert.Contains(phases, p => p[a] is 'g' or 'G' && p[b] is 'g' or 'G');
        }
    }

    private static void CheckSight(City city)
    {
        foreach (Detector d in city.Detectors.Where(d => d.Kind != DetectorKind.Button))
        {
            Assert.InRange(d.At.Value + d.Reach.Value, 0, city.Lanes[d.Lane].Length.Value + 0.01);
            Assert.True(d.Reach.Value <= 2 * SumoZones.ReachM);
        }
        foreach (int lane in city.Intersections.SelectMany(i => i.StopLineLanes))
            Assert.Contains(city.Detectors, d => d.Kind == DetectorKind.Camera && d.Lane == lane && d.At.Value == 0);
        var cameras = city.Detectors.Where(d => d.Kind == DetectorKind.Camera).Select(d => d.Lane).ToList();
        Assert.Equal(cameras.Count, cameras.Distinct().Count());
    }
}
