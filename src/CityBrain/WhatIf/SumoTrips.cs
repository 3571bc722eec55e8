using System.Globalization;
using System.Text;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.WhatIf;

/// <summary>Draws single trips from a demand and writes them as a SUMO scenario. The same seed gives the same trips.</summary>
internal static class SumoTrips
{
    private const int LongestWay = 200, Tries = 20;
    /// <summary>
    /// Those who were seen to come in do so again within this many seconds. Spread over more they would bunch, and a control
    /// that reacts to single vehicles would meet others than were there (docs/EVALUATE.md has one trial of it).
    /// </summary>
    private const double SeenPartS = 1;

    /// <summary>Writes trips.rou.xml and whatif.sumocfg into a folder and reads the scenario again.</summary>
    /// <param name="net">The SUMO network, .net.xml.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="city">The city that was made of it.</param>
    /// <param name="roads">The city's roads; their names are SUMO's edges.</param>
    /// <param name="demand">Who enters when, and turns where.</param>
    /// <param name="beginS">Seconds of the clock at which the demand begins.</param>
    /// <param name="lengthS">How long it lasts.</param>
    /// <param name="seed">Which of the many possible days this is.</param>
    /// <param name="tauS">Seconds that drivers keep to the one ahead.</param>
    /// <param name="choosing">Entries and exits between which drivers take what is quickest when they set off.</param>
    public static SumoScenario Write(
        string net, string folder, City city, RoadNetwork roads, Demand demand, double beginS, double lengthS, ulong seed,
        double tauS, HashSet<(int Entry, int Exit)> choosing)
    {
        Directory.CreateDirectory(folder);
        List<Trip> trips = Draw(city, roads, demand, beginS, lengthS, seed);
        var text = new StringBuilder("<routes>\n")
            .Append(CultureInfo.InvariantCulture, $"  <vType id=\"DEFAULT_VEHTYPE\" tau=\"{tauS:0.###}\"/>\n");
        for (int i = 0; i < trips.Count; i++) Append(text, i, trips[i], beginS, roads, choosing);
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

    /// <summary>
    /// A vehicle with its way, or a trip: SUMO finds its way when it sets off, by the speeds on the roads at that time
    /// (SUMO's documentation, "Automatic Routing").
    /// </summary>
    private static void Append(
        StringBuilder text, int number, Trip trip, double beginS, RoadNetwork roads, HashSet<(int Entry, int Exit)> choosing)
    {
        string Name(int road) => System.Security.SecurityElement.Escape(roads.Names[road]);
        bool chooses = choosing.Contains((trip.Way[0], trip.Way[^1]));
        text.Append(CultureInfo.InvariantCulture,
            $"  <{(chooses ? "trip" : "vehicle")} id=\"v{number}\" depart=\"{beginS + trip.AtS:0.00}\" ")
            .Append(CultureInfo.InvariantCulture, $"departLane=\"{trip.Lane}\" departSpeed=\"{trip.Speed}\"");
        if (chooses)
            text.Append(CultureInfo.InvariantCulture, $" from=\"{Name(trip.Way[0])}\" to=\"{Name(trip.Way[^1])}\"/>\n");
        else text.Append("><route edges=\"").AppendJoin(' ', trip.Way.Select(Name)).Append("\"/></vehicle>\n");
    }

    /// <summary>One vehicle; lane and speed at the beginning in SUMO's words.</summary>
    private sealed record Trip(double AtS, List<int> Way, string Lane, string Speed);

    private static List<Trip> Draw(
        City city, RoadNetwork roads, Demand demand, double beginS, double lengthS, ulong seed)
    {
        var random = SeededRandom.For(seed, 0x7A1F);
        var trips = new List<Trip>();
        for (int e = 0; e < roads.Entries.Length; e++)
        {
            List<double> departs = demand.Arrivals[e] is { } known
                ? Departures(known.ByPart(beginS, (int)Math.Ceiling(lengthS), SeenPartS), SeenPartS, lengthS, ref random)
                : Departures(demand.Entering[e], StreetCounts.PartS, lengthS, ref random);
            Arrival[] seen = [.. demand.Arrivals[e]?.All.OrderBy(a => a.AtS) ?? Enumerable.Empty<Arrival>()];
            double standing = demand.Arrivals[e]?.StandingShare ?? 0;
            for (int n = 0; n < departs.Count; n++)
                trips.Add(new Trip(departs[n], Way(roads, demand, e, n < seen.Length ? seen[n].Way : [], ref random),
                    n < seen.Length ? LaneNumber(city, seen[n].Lane) : "best", random.NextShare() < standing ? "0" : "last"));
        }
        trips.Sort((a, b) => a.AtS.CompareTo(b.AtS));
        return trips;
    }

    /// <summary>Instants at which vehicles enter, each at random within its part of the time; in order.</summary>
    private static List<double> Departures(double[] byPart, double partS, double lengthS, ref SeededRandom random)
    {
        double owed = random.NextShare();
        var departs = new List<double>();
        for (int part = 0; part < byPart.Length; part++)
        {
            owed += byPart[part];
            double from = part * partS, to = Math.Min(lengthS, from + partS);
            for (; owed >= 1; owed--) departs.Add(random.Next(from, to));
        }
        departs.Sort();
        return departs;
    }

    /// <summary>SUMO's number of a lane in its edge; where none is known, the lane that is best for the way.</summary>
    private static string LaneNumber(City city, int lane)
    {
        if (lane < 0) return "best";
        string id = city.Lanes[lane].Id, number = id[(id.LastIndexOf('_') + 1)..];
        return number.Length > 0 && number.All(char.IsAsciiDigit) ? number : "best";
    }

    /// <summary>
    /// A way to the city's edge: as one was seen to drive, and from where it was lost drawn by the shares; one that uses no
    /// road twice, if a few tries find it.
    /// </summary>
    private static List<int> Way(RoadNetwork roads, Demand demand, int entry, List<int> seen, ref SeededRandom random)
    {
        List<int> way = [];
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            way = seen.Count > 0 ? [.. seen] : [roads.Entries[entry]];
            bool twice = false;
            for (int at = way[^1]; roads.LinksFrom[at].Length > 0 && way.Count < LongestWay && !twice;)
            {
                at = roads.LinksFrom[at][Pick(demand.Ways.Of(entry, at), ref random)].To;
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
