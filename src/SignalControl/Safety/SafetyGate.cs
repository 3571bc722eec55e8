using CityBrain.Model;

namespace CityBrain.SignalControl.Safety;

/// <summary>
/// The only maker of signal commands. It takes wishes for stages from whoever asks, knows nothing of how they came
/// about, and keeps what every intersection must keep: no conflicting greens, yellow, intergreens, shortest and longest
/// greens, time for people on foot, a bound on the wait of every movement with a caller. What it cannot vouch for it
/// gives up to the intersection's own programme. Asked once per tick and intersection; allocates nothing then, and the
/// same calls give the same commands.
/// </summary>
public sealed partial class SafetyGate
{
    private readonly City _city;
    private readonly GateOptions _options;
    private readonly ControlledIntersection[] _all;
    private readonly WaitBound _bound;
    private readonly Aspect[] _reported;
    private readonly long[] _reportedSinceMs;

    public SafetyGate(City city, GateOptions options)
    {
        _city = city;
        _options = options;
        _bound = new WaitBound(city.MaxGroups, options.TickMs);
        _reported = new Aspect[city.MaxGroups];
        _reportedSinceMs = new long[city.MaxGroups];
        ILookup<int, int> sensors = city.Detectors.Where(d => d.Kind != DetectorKind.Button)
            .ToLookup(d => d.Intersection, d => d.Index);
        _all = [.. city.Intersections.Select(i =>
            new ControlledIntersection(i, options.TickMs, [.. sensors[i.Index]]))];
    }

    /// <summary>
    /// Begins to command. Sequence numbers go on from the clock's seconds, so that they are above those of an earlier
    /// run; every intersection is taken over from what its controller reports.
    /// </summary>
    public void Start(long nowMs)
    {
        foreach (ControlledIntersection c in _all)
        {
            c.Sequence = (uint)(nowMs / 1000);
            TakeOverAgain(c);
        }
    }

    /// <summary>What the signals do, for the policy; nothing may be changed unless the gate commands.</summary>
    public SignalStatus Status(int intersection, long nowMs)
    {
        ControlledIntersection c = _all[intersection];
        bool mayChange = c.Mode == IntersectionMode.Commanding && !c.Runner.Changing
            && c.Runner.MinGreenLeftMs(nowMs) <= 0;
        return new SignalStatus
        {
            Stage = Math.Max(0, c.Runner.Stage),
            StageSinceMs = c.Runner.StageSinceMs,
            PreviousStage = Math.Max(0, c.Runner.PreviousStage),
            Changing = c.Runner.Changing,
            MayChange = mayChange,
            MustChange = c.MustChange,
        };
    }

    public IntersectionMode Mode(int intersection) => _all[intersection].Mode;

    /// <summary>Why an intersection was given up; None while it is not.</summary>
    public Rule ReleasedFor(int intersection) => _all[intersection].ReleasedFor;

    public GateCounters Counters(int intersection) => _all[intersection].Counters;

    /// <summary>The aspects last commanded, one per group.</summary>
    public ReadOnlySpan<Aspect> Shown(int intersection) => _all[intersection].Runner.Shown;

    /// <summary>The order in force, its stage (-1: none) and its end; Release when there is none.</summary>
    public (OverrideKind Kind, int Stage, long UntilMs) OverrideOf(int intersection, long nowMs)
    {
        OperatorOverride order = _all[intersection].Override;
        return order.Runs(nowMs) ? (order.Kind, order.Stage, order.UntilMs) : (OverrideKind.Release, -1, 0);
    }

    /// <summary>An operator steps in until an instant; false when there is no such intersection or stage.</summary>
    public bool Override(int intersection, OverrideKind kind, int stage, long nowMs, long untilMs)
    {
        if ((uint)intersection >= (uint)_all.Length || kind > OverrideKind.Programme) return false;
        ControlledIntersection c = _all[intersection];
        bool needsStage = kind is OverrideKind.Force or OverrideKind.Skip;
        if (needsStage && (uint)stage >= (uint)c.Intersection.Stages.Length) return false;
        c.Override = new OperatorOverride
        {
            Kind = kind,
            Stage = needsStage ? stage : -1,
            UntilMs = Math.Min(untilMs, nowMs + _options.LongestOverrideMs),
        };
        return true;
    }

    /// <summary>
    /// One tick of one intersection: goes on with a change, or weighs the wish, and adds a command when aspects change
    /// or the controller must hear from the brain again. Completes the reason.
    /// </summary>
    public void Apply(int intersection, int wantedStage, ref DecisionReason reason, TrafficState traffic, long nowMs,
        CommandBuffer output)
    {
        ControlledIntersection c = _all[intersection];
        reason.Asked = (short)wantedStage;
        Rule trouble = Trouble(c, traffic, nowMs);
        if (!MayCommand(c, trouble, traffic, nowMs, output)) return;
        if (c.Mode == IntersectionMode.TakingOver && !TryTakeOver(c, wantedStage, ref reason, traffic, nowMs)) return;
        if (c.Runner.Changing) GoOn(c, ref reason, traffic, nowMs);
        else Weigh(c, wantedStage, ref reason, traffic, nowMs);
        Show(c, in reason, nowMs, output);
    }

    /// <summary>Adds everything remembered to the digest.</summary>
    public void AddTo(ref Digest digest)
    {
        foreach (ControlledIntersection c in _all) c.AddTo(ref digest);
    }

    private void GoOn(ControlledIntersection c, ref DecisionReason reason, TrafficState traffic, long nowMs)
    {
        if (reason.Asked != c.Runner.Stage) reason.Gate = Rule.Changing;
        Advance(c, traffic, nowMs);
    }

    /// <summary>Goes on with a change, whose greens wait for the box.</summary>
    private void Advance(ControlledIntersection c, TrafficState traffic, long nowMs)
    {
        long boxUntilMs = c.Runner.StageSinceMs + _options.BoxClearanceMs;
        bool clear = nowMs < c.Runner.StageSinceMs || nowMs >= boxUntilMs
            || BoxClearance.IsClear(_city, c.Intersection, c.Runner, traffic, _options, nowMs);
        if (!clear) c.Counters.BoxHolds++;
        c.Runner.Advance(nowMs, clear);
    }

    /// <summary>Decides whether to leave the stage shown, and for which.</summary>
    private void Weigh(
        ControlledIntersection c, int wanted, ref DecisionReason reason, TrafficState traffic, long nowMs)
    {
        StageRunner runner = c.Runner;
        _bound.Look(c.Intersection, c.Times, runner, traffic, c.Override.Skipped(nowMs));
        reason.LongestWaitGroup = (short)_bound.LongestGroup;
        reason.LongestWaitS = _bound.Waiting == 0 ? 0 : (nowMs - _bound.LongestSinceMs) * 0.001f;
        int wish = Resolve(c, wanted, ref reason, nowMs);
        if (runner.MinGreenLeftMs(nowMs) > 0)
        {
            if (wish != runner.Stage) reason.Gate = Rule.MinGreen;
            return;
        }
        int stage = Bounded(c, wish, ref reason, nowMs);
        if (stage == runner.Stage) return;
        runner.Begin(stage, nowMs);
        Advance(c, traffic, nowMs);
        c.ChangeReason = reason;
        c.MustChange = false;
    }

    /// <summary>The next stage on the way to the wish, the operator's before the policy's.</summary>
    private static int Resolve(ControlledIntersection c, int wanted, ref DecisionReason reason, long nowMs)
    {
        int present = c.Runner.Stage, stages = c.Intersection.Stages.Length;
        if ((uint)wanted >= (uint)stages)
        {
            c.Counters.BadWishes++;
            wanted = present;
        }
        int wish = c.Override.Resolve(wanted, present, stages, nowMs);
        if (wish != wanted) reason.Gate = Rule.Operator;
        int hop = c.Times.Hop(present, wish);
        if (hop >= 0) return hop;
        c.Counters.BadWishes++;
        return present;
    }

    /// <summary>The wish within the longest wait and the longest green.</summary>
    private int Bounded(ControlledIntersection c, int wish, ref DecisionReason reason, long nowMs)
    {
        int present = c.Runner.Stage;
        int due = _bound.MaxOut(c.Runner, wish, nowMs);
        c.MustChange = due >= 0;
        if (due >= 0 && due != wish)
        {
            reason.Gate = Rule.MaxOut;
            c.Counters.MaxOut++;
            wish = c.Times.Hop(present, due);
        }
        int stage = _bound.Decide(present, wish, nowMs);
        if (stage == wish) return wish;
        reason.Gate = Rule.WaitBound;
        c.Counters.WaitBound++;
        return c.Times.Hop(present, stage) is >= 0 and int hop ? hop : present;
    }

    /// <summary>Adds the command for what the runner shows, after the last check.</summary>
    private void Show(ControlledIntersection c, in DecisionReason reason, long nowMs, CommandBuffer output)
    {
        ReadOnlySpan<Aspect> shown = c.Runner.Shown;
        bool changed = !shown.SequenceEqual(c.Sent);
        if (!changed && !c.SendNow && nowMs - c.SentMs < _options.KeepAliveMs) return;
        if (c.Check.Check(shown, nowMs) != Violation.None)
        {
            c.Counters.Violations++;
            GiveUp(c, Rule.Invariant, nowMs, output);
            return;
        }
        c.Check.Accept(shown, nowMs);
        shown.CopyTo(c.Sent);
        c.SentMs = nowMs;
        c.SendNow = false;
        if (changed) c.Counters.Changes++;
        else c.Counters.KeepAlives++;
        ref readonly DecisionReason why = ref changed ? ref c.ChangeReason : ref reason;
        output.Add(new SignalCommand(CommandKind.Show, c.Intersection.Index, ++c.Sequence, nowMs,
            nowMs + c.Intersection.Limits.Fallback.Value, c.Runner.Stage, changed, in why), shown);
    }
}
