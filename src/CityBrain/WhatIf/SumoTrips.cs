using System.Globalization;
using System.Text;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.WhatIf;

/// <summary>Draws single trips from a demand and writes them as a SUMO scenario. The same seed gives the same trips.</summary>
internal static class SumoTrips
{
    private const int LongestWay = 200, Tries = 20;

    /// <summary>Writes trips.rou.xml and whatif.sumocfg into a folder and reads the scenario again.</summary>
    /// <param name="net">The SUMO network, .net.xml.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="roads">The city's roads; their names are SUMO's edges.</param>
    /// <param name="demand">Who enters when, and turns where.</param>
    /// <param name="beginS">Seconds of the clock at which the demand begins.</param>
    /// <param name="lengthS">How long it lasts.</param>
    /// <param name="seed">Which of the many possible days this is.</param>
    /// <param name="tauS">Seconds that drivers keep to the one ahead.</param>
    public static SumoScenario Write(
        string net, string folder, RoadNetwork roads, Demand demand, double beginS, double lengthS, ulong seed,
        double tauS)
    {
        Directory.CreateDirectory(folder);
        var trips = Draw(roads, demand, lengthS, seed);
        var text = new StringBuilder("<routes>\n")
            .Append(CultureInfo.InvariantCulture, $"  <vType id=\"DEFAULT_VEHTYPE\" tau=\"{tauS:0.###}\"/>\n");
        for (int i = 0; i < trips.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $"  <vehicle id=\"v{i}\" depart=\"{beginS + trips[i].AtS:0.00}\" ")
                .Append("departLane=\"best\" departSpeed=\"last\"><route edges=\"")
                .AppendJoin(' ', trips[i].Way.Select(r => System.Security.SecurityElement.Escape(roads.Names[r])))
                .Append("\"/></vehicle>\n");
        File.WriteAllText(Path.Combine(folder, "trips.rou.xml"), text.Append("</routes>\n").ToString());
        string configuration = Path.Combine(folder, "whatif.sumocfg");
        File.WriteAllText(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            <configuration>
              <input>
                <net-file value="{System.Security.SecurityElement.Escape(Path.GetFullPath(net))}"/>
                <route-files value="trips.rou.xml"/>
              </input>
              <time>
                <begin value="{beginS:0.##}"/>
                <end value="{beginS + lengthS:0.##}"/>
              </time>
            </configuration>

            """));
        return SumoScenario.Read(configuration);
    }

    private static List<(double AtS, List<int> Way)> Draw(RoadNetwork roads, Demand demand, double lengthS, ulong seed)
    {
        var random = SeededRandom.For(seed, 0x7A1F);
        var trips = new List<(double AtS, List<int> Way)>();
        for (int e = 0; e < roads.Entries.Length; e++)
        {
            double owed = random.NextShare();
            for (int part = 0; part < demand.Entering[e].Length; part++)
            {
                owed += demand.Entering[e][part];
                double from = part * StreetCounts.PartS, to = Math.Min(lengthS, from + StreetCounts.PartS);
                for (; owed >= 1; owed--)
                    trips.Add((random.Next(from, to), Way(roads, demand, roads.Entries[e], ref random)));
            }
        }
        trips.Sort((a, b) => a.AtS.CompareTo(b.AtS));
        return trips;
    }

    /// <summary>A way to the city's edge that uses no road twice, if a few tries find one.</summary>
    private static List<int> Way(RoadNetwork roads, Demand demand, int entry, ref SeededRandom random)
    {
        List<int> way = [];
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            way = [entry];
            bool twice = false;
            for (int at = entry; roads.LinksFrom[at].Length > 0 && way.Count < LongestWay && !twice;)
            {
                at = roads.LinksFrom[at][Pick(demand.Shares[at], ref random)].To;
                twice = way.Contains(at);
                if (!twice) way.Add(at);
            }
            if (!twice) return way;
        }
        return way;
    }

    private static int Pick(double[] shares, ref SeededRandom random)
    {
        double draw = random.NextShare();
        for (int i = 0; i < shares.Length; i++)
            if ((draw -= shares[i]) < 0) return i;
        return Array.IndexOf(shares, shares.Max());
    }
}
