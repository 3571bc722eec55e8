using CityBrain.Engine.Health;
using CityBrain.Engine.Lanes;
using CityBrain.Engine.Loops;
using CityBrain.Engine.Signals;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine;

/// <summary>
/// Events in, <see cref="TrafficState"/> out. Deterministic, on one thread, and free of allocation after
/// construction.
/// </summary>
public sealed class TrafficEngine
{
    private readonly City _city;
    private readonly EngineOptions _options;
    private readonly CameraZones _cameras;
    private readonly LaneFlows _flows;
    private readonly Discharge _discharge;
    private readonly TurnCounts _turns;
    private readonly Totals _totals;
    private readonly ClosedWindows _windows;
    private readonly FineWindows? _fine;
    private readonly LoopBank _loops;
    private readonly LoopLanes _loopLanes;
    private readonly DetectorHealth _health;
    private readonly GroupCalls _calls;
    private EngineCounters _counters;
    private bool _started, _ticked;

    public TrafficEngine(City city, EngineOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.LatenessMs, 10_000);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxAheadMs, 30_000);
        _city = city;
        _options = options;
        State = new TrafficState(city);
        Priors.Fill(city, State, options);
        int loops = city.Detectors.Count(d => d.Kind == DetectorKind.Loop);
        Rows = new WindowRows(options.RowCapacity > 0 ? options.RowCapacity : 4 * loops + 1024);
        _windows = new ClosedWindows(city.Detectors.Length, Rows);
        _fine = options.FineWindows ? new FineWindows(city.Detectors.Length, options.LatenessMs) : null;
        _loops = new LoopBank(city.Detectors, State.Detectors, _windows, _fine, options.LatenessMs);
        _loopLanes = new LoopLanes(city, State, _loops, _windows);
        _health = new DetectorHealth(city, State, options);
        _cameras = new CameraZones(city, State);
        _discharge = new Discharge(city, State, options);
        _turns = new TurnCounts(city, State);
        _totals = new Totals(city, State);
        _flows = new LaneFlows(city, State, _discharge, _turns);
        _calls = new GroupCalls(city, State, options);
    }

    public TrafficState State { get; }

    public EngineCounters Counters => _counters;

    /// <summary>Closed windows of 60 s, 5 and 15 min, for whoever keeps them.</summary>
    public WindowRows Rows { get; }

    /// <summary>The last closed window of a detector; its Readings are 0 when there was none.</summary>
    public WindowRow LastWindow(int detector, WindowLength length) => length != WindowLength.Seconds5
        ? _windows.Last(detector, length)
        : _fine is null ? default : _fine.Last(detector);

    /// <summary>
    /// Takes one event with its side data. Ticks go to <see cref="Tick"/>; overrides and links concern others and
    /// are only counted.
    /// </summary>
    public void Accept(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        _counters.Received++;
        LoopBank.Count(Route(e, extra), ref _counters);
    }

    /// <summary>Takes many loop readings at once, the fast way.</summary>
    public void Accept(ReadOnlySpan<LoopReading> batch)
    {
        if (batch.Length == 0) return;
        if (!_started) Start(batch[0].TimeMs);
        _loops.Accept(batch, ref _counters, _health);
    }

    /// <summary>
    /// Takes events of loops, the fast way: the same as one after the other. An event of another kind is refused.
    /// </summary>
    public void AcceptLoops(ReadOnlySpan<CityEvent> batch)
    {
        if (batch.Length == 0) return;
        if (!_started) Start(batch[0].TimeMs);
        _loops.Accept(batch, ref _counters, _health);
    }

    /// <summary>Everything up to this instant has been said.</summary>
    public void Tick(long nowMs)
    {
        if (!_ticked) _calls.Start(nowMs);
        _started = _ticked = true;
        State.NowMs = Math.Max(State.NowMs, nowMs);
        _loops.SetClock(State.NowMs, State.NowMs + _options.MaxAheadMs);
        _fine?.SetClock(State.NowMs);
        _loopLanes.Update(State.NowMs);
        _health.Update(State.NowMs, _windows, _loops);
        _calls.Update(State.NowMs);
        _totals.Tick();
    }

    private Fate Route(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (!_started) Start(e.TimeMs);
        if (e.Kind == EventKind.Loop)
            return _loops.Accept(new LoopReading(e.TimeMs, e.Index, e.A, e.B, e.C), e.Sequence, _health);
        if (e.TimeMs < 0) return Fate.Impossible;
        if (_ticked && e.TimeMs > State.NowMs + _options.MaxAheadMs) return Fate.Impossible;
        switch (e.Kind)
        {
            case EventKind.Camera:
                return Is(e.Index, DetectorKind.Camera) ? Camera(e, extra) : Fate.Unknown;
            case EventKind.Button:
                if (!Is(e.Index, DetectorKind.Button)) return Fate.Unknown;
                if (e.Code == 1) _calls.Press(_city.Detectors[e.Index], e.TimeMs);
                return Seen(e, Fate.Accepted);
            case EventKind.Controller:
                return (uint)e.Index < (uint)_city.Intersections.Length ? Controller(e, extra) : Fate.Unknown;
            default:
                return Fate.Accepted;
        }
    }

    /// <summary>Before the first tick the first reading says what time it is.</summary>
    private void Start(long timeMs)
    {
        _started = true;
        _loops.SetClock(Math.Max(0, timeMs), long.MaxValue);
        _fine?.SetClock(Math.Max(0, timeMs));
    }

    private bool Is(int detector, DetectorKind kind) =>
        (uint)detector < (uint)_city.Detectors.Length && _city.Detectors[detector].Kind == kind;

    private Fate Camera(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        Fate fate = _cameras.Accept(e, extra, out int dropped);
        _counters.SightingsDropped += dropped;
        if (fate == Fate.Impossible) _health.Impossible(e.Index);
        if (fate == Fate.Accepted) _flows.Update(_city.Detectors[e.Index], e.TimeMs);
        return Seen(e, fate);
    }

    private Fate Controller(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        Intersection intersection = _city.Intersections[e.Index];
        if (extra.Length != intersection.Groups.Length || e.Code > (byte)ControllerMode.Off) return Fate.Impossible;
        foreach (byte aspect in extra)
            if (aspect > (byte)Aspect.Off) return Fate.Impossible;
        ref ControllerState state = ref State.Controllers[e.Index];
        if (e.TimeMs < state.SeenMs) return Fate.TooLate;
        state.Mode = (ControllerMode)e.Code;
        state.SeenMs = e.TimeMs;
        for (int g = 0; g < extra.Length; g++) _calls.Report(e.Index, g, (Aspect)extra[g], e.TimeMs);
        return Fate.Accepted;
    }

    private Fate Seen(in CityEvent e, Fate fate)
    {
        if (fate is not (Fate.Accepted or Fate.OutOfOrder)) return fate;
        ref DetectorState state = ref State.Detectors[e.Index];
        state.SeenMs = Math.Max(state.SeenMs, e.TimeMs);
        return fate;
    }

    /// <summary>Adds the state and everything remembered behind it to the digest.</summary>
    public void AddTo(ref Digest digest)
    {
        digest.Add(State.NowMs);
        StateDigest.AddTo(State, ref digest);
        _cameras.AddTo(ref digest);
        _flows.AddTo(ref digest);
        _discharge.AddTo(ref digest);
        _turns.AddTo(ref digest);
        _loops.AddTo(ref digest);
        _loopLanes.AddTo(ref digest);
        _windows.AddTo(ref digest);
        _fine?.AddTo(ref digest);
        _health.AddTo(ref digest);
        _calls.AddTo(ref digest);
        _counters.AddTo(ref digest);
    }
}
