using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>Takes what the sensors say.</summary>
public delegate void EventSink(in CityEvent e, ReadOnlySpan<byte> extra);

/// <summary>
/// A city in which vehicles and people move and obey the signals of its controllers, one second a step. Pure:
/// the same city, options and commands give the same run on every machine. After a warm-up nothing is allocated.
/// A round: observe, then offer commands to <see cref="Controllers"/> at <see cref="NowMs"/>, then
/// <see cref="Step"/>.
/// </summary>
public sealed class SimulatedCity
{
    private readonly SimulationOptions _options;
    private readonly LaneStore _store;
    private readonly EntryFlows _flows;
    private readonly IRouter _router;
    private readonly Traffic _traffic;
    private readonly Crossings _people;
    private readonly LoopCounts _loops;
    private readonly Sensors _sensors;
    private readonly int[] _queueFirst, _queueLast;
    private readonly int[] _wrecks;
    /// <summary>By intersection: what its signal heads show.</summary>
    private readonly Aspect[][] _heads;
    private SeededRandom _arrivals, _onFoot;

    public SimulatedCity(City city, SimulationOptions options)
    {
        City = city;
        _options = options;
        Roads = new RoadGraph(city);
        _store = new LaneStore(city.Lanes.Length, options.Capacity);
        _flows = options.Flows?.Invoke(Roads) ?? new EntryFlows(Roads.Entries.Select(_ => 250.0));
        _router = options.Router?.Invoke(Roads) ?? new TurningShares(city);
        _people = new Crossings(city, options.PeoplePerHour);
        _loops = new LoopCounts(city);
        Figures = new TrafficFigures(city.Movements.Length);
        _traffic = new Traffic(Roads, _store, new StopLine(Roads, _store, _people), _loops, _router, Figures);
        Controllers = [.. city.Intersections.Select(i => new FieldController(city, i.Index, options.Field))];
        _sensors = new Sensors(city, _store, _loops, _people, Controllers);
        _queueFirst = new int[Roads.Entries.Length];
        _queueLast = new int[Roads.Entries.Length];
        Array.Fill(_queueFirst, -1);
        Array.Fill(_queueLast, -1);
        _wrecks = new int[options.Accidents.Count];
        Array.Fill(_wrecks, -1);
        _arrivals = SeededRandom.For(options.Seed, 1);
        _onFoot = SeededRandom.For(options.Seed, 2);
        NowMs = options.StartMs;
        _heads = [.. city.Intersections.Select(i => new Aspect[i.Groups.Length])];
        StepControllers();
    }

    public City City { get; }
    public RoadGraph Roads { get; }
    /// <summary>By intersection.</summary>
    public FieldController[] Controllers { get; }
    public TrafficFigures Figures { get; }
    /// <summary>The feed's clock, milliseconds.</summary>
    public long NowMs { get; private set; }
    /// <summary>Seconds since the beginning.</summary>
    public int ElapsedS { get; private set; }
    /// <summary>Second of the simulated day.</summary>
    public double DayS => _options.DayS + ElapsedS;
    /// <summary>People who have crossed a street, and the seconds they waited for it.</summary>
    public (long Crossed, long WaitedS) OnFoot => (_people.Crossed, _people.WaitedS);

    /// <summary>Controllers decide for the coming second, people and vehicles move through it.</summary>
    public void Step()
    {
        StepControllers();
        _loops.Clear();
        double share = _options.DemandShare * _flows.Share(DayS);
        MoveWrecks();
        _people.Step(ElapsedS, _heads, share, ref _onFoot);
        _traffic.Step(ElapsedS, _heads);
        Schedule(share);
        EnterWaiting();
        CountStanding();
        ElapsedS++;
        NowMs += 1000;
    }

    /// <summary>Says all that the sensors and controllers report at this instant; the tick is the caller's.</summary>
    public void Observe(EventSink sink)
    {
        if (!_options.ControllersElsewhere) _sensors.Report(NowMs, sink);
        _sensors.Observe(NowMs, sink);
    }

    /// <summary>As <see cref="Observe(EventSink)"/>, into a batch; the events that found no room in it.</summary>
    public int Observe(EventBatch batch)
    {
        int lost = 0;
        Observe((in CityEvent e, ReadOnlySpan<byte> extra) => lost += batch.TryAdd(e, extra) ? 0 : 1);
        return lost;
    }

    /// <summary>What the heads of an intersection show.</summary>
    public ReadOnlySpan<Aspect> Heads(int intersection) => _heads[intersection];

    /// <summary>
    /// Says what a controller that stands elsewhere shows; false, and nothing changes, unless there is one aspect per
    /// signal group.
    /// </summary>
    public bool SetHeads(int intersection, ReadOnlySpan<Aspect> aspects) =>
        aspects.Length == _heads[intersection].Length && aspects.TryCopyTo(_heads[intersection]);

    /// <summary>Vehicles on a lane now, wrecks included.</summary>
    public int VehiclesOn(int lane) => _store.Count[lane];

    /// <summary>The vehicles of a lane, nearest to its end first; returns how many fitted.</summary>
    public int Look(int lane, Span<VehicleSighting> into) => _sensors.Look(lane, 0, double.MaxValue, into);

    /// <summary>Adds where everybody is and what every controller shows.</summary>
    public void AddTo(ref Digest digest)
    {
        digest.Add(NowMs);
        for (int lane = 0; lane < _store.First.Length; lane++)
        {
            for (int i = _store.First[lane]; i >= 0; i = _store.Vehicles[i].Behind)
            {
                ref readonly Vehicle v = ref _store.Vehicles[i];
                digest.Add(lane);
                digest.Add(v.Position);
                digest.Add(v.Speed);
                digest.Add(v.Destination);
            }
        }
        foreach (FieldController controller in Controllers) controller.AddTo(ref digest);
        digest.Add(Figures.Arrived);
        digest.Add(Figures.LostS);
    }

    private void StepControllers()
    {
        if (_options.ControllersElsewhere) return;
        foreach (FieldController controller in Controllers)
            controller.Step(NowMs).CopyTo(_heads[controller.Intersection]);
    }

    private void Schedule(double share)
    {
        for (int entry = 0; entry < Roads.Entries.Length; entry++)
        {
            if (!_flows.Begins(entry, share, ref _arrivals)) continue;
            Figures.Scheduled++;
            int i = _store.Take();
            if (i < 0)
            {
                Figures.TurnedAway++;
                continue;
            }
            ref Vehicle v = ref _store.Vehicles[i];
            v.Type = VehicleType.Draw(ref _arrivals);
            v.Length = VehicleType.All[v.Type].LengthM;
            v.SpeedShare = (float)_arrivals.Next(0.88, 1.08);
            v.Random = (uint)_arrivals.NextBits() | 1;
            v.Destination = _router.Destination(Roads.Entries[entry], ref _arrivals);
            v.ScheduledS = ElapsedS;
            v.MovedStep = -1;
            v.Ahead = _queueLast[entry];
            if (v.Ahead >= 0) _store.Vehicles[v.Ahead].Behind = i;
            else _queueFirst[entry] = i;
            _queueLast[entry] = i;
            Figures.WaitingToEnter++;
        }
    }

    private void EnterWaiting()
    {
        for (int entry = 0; entry < Roads.Entries.Length; entry++)
        {
            int i = _queueFirst[entry], lane = Roads.Entries[entry];
            if (i < 0) continue;
            ref Vehicle v = ref _store.Vehicles[i];
            float gap = _store.RoomM(lane, Roads.LengthM[lane]) - v.Length - Following.StandingGapM;
            if (gap < 0 && _store.Last[lane] >= 0) continue;
            _queueFirst[entry] = v.Behind;
            if (v.Behind >= 0) _store.Vehicles[v.Behind].Ahead = -1;
            else _queueLast[entry] = -1;
            Place(i, lane, gap);
        }
        Figures.WaitedToEnterS += Figures.WaitingToEnter;
    }

    private void Place(int i, int lane, float gap)
    {
        ref Vehicle v = ref _store.Vehicles[i];
        int last = _store.Last[lane];
        float limit = Math.Min(Roads.LimitMps[lane] * v.SpeedShare, VehicleType.All[v.Type].MaxSpeedMps);
        float leader = last >= 0 ? _store.Vehicles[last].Speed : limit;
        _store.Insert(i, lane, last);
        v.Position = Math.Min(v.Length, Roads.LengthM[lane]);
        v.Speed = Math.Min(limit, Following.SafeSpeed(gap, leader, VehicleType.All[v.Type].Deceleration));
        v.LostS = ElapsedS - v.ScheduledS;
        _traffic.ChooseNext(ref v, lane);
        Figures.WaitingToEnter--;
        Figures.Inside++;
    }

    private void MoveWrecks()
    {
        for (int k = 0; k < _wrecks.Length; k++)
        {
            Accident accident = _options.Accidents[k];
            if (_wrecks[k] < 0 && ElapsedS >= accident.FromS && ElapsedS < accident.UntilS)
                _wrecks[k] = _traffic.PlaceWreck(accident);
            else if (_wrecks[k] >= 0 && ElapsedS >= accident.UntilS)
            {
                _traffic.ClearWreck(_wrecks[k]);
                _wrecks[k] = -1;
            }
        }
    }

    private void CountStanding()
    {
        Figures.StandingNow = _traffic.StandingNow;
        Figures.StandingMost = Math.Max(Figures.StandingMost, Figures.StandingNow);
    }
}
