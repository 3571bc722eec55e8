using System.Diagnostics;
using CityBrain.Brain;
using CityBrain.Ingest;
using CityBrain.Model;
using CityBrain.Simulation;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>What is evaluated, and how.</summary>
public sealed record EvaluationOptions
{
    public required SumoScenario Scenario { get; init; }
    public required string Policy { get; init; }
    public required string Output { get; init; }
    public TimingRules Rules { get; init; } = TimingRules.Network;
    public int Seed { get; init; } = 1;
    public double DemandScale { get; init; } = 1;
    public double HeadwayFactor { get; init; } = 1;
    public SensorFaults Faults { get; init; } = SensorFaults.None;
    /// <summary>Corridors of which trajectories and signals are kept, from when to when, seconds of the clock.</summary>
    internal IReadOnlyList<Corridor> Corridors { get; init; } = [];
    internal (double FromS, double ToS) Window { get; init; }
    /// <summary>A brain for each district of the city instead of one for all.</summary>
    public bool BrainPerDistrict { get; init; }
    /// <summary>Tells the brains of a run with several districts nothing of each other's plans.</summary>
    public bool MuteNeighbours { get; init; }
    /// <summary>Keep a journal of all events in the folder `journal` of the output, one a district.</summary>
    public bool Journal { get; init; }
    /// <summary>Counts what the sensors say; null for nothing.</summary>
    internal WhatIf.StreetCounts? Counts { get; init; }
    /// <summary>File for the controllers' high-resolution events; null for none.</summary>
    public string? HiRes { get; init; }
}

/// <summary>How it went.</summary>
public sealed record EvaluationResult
{
    public required EvaluationOptions Options { get; init; }
    /// <summary>The city as it was timed.</summary>
    public required City City { get; init; }
    public required SumoScore Score { get; init; }
    public required SumoSafetyReport Safety { get; init; }
    /// <summary>The longest wait of every movement, the longest first.</summary>
    public required IReadOnlyList<MovementWait> Waits { get; init; }
    internal IReadOnlyList<CorridorTrace> Traces { get; init; } = [];
    public required int Intersections { get; init; }
    public required long Ticks { get; init; }
    public required long Commands { get; init; }
    public required long Refusals { get; init; }
    public required long Fallbacks { get; init; }
    /// <summary>Of the brain; with several, of their digests in order.</summary>
    public required ulong Digest { get; init; }
    /// <summary>
    /// Brains, and the planned outflows that passed between them: messages, bytes, and what became of each.
    /// </summary>
    public required int Districts { get; init; }
    public required long OutflowMessages { get; init; }
    public required long OutflowBytes { get; init; }
    public required long OutflowsAccepted { get; init; }
    public required long OutflowsRefused { get; init; }
    /// <summary>Wall-clock seconds: in all, in SUMO and the talk with it, in sensors and codec, in the brain.</summary>
    public required double WallS { get; init; }
    public required double SumoS { get; init; }
    public required double SensorS { get; init; }
    public required double BrainS { get; init; }
    /// <summary>Microseconds from tick to commands, for the whole city: half of the ticks, 99 of 100, the longest.</summary>
    public required double DecisionP50Us { get; init; }
    public required double DecisionP99Us { get; init; }
    public required double DecisionMaxUs { get; init; }

    /// <summary>Comparable and safe.</summary>
    public bool Good => Score.Problems.Count == 0 && Safety.Safe;
    /// <summary>No movement waited longer than its intersection's bound.</summary>
    public bool WithinBound => !Waits.Any(w => w.OverBound);
}

/// <summary>
/// One run: SUMO as the street, the product's own decoder, brain, gate and field controllers in between, second by
/// second. What is decided at t saw the vehicles at t, and is shown from t on. Where each district has a
/// brain of its own they take turns at a tick, and what one plans at t the others hear before t + 1.
/// </summary>
public sealed class EvaluationRun
{
    private readonly EvaluationOptions _options;
    private readonly City _city;
    private readonly DistrictSide[] _sides;
    private readonly FieldController[] _field;
    private readonly FeedUplink _uplink;
    private readonly OutflowPost _post;
    private readonly List<long> _decisionTicks = [];
    private long _commands, _sumoTicks, _sensorTicks, _brainTicks;

    /// <param name="options">What to run.</param>
    /// <param name="city">The scenario's network, as imported.</param>
    public EvaluationRun(EvaluationOptions options, City city)
    {
        _options = options;
        string?[] districts = options.BrainPerDistrict ? [.. city.Districts.Select(d => d.Id)] : [null];
        _sides = [.. districts.Select(d => new DistrictSide(city, new BrainOptions
        {
            Policy = options.Policy, Rules = options.Rules.Name, District = d,
            HeadwayFactor = options.HeadwayFactor,
        }))];
        _city = _sides[0].Brain.City;
        _field = [.. city.Intersections.Select(i =>
            new FieldController(_city, i.Index, new FieldOptions { SwitchedOnNow = true }))];
        _uplink = new FeedUplink(_city, _sides, options.Faults, options.Seed);
        _post = new OutflowPost(_city);
    }

    /// <summary>Runs to the end and scores what SUMO wrote.</summary>
    /// <param name="progress">Told once a simulated second: seconds run, vehicles on the road.</param>
    /// <param name="cancel">Ends the run; SUMO is stopped.</param>
    /// <exception cref="SumoMissingException">There is no SUMO.</exception>
    /// <exception cref="SumoRunException">SUMO did not run to the end.</exception>
    /// <exception cref="SumoFileException">An output cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public EvaluationResult Run(Action<double, int>? progress, CancellationToken cancel)
    {
        var wall = Stopwatch.StartNew();
        SumoScenario scenario = _options.Scenario;
        Directory.CreateDirectory(_options.Output);
        var street = SumoStreet.Start(scenario, _city, new SumoStreetOptions
        {
            Seed = _options.Seed, Output = _options.Output, DemandScale = _options.DemandScale,
            UnseenShare = _options.Faults.Lost,
        }, cancel);
        using var record = new RunRecord(_sides, _options);
        using (street)
        {
            while (street.NowMs < scenario.EndS * 1000)
            {
                cancel.ThrowIfCancellationRequested();
                Second(street, record);
                progress?.Invoke(street.NowMs / 1000.0 - scenario.BeginS, street.VehicleCount);
            }
            Timed(ref _sumoTicks, street.Finish);
        }
        return Result(wall, record);
    }

    private void Second(SumoStreet street, RunRecord record)
    {
        long nowMs = street.NowMs, start = Stopwatch.GetTimestamp();
        street.Observe(_uplink);
        SumoScenario scenario = _options.Scenario;
        _uplink.Deliver(nowMs, _options.Faults.Blind(nowMs / 1000.0, scenario.BeginS, scenario.EndS));
        if (_decisionTicks.Count > 0) Report(nowMs);
        long observed = Stopwatch.GetTimestamp();
        foreach (DistrictSide side in _sides) side.Add(CityEvent.Tick(nowMs), default);
        long decided = Stopwatch.GetTimestamp();
        foreach (DistrictSide side in _sides) Obey(side.Brain.Commands, nowMs);
        foreach (FieldController c in _field) street.Show(c.Intersection, c.Step(nowMs));
        record.Second(street, _field, nowMs);
        Exchange();
        street.Step();
        _sensorTicks += observed - start;
        _brainTicks += decided - observed;
        _decisionTicks.Add(decided - observed);
        _sumoTicks += Stopwatch.GetTimestamp() - decided;
    }

    // The cabinets say what they have been showing; before the first step they have shown nothing.
    private void Report(long nowMs)
    {
        foreach (FieldController c in _field)
        {
            int side = _sides.Length == 1 ? 0 : _city.Intersections[c.Intersection].District;
            _uplink.Deliver(new ControllerReport(nowMs, c.Intersection, c.Mode, -1, c.LastSequence, c.LastRefusal),
                c.Shown, _sides[side]);
        }
    }

    private void Exchange()
    {
        foreach (DistrictSide side in _sides) _post.Collect(side.Brain);
        if (_options.MuteNeighbours) _post.Drop();
        else _post.Deliver(_sides);
    }

    private void Obey(CommandBuffer commands, long nowMs)
    {
        for (int i = 0; i < commands.Count; i++)
        {
            ref readonly SignalCommand c = ref commands[i];
            _commands++;
            _field[c.Intersection].Offer(new ReceivedCommand(
                c.Kind, c.Intersection, c.Sequence, c.TimeMs, c.ValidUntilMs, c.TargetStage), commands.Aspects(i), nowMs);
        }
    }

    private EvaluationResult Result(Stopwatch wall, RunRecord record)
    {
        SumoScore score = SumoScore.Of(_options.Scenario, _options.Output, _options.DemandScale);
        SumoSafetyReport safety = SumoSafety.Check(_options.Scenario, _options.Output);
        _decisionTicks.Sort();
        double Us(double share) => _decisionTicks.Count == 0 ? 0
            : _decisionTicks[(int)(share * (_decisionTicks.Count - 1))] * 1e6 / Stopwatch.Frequency;
        return new EvaluationResult
        {
            Options = _options,
            City = _city,
            Score = score,
            Safety = safety,
            Waits = record.Finish((long)(_options.Scenario.EndS * 1000)),
            Traces = record.Traces,
            Intersections = _field.Length,
            Ticks = _decisionTicks.Count,
            Commands = _commands,
            Refusals = _field.Sum(c => c.RefusedInAll),
            Fallbacks = _field.Sum(c => c.Fallbacks),
            Digest = Digest(),
            Districts = _sides.Length,
            OutflowMessages = _post.Messages,
            OutflowBytes = _post.Bytes,
            OutflowsAccepted = _sides.Sum(s => s.Brain.OutflowsHeard.Accepted),
            OutflowsRefused = _sides.Sum(s => s.Brain.OutflowsHeard.Received - s.Brain.OutflowsHeard.Accepted),
            WallS = wall.Elapsed.TotalSeconds,
            SumoS = Seconds(_sumoTicks),
            SensorS = Seconds(_sensorTicks),
            BrainS = Seconds(_brainTicks),
            DecisionP50Us = Us(0.5),
            DecisionP99Us = Us(0.99),
            DecisionMaxUs = Us(1),
        };
    }

    private ulong Digest()
    {
        if (_sides.Length == 1) return _sides[0].Brain.Digest();
        var digest = default(Digest);
        foreach (DistrictSide side in _sides) digest.Add(side.Brain.Digest());
        return digest.Value;
    }

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;

    private static void Timed(ref long ticks, Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        ticks += Stopwatch.GetTimestamp() - start;
    }
}
