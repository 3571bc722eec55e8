using System.Xml.Linq;
using CityBrain.Archiving;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.History;
using CityBrain.History.Archive;
using CityBrain.Model;
using CityBrain.Simulation;
using CityBrain.Simulation.Sumo;
using CityBrain.Street;
using CityBrain.Testing;
using CityBrain.WhatIf;

namespace CityBrain.Tests.WhatIf;

/// <summary>What-if on a small simulated city of which everything is known.</summary>
public sealed class WhatIfTests : IDisposable
{
    private const int LengthS = 1200;
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-whatif-").FullName;
    private readonly City _city = CrossingCity.Build();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs the small city on its own programme, journals it, and returns the simulated truth.</summary>
    private TrafficFigures Record(double westVph, double northVph, IEnumerable<(double AtS, double Share)>? profile = null)
    {
        var options = new BrainOptions { Policy = "fixed" };
        using var journal = JournalWriter.Open(_folder, new JournalPreamble
        {
            City = _city.Description, Options = options.ToDictionary(), WrittenBy = "test",
        });
        var run = new SimulatedRun(_city, new SimulationOptions
        {
            Seed = 3, DayS = 0, PeoplePerHour = 0,
            Flows = g => new EntryFlows(g.Entries.Select(l => _city.Lanes[l].Id == "w0" ? westVph : northVph), profile),
            Router = _ => new TurningShares(_city, [3, 1, 1, 1, 0]),
        }, options)
        {
            Watch = (in CityEvent e, ReadOnlySpan<byte> extra, DistrictBrain _) =>
            {
                journal.Add(e, extra);
                if (e.Kind == EventKind.Tick) journal.Commit();
            },
        };
        for (int s = 0; s < LengthS; s++) run.Step();
        return run.City.Figures;
    }

    private Recording Read() => Recording.Read(_folder, null, null, null, CancellationToken.None);

    [Fact]
    public void Demand_is_found_again_in_the_counts()
    {
        TrafficFigures truth = Record(westVph: 500, northVph: 250);
        Recording recording = Read();
        Assert.Equal(LengthS, recording.Counts.Seconds);
        Assert.Equal(0, recording.Counts.BlindShare);
        foreach (Movement m in _city.Movements.Where(m => m.Turn != Turn.Crossing))
            Assert.InRange(recording.Counts.Of(m), truth.CrossedBy(m.Index) * 0.8 - 3, truth.CrossedBy(m.Index) * 1.2 + 3);

        var roads = new RoadNetwork(_city);
        Demand demand = DemandFit.Fit(_city, roads, recording.Counts, recording.Followed);
        Assert.Equal(["n0", "w0"], roads.Entries.Select(e => roads.Names[e]).Order());
        Assert.InRange(demand.Vehicles, truth.Scheduled * 0.92, truth.Scheduled * 1.08);
        int west = Array.FindIndex(roads.Entries, e => roads.Names[e] == "w0");
        Assert.InRange(demand.Entering[west].Sum() / demand.Vehicles, 0.60, 0.73);
        int w = roads.Entries[west], east = Array.FindIndex(roads.LinksFrom[w], l => roads.Names[l.To] == "e0");
        Assert.InRange(demand.Ways.Of(west, w)[east], 0.66, 0.84);
    }

    [Fact]
    public void Platoons_that_enter_are_platoons_in_the_demand()
    {
        // Everybody comes in the first 20 s of each 100 s.
        Record(400, 200, [.. Enumerable.Range(0, LengthS / 100).SelectMany(n => new (double, double)[]
            { (n * 100, 5), (n * 100 + 20, 5), (n * 100 + 20.5, 0), (n * 100 + 99.5, 0) })]);
        var roads = new RoadNetwork(_city);
        Demand demand = DemandFit.Fit(_city, roads, Read().Counts);
        double[] west = demand.Entering[Array.FindIndex(roads.Entries, e => roads.Names[e] == "w0")];
        // Of each part, evenly: whoever comes in the first 40 s of a hundred.
        double inPlatoons = west.Select((vehicles, part) => vehicles / StreetCounts.PartS
            * Enumerable.Range(part * StreetCounts.PartS, StreetCounts.PartS).Count(s => s % 100 < 40)).Sum();
        Assert.InRange(inPlatoons / west.Sum(), 0.75, 1);
    }

    [Fact]
    public void An_archive_of_the_journal_tells_the_same()
    {
        Record(400, 200);
        Recording journal = Read();
        string root = Path.Combine(_folder, "archive");
        using (ArchiveFolder archive = ArchiveFolder.OpenToWrite(root))
            Compaction.Run(archive, _folder, CancellationToken.None);
        Recording archived = Recording.Read(root, null, 0, journal.FromS + LengthS, CancellationToken.None);
        Assert.Equal(journal.Options, archived.Options);
        Assert.Equal(journal.Counts.LostVehicleS, archived.Counts.LostVehicleS);
        Assert.All(_city.Movements, m => Assert.Equal(journal.Counts.Of(m), archived.Counts.Of(m)));
        Assert.Equal(journal.Followed.Entries.Select(e => e.All.Count), archived.Followed.Entries.Select(e => e.All.Count));
        Assert.Contains("say --journal", Assert.Throws<CliFailure>(() =>
            Recording.Read(root, "another", null, null, CancellationToken.None)).Message);
    }

    [Fact]
    public void Vehicles_are_followed_from_where_they_come_in_to_where_they_go()
    {
        TrafficFigures truth = Record(westVph: 500, northVph: 250);
        VehicleFollowing followed = Read().Followed;
        var roads = new RoadNetwork(_city);
        Assert.InRange(followed.Entries.Sum(e => e.All.Count), truth.Scheduled * 0.95, truth.Scheduled * 1.05);
        foreach (Movement m in _city.Movements.Where(m => m.Turn != Turn.Crossing))
        {
            int from = roads.OfLane[m.From], entry = Array.IndexOf(roads.Entries, from);
            int link = Array.FindIndex(roads.LinksFrom[from], l => l.To == roads.OfLane[m.To]);
            double took = followed.Turns[entry].TryGetValue(from, out double[]? turns) ? turns[link] : 0;
            Assert.InRange(took, truth.CrossedBy(m.Index) * 0.9 - 3, truth.CrossedBy(m.Index) * 1.1 + 3);
        }
    }

    [Fact]
    public void Who_comes_from_elsewhere_goes_elsewhere_and_the_turns_still_fit()
    {
        // Two junctions in a row: those from the west of the first go straight on at the second, those from its north turn.
        City row = CityBuilder.Build(Row());
        var roads = new RoadNetwork(row);
        int Road(string name) => Array.IndexOf(roads.Names, name);
        int west = Array.IndexOf(roads.Entries, Road("w0")), north = Array.IndexOf(roads.Entries, Road("n0")), second = Road("w1");
        double[][] equal = [.. roads.LinksFrom.Select(links => links.Select(_ => 1.0 / links.Length).ToArray())];
        var followed = new VehicleFollowing(row, roads, 0, 1000);
        int on = Array.FindIndex(roads.LinksFrom[second], l => roads.Names[l.To] == "e1");
        followed.Turns[west][second] = [.. Enumerable.Range(0, 2).Select(i => i == on ? 40.0 : 0)];
        followed.Turns[north][second] = [.. Enumerable.Range(0, 2).Select(i => i == on ? 0 : 20.0)];
        var ways = new EntryWays(roads, equal, followed);
        Assert.InRange(ways.Of(west, second)[on], 0.9, 1);
        Assert.InRange(ways.Of(north, second)[on], 0, 0.1);
        Assert.Equal(equal[second], ways.Of(Array.IndexOf(roads.Entries, Road("n1")), second));

        // The counts say that 60 % went straight on.
        var turned = new double[]?[roads.Names.Length];
        turned[second] = [.. Enumerable.Range(0, 2).Select(i => i == on ? 60.0 : 40)];
        var entering = new double[roads.Names.Length];
        entering[Road("w0")] = entering[Road("n0")] = 100;
        ways.Fit(entering, new double[entering.Length], new bool[entering.Length], turned);
        Assert.Equal(0.6, (ways.Of(west, second)[on] + ways.Of(north, second)[on]) / 2, 3);
        Assert.True(ways.Of(west, second)[on] > ways.Of(north, second)[on] + 0.5, "correlation was lost");
    }

    /// <summary>Two junctions of which the first one's road to the east leads to the second one's from the west.</summary>
    private static CityDescription Row()
    {
        CityDescription two = CrossingCity.Describe(2);
        return two with
        {
            Lanes = [.. two.Lanes.Select(l => l.Id == "w1" ? l with { Upstream = ["e0"] } : l)],
        };
    }

    [Fact]
    public void Who_waits_behind_a_full_entry_has_come_before_there_was_room()
    {
        var entry = new EntryArrivals([7]);
        void Arrive(params double[] times) =>
            Array.ForEach(times, t => entry.Add(new Arrival(t, 7, false, true, [])));
        Arrive(5, 15, 25);
        // Full from 30 to 58 s; then six come one after the other: they had been coming for those 30 s, as those after.
        for (int s = 30; s <= 58; s++) entry.Full(7, s);
        Arrive(59, 61, 63, 65, 67, 69);
        Arrive(85, 95);
        double[] parts = entry.ByPart(0, 10, 10);
        Assert.Equal([1, 1, 1, 1.5, 1.5, 1.5, 1.5, 0, 1, 1], parts);
    }

    [Fact]
    public void One_who_sets_off_at_the_beginning_does_not_make_an_entry_full()
    {
        var entry = new EntryArrivals([7]);
        foreach (double t in new[] { 12, 14, 39.0 }) entry.Add(new Arrival(t, 7, true, true, []));
        for (int s = 12; s <= 16; s++) entry.Full(7, s);
        Assert.Equal([0, 2, 0, 1], entry.ByPart(0, 4, 10));
        Assert.Equal(0, entry.StandingShare);
        for (int t = 40; t < 44; t++) entry.Add(new Arrival(t, 7, true, true, []));
        Assert.Equal(1, entry.StandingShare);
    }

    [Fact]
    public void Trips_are_connected_ways_through_the_city_and_the_same_for_a_seed()
    {
        Record(400, 400);
        var roads = new RoadNetwork(_city);
        Demand demand = DemandFit.Fit(_city, roads, Read().Counts);
        string net = Path.Combine(RealPart.Root, "examples", "corridor", "corridor.net.xml");
        string Trips(ulong seed)
        {
            string folder = Path.Combine(_folder, "trips");
            SumoScenario scenario = SumoTrips.Write(net, folder, _city, roads, demand, 100, LengthS, seed, 1.2, []);
            Assert.Equal((100, 100 + LengthS), (scenario.BeginS, scenario.EndS));
            return File.ReadAllText(scenario.Routes[0]);
        }
        string first = Trips(1);
        Assert.Equal(first, Trips(1));
        Assert.NotEqual(first, Trips(2));
        XElement[] vehicles = [.. XDocument.Parse(first).Descendants("vehicle")];
        Assert.InRange(vehicles.Length, demand.Vehicles - 3, demand.Vehicles + 3);
        double[] departs = [.. vehicles.Select(v => (double)v.Attribute("depart")!)];
        Assert.Equal(departs.Order(), departs);
        string[] ways = [.. vehicles.Select(v => (string)v.Element("route")!.Attribute("edges")!).Distinct().Order()];
        Assert.Equal(["n0 e0", "n0 s0", "w0 e0", "w0 s0"], ways);

        // Who chooses is a trip with its ends only.
        int Road(string name) => Array.IndexOf(roads.Names, name);
        SumoTrips.Write(net, Path.Combine(_folder, "trips"), _city, roads, demand, 100, LengthS, 1, 1.2, [(Road("w0"), Road("s0"))]);
        XElement[] chosen = [.. XDocument.Load(Path.Combine(_folder, "trips", "trips.rou.xml")).Root!.Elements()];
        Assert.Equal(vehicles.Length, chosen.Length - 1);
        XElement[] trips = [.. chosen.Where(v => v.Name == "trip")];
        Assert.Equal(vehicles.Count(v => (string)v.Element("route")!.Attribute("edges")! == "w0 s0"), trips.Length);
        Assert.All(trips, t => Assert.Equal(("w0", "s0"), ((string)t.Attribute("from")!, (string)t.Attribute("to")!)));
    }

    [Fact]
    public void Drivers_choose_where_several_ways_were_seen_from_end_to_end()
    {
        var roads = new RoadNetwork(_city);
        int Road(string name) => Array.IndexOf(roads.Names, name);
        Demand Seen(params string[][] ways)
        {
            var entry = new EntryArrivals([0]);
            foreach (string[] way in ways) entry.Add(new Arrival(0, 0, true, true, [.. way.Select(Road)]));
            return new Demand { Entering = [], Ways = new EntryWays(roads, [], null), Arrivals = [entry, null] };
        }
        string[] direct = ["w0", "e0"], round = ["w0", "n0", "e0"], lost = ["w0", "n0"], other = ["w0", "s0"];
        Assert.Equal([(Road("w0"), Road("e0"))], RouteChoice.Of(Seen(direct, direct, round, round, other, other), roads));
        Assert.Empty(RouteChoice.Of(Seen(direct, direct, round, other, other), roads));
        Assert.Empty(RouteChoice.Of(Seen(direct, direct, other, other, lost, lost, ["w0"], ["w0"]), roads));
    }

    [Fact]
    public async Task A_better_policy_is_said_to_be_better_and_the_report_stands_alone()
    {
        Record(600, 150);
        using RunningProgram product = RunningProgram.Product("what-if", _folder, "--policy", "actuated", "--seeds", "1-3",
            "--out", Path.Combine(_folder, "out"));
        int code = await product.EndAsync();
        Assert.Contains("actuated instead of fixed changes mean delay by -", product.Output[0]);
        Assert.Equal(product.Output[0].StartsWith("The data do not", StringComparison.Ordinal) ? 1 : 0, code);
        string html = File.ReadAllText(Path.Combine(_folder, "out", "whatif.html"));
        Assert.DoesNotMatch("(src=|href=|@import)", html);
        Assert.Contains("<svg ", html);
    }

    [Theory]
    [InlineData(2, "say what to try")]
    [InlineData(2, "sideways", "--policy", "sideways")]
    [InlineData(66, "nowhere.net.xml", "--policy", "fixed", "--net", "nowhere.net.xml")]
    [InlineData(66, "nowhere.json", "--plan", "nowhere.json")]
    [InlineData(2, "nothing was recorded", "--policy", "fixed", "--from", "90000")]
    [InlineData(2, "--seeds", "--policy", "fixed", "--seeds", "x")]
    public async Task Wrong_usage_is_said(int code, string said, params string[] arguments)
    {
        Record(10, 10);
        using RunningProgram product = RunningProgram.Product(["what-if", _folder, .. arguments]);
        Assert.Equal(code, await product.EndAsync());
        Assert.Contains(said, string.Join('\n', product.Errors));
    }

    [Fact]
    public void Too_little_data_and_a_change_within_its_uncertainty_are_no_answer()
    {
        Record(20, 20);
        StreetCounts counts = Read().Counts;
        WhatIfRun[] a = [new(1, 10, counts), new(2, 12, counts)], b = [new(1, 11, counts), new(2, 11, counts)];
        var answer = new WhatIfAnswer(_city, counts, a, b);
        Assert.Equal(0, answer.ChangeS, 6);
        Assert.Contains(answer.Doubts, d => d.Contains("vehicles were counted"));
        Assert.Contains(answer.Doubts, d => d.Contains("within its uncertainty"));
        Assert.Equal(1, answer.GoodFitShare);
        Assert.Contains("drivers", new WhatIfAnswer(_city, counts, a, b, "odd drivers").Doubts[^1]);
    }

    [Theory]
    [InlineData(-9.2, false, false)]
    [InlineData(-7.5, true, false)]
    [InlineData(0.5, true, true)]
    public void An_answer_that_hangs_on_an_assumption_says_so(double variedS, bool sensitive, bool doubted)
    {
        Record(20, 20);
        StreetCounts counts = Read().Counts;
        WhatIfRun[] a = [new(1, 20, counts), new(2, 20, counts)], b = [new(1, 11, counts), new(2, 9, counts)];
        var variation = new WhatIfVariation("no buses");
        // The first seed changes by -9, the mean by -10: the variation is told against its own seed.
        var answer = new WhatIfAnswer(_city, counts, a, b, varied: [(variation, variedS + 1)]);
        Assert.Equal(variedS, answer.Varied.Single().ChangeS, 6);
        Assert.Equal((Math.Min(-10, variedS), Math.Max(-10, variedS)), answer.Range);
        Assert.Equal(sensitive, answer.IsSensitive);
        Assert.Equal(doubted, answer.Doubts.Any(d => d.Contains("no buses")));
        Assert.Equal(sensitive, WhatIfText.Sensitivity(answer).Contains("with care"));
    }

    [Theory]
    [InlineData(100, 100, 0)]
    [InlineData(0, 0, 0)]
    [InlineData(400, 500, 4.714)]
    [InlineData(0, 50, 10)]
    public void Geh_is_that_of_the_manual(double recorded, double simulated, double geh) =>
        Assert.Equal(geh, new MovementFit(_city.Movements[0], recorded, simulated).Geh, 3);
}
