using System.Globalization;
using System.Text;
using System.Xml.Linq;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Simulation.Tests.Sumo;

/// <summary>What is read from SUMO is what its own detectors say, and nothing from beyond a zone.</summary>
public class SumoStreetTests
{
    private static readonly SumoScenario Corridor =
        SumoScenario.Read(Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg"));

    private sealed class Notes(City city) : IStreetReadings
    {
        public int[] Passed { get; } = new int[city.Detectors.Length];
        public double[] Occupied { get; } = new double[city.Detectors.Length];
        public int Seen { get; private set; }

        public void Camera(int detector, int stopped, ReadOnlySpan<VehicleSighting> sightings)
        {
            Detector d = city.Detectors[detector];
            Seen += sightings.Length;
            int standing = 0, before = 0;
            foreach (VehicleSighting s in sightings)
            {
                Assert.InRange(s.DistanceM, d.At.Value - 0.01, d.At.Value + d.Reach.Value + 0.01);
                Assert.True(s.DistanceCm >= before);
                before = s.DistanceCm;
                standing += s.Stopped ? 1 : 0;
            }
            Assert.Equal(standing, stopped);
        }

        public void Loop(int detector, int vehicles, float occupancy, float speedMps)
        {
            Passed[detector] += vehicles;
            Occupied[detector] += occupancy;
            Assert.InRange(occupancy, 0, 1);
            Assert.Equal(vehicles == 0, float.IsNaN(speedMps));
        }

        public void Button(int detector) => Assert.Fail("there are no people on foot");
    }

    [Fact]
    public void A_folder_with_a_comma_is_refused_by_name()
    {
        City city = CityBuilder.Build(SumoNetwork.Import(Corridor.Network));
        var options = new SumoStreetOptions { Output = Path.Combine(Path.GetTempPath(), "a,b") };
        var e = Assert.Throws<SumoRunException>(() => SumoStreet.Start(Corridor, city, options));
        Assert.Contains("a,b", e.Message, StringComparison.Ordinal);
    }

    [RealPartFact("sumo")]
    public void Loops_count_what_SUMOs_own_loops_count()
    {
        const int Seconds = 300;
        City city = CityBuilder.Build(SumoNetwork.Import(Corridor.Network));
        Detector[] loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop)];
        string folder = Directory.CreateTempSubdirectory("citybrain-loops").FullName;
        SumoScenario scenario = Corridor with { Additional = [WriteLoops(city, loops, folder)] };
        var notes = new Notes(city);
        using (SumoStreet street = SumoStreet.Start(scenario, city, new SumoStreetOptions { Output = folder }))
        {
            for (int t = 0; t < Seconds; t++)
            {
                street.Step();
                street.Observe(notes);
            }
            Assert.Equal(Seconds * 1000, street.NowMs);
            street.Finish();
        }
        var theirs = XDocument.Load(Path.Combine(folder, "loops.xml")).Root!.Elements("interval")
            .Where(i => (double)i.Attribute("end")! <= Seconds)
            .GroupBy(i => (string)i.Attribute("id")!)
            .ToDictionary(g => g.Key, g => (
                Count: g.Sum(i => (int)i.Attribute("nVehContrib")!),
                OccupiedS: g.Sum(i => (double)i.Attribute("occupancy")! / 100 * 100)));
        Assert.True(theirs.Values.Sum(x => x.Count) > 200);
        Assert.True(notes.Seen > 1000);
        // SUMO counts a vehicle when it has left the loop; up to one may still stand on it.
        foreach (Detector loop in loops)
        {
            (int count, double occupiedS) = theirs[$"e{loop.Index}"];
            Assert.InRange(notes.Passed[loop.Index], count - 1, count + 2);
            Assert.InRange(notes.Occupied[loop.Index], occupiedS * 0.9 - 6, occupiedS * 1.1 + 6);
        }
    }

    [RealPartFact("sumo")]
    public void A_scenario_that_SUMO_refuses_is_a_clear_error()
    {
        string folder = Directory.CreateTempSubdirectory("citybrain-broken").FullName;
        string routes = Path.Combine(folder, "broken.rou.xml");
        File.WriteAllText(routes, "<routes><vehicle id=\"a\" depart=\"0\"><route edges=\"no such-edge\"/></vehicle></routes>");
        string configuration = Path.Combine(folder, "broken.sumocfg");
        File.WriteAllText(configuration, $"""
            <configuration><net-file value="{Corridor.Network}"/><route-files value="{routes}"/><end value="100"/></configuration>
            """);
        SumoScenario scenario = SumoScenario.Read(configuration);
        City city = CityBuilder.Build(SumoNetwork.Import(scenario.Network));
        SumoRunException error = Assert.Throws<SumoRunException>(() =>
        {
            using SumoStreet street = SumoStreet.Start(scenario, city, new SumoStreetOptions { Output = folder });
            for (int t = 0; t < 100; t++) street.Step();
        });
        Assert.Contains("SUMO", error.Message, StringComparison.Ordinal);
    }

    private static string WriteLoops(City city, Detector[] loops, string folder)
    {
        string path = Path.Combine(folder, "loops.add.xml");
        var xml = new StringBuilder("<additional>\n");
        foreach (Detector d in loops)
            xml.Append(CultureInfo.InvariantCulture,
                $"<e1Detector id=\"e{d.Index}\" lane=\"{city.Lanes[d.Lane].Id}\" pos=\"{-d.At.Value}\" period=\"100\" file=\"loops.xml\"/>\n");
        File.WriteAllText(path, xml.Append("</additional>\n").ToString());
        return path;
    }
}
