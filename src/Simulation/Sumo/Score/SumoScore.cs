using System.Globalization;
using System.Xml;

namespace CityBrain.Simulation.Sumo;

/// <summary>
/// How a run went, from SUMO's own outputs, by RESCO's definition made exact: every vehicle of the demand counts
/// once with timeLoss + departDelay; one still on the road counts what it lost so far, one never let in counts the
/// end minus its scheduled departure.
/// </summary>
public sealed record SumoScore
{
    public required int Demand { get; init; }
    public required int Departed { get; init; }
    public required int Arrived { get; init; }
    /// <summary>Seconds per vehicle of the demand: the headline.</summary>
    public required double MeanDelayS { get; init; }
    /// <summary>Seconds per departed vehicle below 0.1 m/s.</summary>
    public required double MeanWaitS { get; init; }
    public required double P95DelayS { get; init; }
    /// <summary>The most seconds that one vehicle stood on its whole trip.</summary>
    public required double MaxWaitS { get; init; }
    /// <summary>Times a departed vehicle came to stand, mean.</summary>
    public required double MeanStops { get; init; }
    /// <summary>Why the run cannot be compared; empty for a valid run.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Scores a run from its outputs.</summary>
    /// <param name="scenario">The scenario that was run.</param>
    /// <param name="folder">Folder with tripinfo.xml and summary.xml.</param>
    /// <param name="demandScale">Other than 1, the demand is what SUMO made of it, not what the route files say.</param>
    /// <exception cref="SumoFileException">An output or a route file cannot be read.</exception>
    public static SumoScore Of(SumoScenario scenario, string folder, double demandScale = 1)
    {
        var problems = new List<string>();
        Dictionary<string, Trip> trips = Trips(Path.Combine(folder, "tripinfo.xml"), problems);
        Dictionary<string, double> demand = demandScale == 1
            ? Scheduled(scenario)
            : trips.ToDictionary(t => t.Key, t => t.Value.DepartS < 0 ? scenario.EndS - t.Value.DepartDelayS
                : t.Value.DepartS - t.Value.DepartDelayS);
        int foreign = trips.Keys.Count(id => !demand.ContainsKey(id));
        if (foreign > 0) problems.Add($"{foreign} vehicles in tripinfo.xml that are not in the demand");
        var delays = new List<double>(demand.Count);
        int departed = 0, arrived = 0;
        double waited = 0, longest = 0, stops = 0;
        foreach ((string id, double scheduled) in demand)
        {
            if (!trips.TryGetValue(id, out Trip trip) || trip.DepartS < 0)
            {
                delays.Add(scenario.EndS - scheduled);
                continue;
            }
            departed++;
            if (trip.ArrivalS >= 0) arrived++;
            waited += trip.WaitingS;
            stops += trip.Stops;
            longest = Math.Max(longest, trip.WaitingS);
            delays.Add(trip.TimeLossS + Math.Max(0, trip.DepartS - scheduled));
        }
        CheckSummary(Path.Combine(folder, "summary.xml"), scenario, departed, arrived, problems);
        double mean = delays.Sum() / Math.Max(1, delays.Count);
        delays.Sort();
        return new SumoScore
        {
            Demand = demand.Count,
            Departed = departed,
            Arrived = arrived,
            MeanDelayS = mean,
            MeanWaitS = waited / Math.Max(1, departed),
            P95DelayS = delays.Count == 0 ? 0 : delays[(int)(0.95 * (delays.Count - 1))],
            MaxWaitS = longest,
            MeanStops = stops / Math.Max(1, departed),
            Problems = problems,
        };
    }

    private readonly record struct Trip(
        double DepartS, double DepartDelayS, double ArrivalS, double TimeLossS, double WaitingS,
        double Stops);

    private static Dictionary<string, Trip> Trips(string path, List<string> problems)
    {
        var trips = new Dictionary<string, Trip>(StringComparer.Ordinal);
        SumoXml.ForEach(path, ["tripinfo"], (_, xml) =>
        {
            var trip = new Trip(SumoXml.Number(xml, "depart"), SumoXml.Number(xml, "departDelay"),
                SumoXml.Number(xml, "arrival"), SumoXml.Number(xml, "timeLoss"), SumoXml.Number(xml, "waitingTime"),
                SumoXml.Number(xml, "waitingCount"));
            string id = xml.GetAttribute("id") ?? "";
            if (!trips.TryAdd(id, trip)) problems.Add($"vehicle {id} is twice in tripinfo.xml");
        });
        return trips;
    }

    private static Dictionary<string, double> Scheduled(SumoScenario scenario)
    {
        var demand = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string routes in scenario.Routes)
            SumoXml.ForEach(routes, ["vehicle", "trip", "flow"], (name, xml) =>
            {
                if (name == "flow") throw new SumoFileException($"{routes}: flows cannot be scored");
                double depart = SumoXml.Number(xml, "depart");
                if (depart >= scenario.BeginS && depart < scenario.EndS) demand[xml.GetAttribute("id") ?? ""] = depart;
            });
        return demand;
    }

    private static void CheckSummary(
        string path, SumoScenario scenario, int departed, int arrived, List<string> problems)
    {
        double time = -1, inserted = 0, ended = 0, teleports = 0, collisions = 0;
        SumoXml.ForEach(path, ["step"], (_, xml) =>
        {
            time = SumoXml.Number(xml, "time");
            inserted = SumoXml.Number(xml, "inserted");
            ended = SumoXml.Number(xml, "arrived");
            teleports = SumoXml.Number(xml, "teleports");
            collisions = SumoXml.Number(xml, "collisions");
        });
        if (time < scenario.EndS - 1.5) problems.Add($"summary.xml ends at {time} s, not at {scenario.EndS} s");
        if ((int)inserted != departed) problems.Add($"{inserted} vehicles inserted, {departed} in tripinfo.xml");
        if ((int)ended != arrived) problems.Add($"{ended} vehicles arrived, {arrived} in tripinfo.xml");
        if (teleports > collisions) problems.Add($"{teleports} teleports");
        if (collisions > 0.002 * departed) problems.Add($"{collisions} collisions");
    }
}

/// <summary>Reads SUMO's flat output files element by element.</summary>
internal static class SumoXml
{
    public static void ForEach(string path, string[] names, Action<string, XmlReader> take)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
        try
        {
            using var xml = XmlReader.Create(path, settings);
            while (xml.Read())
                if (xml.NodeType == XmlNodeType.Element && names.Contains(xml.Name)) take(xml.Name, xml);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException or ArgumentException or FormatException)
        {
            throw new SumoFileException($"cannot read {path}: {e.Message}", e);
        }
    }

    public static double Number(XmlReader xml, string attribute) =>
        double.Parse(xml.GetAttribute(attribute) ?? throw new FormatException($"<{xml.Name}> without {attribute}"),
            CultureInfo.InvariantCulture);
}
