using CityBrain.Brain;
using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.Simulation;
using CityBrain.Simulation.Sumo;
using CityBrain.Street;

namespace CityBrain.WhatIf;

/// <summary>One way to control the signals.</summary>
/// <param name="Name">For the report.</param>
/// <param name="City">The city with the plans to be tried.</param>
/// <param name="Options">Policy and rules.</param>
internal sealed record WhatIfCase(string Name, City City, BrainOptions Options);

/// <summary>One simulated run of a case: seconds lost by a vehicle, and what its sensors counted.</summary>
internal sealed record WhatIfRun(int Seed, double DelayS, StreetCounts Counts);

/// <summary>Simulates a case under a demand; seeds differ in drivers and in single trips.</summary>
internal interface IWhatIfStreet
{
    /// <summary>What simulates.</summary>
    string Name { get; }

    /// <summary>How the drivers were set, in words.</summary>
    string Drivers { get; }

    /// <summary>Why what the calibration found is not to be believed; null when it is.</summary>
    string? Doubt { get; }

    /// <summary>
    /// Sets what the recording does not say of the drivers so that the baseline loses as much time in view as it.
    /// </summary>
    void Calibrate(WhatIfCase baseline, StreetCounts recorded, int seed, CancellationToken cancel);

    /// <summary>Other assumptions to try.</summary>
    IReadOnlyList<WhatIfVariation> Variations { get; }

    WhatIfRun Run(WhatIfCase what, int seed, WhatIfVariation variation, CancellationToken cancel);
}

/// <summary>SUMO as the street, where the city's network is one.</summary>
internal sealed class SumoWhatIf(
    string net, string folder, City city, RoadNetwork roads, Demand demand, double beginS, double lengthS) : IWhatIfStreet
{
    private const double UsualTauS = 1, LongestTauS = 2.5, GoodEnough = 0.05;
    /// <summary>
    /// With SUMO's usual 1 s a queue discharges at some 1.9 s a vehicle, the base value of HCM 19; its adjustment factors
    /// together seldom make that longer than 2.7 s, which is a tau of 1.8 s.
    /// </summary>
    private const double PlausibleTauS = 1.8;
    private const int MostRuns = 5;
    private readonly HashSet<(int Entry, int Exit)> _severalWays = RouteChoice.Of(demand, roads);
    private double _tauS = UsualTauS;
    private bool _choose;

    public string Name => "SUMO";

    public string Drivers => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"drivers keep {_tauS:0.00} s to the one ahead (SUMO's tau)") + (_severalWays.Count == 0 ? ""
        : _choose ? " and take the quickest way where several were seen between the same ends"
        : " and keep their ways (choosing them did not fit the counts)");

    public IReadOnlyList<WhatIfVariation> Variations => _severalWays.Count == 0 ? WhatIfVariation.OfDemand
        : [.. WhatIfVariation.OfDemand, new WhatIfVariation(
            _choose ? "everybody keeps the way taken in the recording" : "drivers take the quickest way", OtherWays: true)];

    public string? Doubt => _tauS <= PlausibleTauS ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"drivers would have to keep {_tauS:0.0} s to the one ahead (at most {PlausibleTauS:0.0} s is plausible): ")
        + "something that the counts do not show held this street up";

    /// <summary>
    /// The time that drivers keep to the one ahead sets what a green can serve. It is searched by halving between SUMO's
    /// usual 1 s and 2.5 s; shorter ones are not tried. Drivers choose among ways unless the turns counted tell against it.
    /// </summary>
    public void Calibrate(WhatIfCase baseline, StreetCounts recorded, int seed, CancellationToken cancel)
    {
        double low = UsualTauS, high = LongestTauS;
        (_tauS, _choose) = (UsualTauS, _severalWays.Count > 0);
        for (int run = 0; run < MostRuns; run++)
        {
            WhatIfRun tried = Run(baseline, seed, WhatIfVariation.None, cancel);
            if (_choose && run == 0 && !MovementFit.IsGood(MovementFit.All(city, recorded, [tried])))
            {
                _choose = false;
                tried = Run(baseline, seed, WhatIfVariation.None, cancel);
            }
            double share = tried.Counts.LostRate / Math.Max(0.1, recorded.LostRate);
            if (Math.Abs(share - 1) < GoodEnough || (run == 0 && share > 1)) return;
            if (share < 1) low = _tauS;
            else high = _tauS;
            _tauS = (low + high) / 2;
        }
    }

    public WhatIfRun Run(WhatIfCase what, int seed, WhatIfVariation variation, CancellationToken cancel)
    {
        string place = Path.Combine(folder, what.Name, $"{seed}", variation.Name.Replace(" %", "", StringComparison.Ordinal));
        SumoScenario scenario = SumoTrips.Write(net, place, city, roads, demand, beginS, lengthS, (ulong)seed, _tauS,
            _choose != variation.OtherWays ? _severalWays : []);
        var counts = new StreetCounts(what.City, (long)(scenario.BeginS * 1000), (long)(scenario.EndS * 1000),
            arrivals: false);
        EvaluationResult result = new EvaluationRun(new EvaluationOptions
        {
            Scenario = scenario, Policy = what.Options.Policy, Rules = TimingRules.Find(what.Options.Rules)!,
            HeadwayFactor = what.Options.HeadwayFactor, Seed = seed, Output = place, Counts = counts,
            DemandScale = variation.Demand,
        }, what.City).Run(null, cancel);
        return new WhatIfRun(seed, result.Score.MeanDelayS, counts);
    }
}

/// <summary>The product's own traffic model on the city's geometry, for any city.</summary>
internal sealed class OwnWhatIf(
    City city, RoadNetwork roads, Demand demand, StreetCounts recorded, double beginS, double lengthS) : IWhatIfStreet
{
    /// <summary>Vehicles waiting to enter or on the road at one time.</summary>
    private const int Capacity = 1 << 16;
    /// <summary>Parts of the profile over the time, seconds.</summary>
    private const int ProfileS = 300;

    public string Name => "the built-in traffic model";

    public string Drivers => "drivers are the model's usual ones";

    public string? Doubt => null;

    /// <summary>The model has no free parameter: its drivers are those of the demo city.</summary>
    public void Calibrate(WhatIfCase baseline, StreetCounts counted, int seed, CancellationToken cancel)
    {
    }

    public IReadOnlyList<WhatIfVariation> Variations => WhatIfVariation.OfDemand;

    public WhatIfRun Run(WhatIfCase what, int seed, WhatIfVariation variation, CancellationToken cancel)
    {
        long beginMs = (long)(beginS * 1000);
        var run = new SimulatedRun(what.City, new SimulationOptions
        {
            Seed = (ulong)seed, StartMs = beginMs, DayS = 0, Capacity = Capacity, PeoplePerHour = 0,
            Flows = g => Flows(g, variation.Demand), Router = _ => new TurningShares(city, Shares()),
        }, what.Options);
        var counts = new StreetCounts(what.City, beginMs, beginMs + (long)(lengthS * 1000), arrivals: false);
        run.Watch = (in CityEvent e, ReadOnlySpan<byte> _, DistrictBrain brain) =>
        {
            if (e.Kind == EventKind.Tick) counts.Tick(brain.Traffic, e.TimeMs);
            else counts.Accept(e);
        };
        for (int s = 0; s < (int)lengthS; s++)
        {
            cancel.ThrowIfCancellationRequested();
            run.Step();
        }
        return new WhatIfRun(seed, run.City.Figures.MeanDelayS, counts);
    }

    private float[] Shares() => [.. city.Movements.Select(m => (float)(recorded.Of(m) + 0.01))];

    /// <summary>
    /// An entry road's flow is spread evenly over its lanes; all entries share one profile over the time, and so one that is
    /// coarser than a cycle.
    /// </summary>
    private EntryFlows Flows(RoadGraph graph, double scale)
    {
        double[] all = [.. Enumerable.Range(0, demand.Entering.Max(e => e.Length)).Select(p => demand.Entering.Sum(e => e[p]))];
        double[] byPart = [.. all.Chunk(ProfileS / StreetCounts.PartS).Select(c => c.Average())];
        double mean = Math.Max(1e-9, byPart.Average());
        var perHour = new Dictionary<int, double>();
        for (int e = 0; e < roads.Entries.Length; e++)
        {
            int[] lanes = [.. roads.Lanes[roads.Entries[e]].Where(graph.Entries.Contains)];
            foreach (int lane in lanes) perHour[lane] = scale * demand.Entering[e].Sum() / lanes.Length * 3600 / lengthS;
        }
        return new EntryFlows(graph.Entries.Select(l => perHour.GetValueOrDefault(l)),
            byPart.Select((n, p) => ((p + 0.5) * ProfileS, n / mean)));
    }
}
