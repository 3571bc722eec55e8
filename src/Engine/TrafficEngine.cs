using CityBrain.Engine.Lanes;
using CityBrain.Engine.Loops;
using CityBrain.Engine.Signals;
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
    private readonly LoopReadings _loops;
    private readonly GroupCalls _calls;
    private EngineCounters _counters;
    private bool _started;

    public TrafficEngine(City city, EngineOptions options)
    {
        _city = city;
        _options = options;
        State = new TrafficState(city);
        Priors.Fill(city, State, options);
        _cameras = new CameraZones(city, State);
        _loops = new LoopReadings(city, State);
        _calls = new GroupCalls(city, State, options);
    }

    public TrafficState State { get; }

    public EngineCounters Counters => _counters;

    /// <summary>
    /// Takes one event with its side data. Ticks go to <see cref="Tick"/>; overrides and links concern others and
    /// are only counted.
    /// </summary>
    public void Accept(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        _counters.Received++;
        Count(Route(e, extra));
    }

    /// <summary>Everything up to this instant has been said.</summary>
    public void Tick(long nowMs)
    {
        if (!_started) _calls.Start(nowMs);
        _started = true;
        State.NowMs = Math.Max(State.NowMs, nowMs);
        _calls.Update(State.NowMs);
    }

    private Fate Route(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (e.TimeMs < 0 || (_started && e.TimeMs > State.NowMs + _options.MaxAheadMs)) return Fate.Impossible;
        switch (e.Kind)
        {
            case EventKind.Camera:
                return Is(e.Index, DetectorKind.Camera) ? Camera(e, extra) : Fate.Unknown;
            case EventKind.Loop:
                return Is(e.Index, DetectorKind.Loop) ? Seen(e, _loops.Accept(e)) : Fate.Unknown;
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

    private bool Is(int detector, DetectorKind kind) =>
        (uint)detector < (uint)_city.Detectors.Length && _city.Detectors[detector].Kind == kind;

    private Fate Camera(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        Fate fate = _cameras.Accept(e, extra, out int dropped);
        _counters.SightingsDropped += dropped;
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

    private void Count(Fate fate)
    {
        switch (fate)
        {
            case Fate.Accepted: _counters.Accepted++; break;
            case Fate.OutOfOrder:
                _counters.Accepted++;
                _counters.OutOfOrder++;
                break;
            case Fate.TooLate: _counters.TooLate++; break;
            case Fate.Duplicate: _counters.Duplicate++; break;
            case Fate.Impossible: _counters.Impossible++; break;
            default: _counters.Unknown++; break;
        }
    }

    /// <summary>Adds the state and everything remembered behind it to the digest.</summary>
    public void AddTo(ref Digest digest)
    {
        digest.Add(State.NowMs);
        StateDigest.AddTo(State, ref digest);
        _cameras.AddTo(ref digest);
        _loops.AddTo(ref digest);
        _calls.AddTo(ref digest);
        _counters.AddTo(ref digest);
    }
}
