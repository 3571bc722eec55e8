using System.Globalization;
using System.Xml.Linq;
using CityBrain.Engine.Measures;
using CityBrain.Evaluation;
using CityBrain.EventLogs;
using CityBrain.History.HiRes;
using CityBrain.Model;
using CityBrain.Model.HiRes;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Tests.EventLogs;

/// <summary>The events of a SUMO run against what SUMO itself counted and logged.</summary>
public sealed class SumoEventLogTests : IDisposable
{
    private const double EndS = 500;
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-events-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RealPartFact("sumo")]
    public void Actuations_and_greens_are_those_that_SUMO_counted()
    {
        SumoScenario scenario = SumoScenario.Read(
            Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg")) with { EndS = EndS };
        City city = CityBuilder.Build(SumoNetwork.Import(scenario.Network));
        Detector[] loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop && d.At.Value < 10)];
        string log = Path.Combine(_folder, "events.csv");
        EvaluationResult run = new EvaluationRun(new EvaluationOptions
        {
            Scenario = scenario with { Additional = [WriteSumoLoops(city, loops)] },
            Policy = "actuated", Output = _folder, HiRes = log,
        }, city).Run(null, CancellationToken.None);
        Assert.Empty(run.Score.Problems);

        var events = new HiResLog();
        events.AddFile(log);
        Assert.Equal(0, events.Bad.Count);
        HiResEvent[] all = [.. events.InOrder().SelectMany(m => m.ToArray())];
        CompareLoops(run.City, loops, all, events.Devices);
        CompareGreens(run.City, all, events.Devices);
        CompareMeasure(log, all, events);
    }

    /// <summary>SUMO's own induction loops at the same places.</summary>
    private string WriteSumoLoops(City city, Detector[] loops)
    {
        string path = Path.Combine(_folder, "loops.add.xml");
        new XElement("additional", loops.Select(d => new XElement("inductionLoop",
            new XAttribute("id", d.Id), new XAttribute("lane", city.Lanes[d.Lane].Id),
            new XAttribute("pos", (city.Lanes[d.Lane].Length.Value - d.At.Value).ToString(CultureInfo.InvariantCulture)),
            new XAttribute("freq", "100000"), new XAttribute("file", Path.Combine(_folder, "loops.xml"))))).Save(path);
        return path;
    }

    private void CompareLoops(City city, Detector[] loops, HiResEvent[] events, DeviceDirectory devices)
    {
        Dictionary<string, int> counted = XDocument.Load(Path.Combine(_folder, "loops.xml")).Descendants("interval")
            .ToDictionary(x => (string)x.Attribute("id")!, x => (int)x.Attribute("nVehEntered")!);
        var wiring = new CityBrain.Engine.EventLog.DetectorWiring(city);
        int vehicles = 0, entered = 0;
        foreach (Detector d in loops)
        {
            int device = devices.IndexOf(city.Intersections[d.Intersection].Id), number = wiring.Number(d.Index);
            int on = events.Count(e => e.Device == device && e.EventId == EventIds.DetectorOn && e.Parameter == number);
            // The last second of the run is SUMO's alone: nobody reads the loops after it.
            // A few change lanes on top of a loop, and SUMO's last second is read by nobody.
            Assert.InRange(counted[d.Id] - on, -3, 3);
            entered += counted[d.Id];
            vehicles += on;
        }
        Assert.True(vehicles > 300, $"only {vehicles} vehicles: the test sees nothing");
        Assert.InRange((double)vehicles / entered, 0.985, 1.005);
    }

    private void CompareGreens(City city, HiResEvent[] events, DeviceDirectory devices)
    {
        var states = XDocument.Load(Path.Combine(_folder, "tls_states.xml")).Descendants("tlsState")
            .GroupBy(x => (string)x.Attribute("id")!, x => ((double)x.Attribute("time")!, (string)x.Attribute("state")!));
        int greens = 0;
        foreach (var signal in states)
        {
            int device = devices.IndexOf(signal.Key);
            (double AtS, string State)[] shown = [.. signal];
            city.TryIntersection(signal.Key, out int intersection);
            for (int g = 0; g < city.Intersections[intersection].Groups.Length; g++)
            {
                long[] begins = [.. Enumerable.Range(1, shown.Length - 1)
                    .Where(k => shown[k].State[g] is 'g' or 'G' && shown[k - 1].State[g] is not ('g' or 'G'))
                    .Select(k => (long)(shown[k].AtS * 1000))];
                long[] logged = [.. events.Where(e => e.Device == device && e.EventId == EventIds.BeginGreen
                    && e.Parameter == g + 1).Select(e => e.TimeMs)];
                Assert.Equal(begins, logged);
                greens += begins.Length;
            }
        }
        Assert.True(greens > 100, $"only {greens} greens: the test sees nothing");
    }

    private static void CompareMeasure(string log, HiResEvent[] events, HiResLog source)
    {
        DetectorTable table = DetectorTableReader.Read(EventLogFile.TablePath(log), source.Devices).Table;
        var rows = new Rows();
        var run = new MeasureRun(new MeasurePlan(new BinSize(900_000), table, new MeasureSettings(),
            [(MeasureCatalog.ArrivalOnGreen, rows), (MeasureCatalog.SplitFailures, rows), (MeasureCatalog.YellowRed, rows)]));
        run.Accept(events);
        run.Finish();
        Assert.Equal(0, run.OutOfOrder + run.Repeated);
        Assert.True(rows.Count > 60, $"only {rows.Count} rows");
    }

    private sealed class Rows : IRowSink
    {
        public int Count { get; private set; }
        public void Write(in MeasureRow row) => Count++;
    }
}
