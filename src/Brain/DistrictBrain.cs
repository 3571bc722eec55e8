using CityBrain.Engine;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Safety;

namespace CityBrain.Brain;

/// <summary>
/// One district's brain: events in, commands out, on one thread. Live, replay and simulation call the same
/// <see cref="Accept"/>; whoever calls it has journaled the event first. Same events, same commands, bit for bit.
/// Nothing is allocated after construction.
/// </summary>
public sealed class DistrictBrain
{
    private readonly City _city;
    private readonly TrafficEngine _engine;
    private readonly SafetyGate _gate;
    private readonly ISignalPolicy _policy;
    private readonly PlanExchange? _exchange;
    private readonly int[] _intersections;
    private readonly SignalStatus[] _signals;
    private Digest _running;
    private OutflowCounters _unwanted;
    private bool _started;

    /// <exception cref="ArgumentException">The policy, rules or district is not known.</exception>
    public DistrictBrain(City city, BrainOptions options)
    {
        Options = options;
        _city = (TimingRules.Find(options.Rules)
            ?? throw new ArgumentException($"there are no rules '{options.Rules}'", nameof(options))).Apply(city);
        _engine = new TrafficEngine(_city, new EngineOptions());
        _gate = new SafetyGate(_city, GateOptions.Default);
        int district = District(_city, options.District);
        _policy = Policies.Create(options.Policy, _city,
            new PolicyOptions { HeadwayFactor = options.HeadwayFactor, District = district });
        _exchange = _policy.Exchange;
        _intersections = [.. _city.Intersections
            .Where(i => district < 0 || i.District == district).Select(i => i.Index)];
        Border = district < 0 ? DistrictBorder.None
            : new DistrictBorder(PlanBorder.Detectors(_city, district), _exchange?.Neighbours ?? []);
        Outflows = new EventBatch(_exchange?.MostEvents ?? 0, _exchange?.MostBytes ?? 0);
        _signals = new SignalStatus[_city.Intersections.Length];
        Commands = new CommandBuffer(_city.Intersections.Length, Math.Max(1, _city.MaxGroups));
    }

    public BrainOptions Options { get; }
    /// <summary>The city as this brain times it.</summary>
    public City City => _city;
    public TrafficState Traffic => _engine.State;
    public TrafficEngine Engine => _engine;
    public SafetyGate Gate => _gate;
    public ISignalPolicy Policy => _policy;
    /// <summary>Dense indices of the intersections this brain serves.</summary>
    public ReadOnlySpan<int> Intersections => _intersections;
    /// <summary>The commands of the last tick; empty after any other event.</summary>
    public CommandBuffer Commands { get; }
    /// <summary>What this brain needs from beyond its district: readings and plans.</summary>
    public DistrictBorder Border { get; }
    /// <summary>
    /// What the neighbouring districts are to be told after the last tick, one event an intersection at their
    /// border; empty after any other event.
    /// </summary>
    public EventBatch Outflows { get; }
    /// <summary>What became of what they told.</summary>
    public OutflowCounters OutflowsHeard => _exchange?.Counters ?? _unwanted;
    /// <summary>Events accepted, ticks among them.</summary>
    public ulong EventCount { get; private set; }
    /// <summary>Time of the last tick, milliseconds of the feed's clock.</summary>
    public long NowMs { get; private set; }
    /// <summary>Ticks that did not move time forward: refused.</summary>
    public ulong RefusedTicks { get; private set; }
    /// <summary>Overrides that named no intersection, stage or kind: refused.</summary>
    public ulong RefusedOverrides { get; private set; }

    /// <summary>
    /// Takes one event. On a tick it decides, and <see cref="Commands"/> holds what the controllers are to be told.
    /// Never throws on an event's content: what makes no sense is refused and counted.
    /// </summary>
    public void Accept(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        Commands.Clear();
        Outflows.Clear();
        EventCount++;
        switch (e.Kind)
        {
            case EventKind.Tick: Tick(e.TimeMs); break;
            case EventKind.Override: TakeOverride(e); break;
            case EventKind.Outflow: HearOutflow(e, extra); break;
            default: _engine.Accept(e, extra); break;
        }
    }

    /// <summary>Takes events of loops one after the other, the fast way; the same as <see cref="Accept"/> for each.</summary>
    public void AcceptLoops(ReadOnlySpan<CityEvent> loops)
    {
        Commands.Clear();
        Outflows.Clear();
        EventCount += (ulong)loops.Length;
        _engine.AcceptLoops(loops);
    }

    /// <summary>
    /// Hash of every command so far and of the whole state now. Two brains with equal digests have decided alike
    /// and will go on deciding alike.
    /// </summary>
    public ulong Digest()
    {
        Digest digest = _running;
        digest.Add((long)EventCount);
        digest.Add(NowMs);
        _engine.AddTo(ref digest);
        _gate.AddTo(ref digest);
        _policy.AddTo(ref digest);
        return digest.Value;
    }

    private void Tick(long timeMs)
    {
        if (_started && timeMs <= NowMs)
        {
            RefusedTicks++;
            return;
        }
        NowMs = timeMs;
        _engine.Tick(timeMs);
        if (!_started) _gate.Start(timeMs);
        _started = true;
        _exchange?.Forget(timeMs);
        foreach (int i in _intersections) _signals[i] = _gate.Status(i, timeMs);
        foreach (int i in _intersections) Decide(i);
        _exchange?.Tell(timeMs, Outflows);
        AddCommands();
    }

    private void Decide(int index)
    {
        var view = new IntersectionView
        {
            City = _city,
            Intersection = _city.Intersections[index],
            Traffic = _engine.State,
            Signal = _signals[index],
            Signals = _signals,
            NowMs = NowMs,
        };
        var reason = default(DecisionReason);
        int wanted = _policy.Choose(view, ref reason);
        reason.Asked = (short)wanted;
        _gate.Apply(index, wanted, ref reason, _engine.State, NowMs, Commands);
    }

    private void HearOutflow(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (_exchange is not null)
        {
            _exchange.Hear(e, extra, NowMs);
            return;
        }
        _unwanted.Received++;
        _unwanted.Unknown++;
    }

    private void TakeOverride(in CityEvent e)
    {
        bool known = (uint)e.Index < (uint)_city.Intersections.Length
            && e.Code <= (byte)OverrideKind.Programme && e.A is >= 0 and < short.MaxValue && e.B is >= 0 and <= 86_400;
        if (!known || !_gate.Override(e.Index, (OverrideKind)e.Code, (int)e.A, NowMs, NowMs + (long)(e.B * 1000f)))
            RefusedOverrides++;
    }

    private void AddCommands()
    {
        for (int i = 0; i < Commands.Count; i++)
        {
            ref readonly SignalCommand command = ref Commands[i];
            _running.Add(((ulong)(uint)command.Intersection << 32) | command.Sequence);
            _running.Add(command.TimeMs);
            _running.Add(((int)command.Kind << 16) | (ushort)command.TargetStage);
            foreach (Aspect aspect in Commands.Aspects(i)) _running.Add((int)aspect);
        }
    }

    /// <summary>Dense index of a district; -1 for the whole city.</summary>
    private static int District(City city, string? id)
    {
        if (id is null) return -1;
        return city.TryDistrict(id, out int index) ? index
            : throw new ArgumentException($"the city has no district '{id}'", nameof(id));
    }
}
