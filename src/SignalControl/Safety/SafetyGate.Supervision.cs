using CityBrain.Model;

namespace CityBrain.SignalControl.Safety;

// When the gate may command: taking over, giving up, taking back.
public sealed partial class SafetyGate
{
    /// <summary>
    /// Gives an intersection up to its own programme; it is taken back when all has been well for a while.
    /// </summary>
    public void Release(int intersection, Rule rule, long nowMs, CommandBuffer output)
    {
        ControlledIntersection c = _all[intersection];
        if (c.Mode != IntersectionMode.Released) GiveUp(c, rule, nowMs, output);
    }

    private void GiveUp(ControlledIntersection c, Rule rule, long nowMs, CommandBuffer output)
    {
        c.Mode = IntersectionMode.Released;
        c.ReleasedFor = rule;
        c.WellSinceMs = -1;
        c.MustChange = false;
        c.Counters.Releases++;
        bool spoken = c.SentMs == nowMs;
        c.SendNow = spoken;      // one command per tick and intersection: the release follows with the next tick
        if (!spoken) SendRelease(c, nowMs, output);
    }

    private static void SendRelease(ControlledIntersection c, long nowMs, CommandBuffer output)
    {
        c.SentMs = nowMs;
        c.SendNow = false;
        DecisionReason reason = default;
        reason.Rule = reason.Gate = c.ReleasedFor;
        reason.Asked = reason.LongestWaitGroup = -1;
        output.Add(new SignalCommand(CommandKind.Release, c.Intersection.Index, ++c.Sequence, nowMs,
            nowMs + c.Intersection.Limits.Fallback.Value, -1, changed: true, in reason), []);
    }

    /// <summary>Why the intersection cannot be commanded now, or None.</summary>
    private Rule Trouble(ControlledIntersection c, TrafficState traffic, long nowMs)
    {
        ref readonly ControllerState controller = ref traffic.Controllers[c.Intersection.Index];
        if (controller.Mode is ControllerMode.Fault or ControllerMode.Off) return Rule.ControllerFault;
        if (controller.Mode == ControllerMode.Flash && c.Intersection.Programme is not null)
            return Rule.ControllerFault;    // without a programme of its own it can do nothing but flash
        if (controller.Mode != ControllerMode.Unknown && nowMs - controller.SeenMs > _options.ControllerSilentMs)
            return Rule.ControllerFault;
        if (c.Override.Kind == OverrideKind.Programme && c.Override.Runs(nowMs)) return Rule.Operator;
        // To be taken back, data must be twice as fresh as to be kept: sensors that come and go do not make it flap.
        int staleMs = c.Mode == IntersectionMode.Released ? _options.StaleAfterMs / 2 : _options.StaleAfterMs;
        return c.Sensors.Length > 0 && nowMs - LastSeenMs(c, traffic) > staleMs ? Rule.Stale : Rule.None;
    }

    private static long LastSeenMs(ControlledIntersection c, TrafficState traffic)
    {
        long last = 0;
        foreach (int d in c.Sensors) last = Math.Max(last, traffic.Detectors[d].SeenMs);
        foreach (int lane in c.Intersection.StopLineLanes) last = Math.Max(last, traffic.Lanes[lane].SeenMs);
        return last;
    }

    /// <summary>Goes from mode to mode; false when the intersection is given up.</summary>
    private bool MayCommand(
        ControlledIntersection c, Rule trouble, TrafficState traffic, long nowMs, CommandBuffer output)
    {
        if (c.Mode == IntersectionMode.Released) return TakesBack(c, trouble, traffic, nowMs, output);
        if (trouble != Rule.None)
        {
            GiveUp(c, trouble, nowMs, output);
            return false;
        }
        if (c.Mode == IntersectionMode.Commanding && Disagrees(c, traffic, nowMs)) TakeOverAgain(c);
        return true;
    }

    private bool TakesBack(
        ControlledIntersection c, Rule trouble, TrafficState traffic, long nowMs, CommandBuffer output)
    {
        bool obeys = traffic.Controllers[c.Intersection.Index].Mode == ControllerMode.Remote;
        if (c.SendNow || (obeys && nowMs - c.SentMs >= _options.KeepAliveMs)) SendRelease(c, nowMs, output);
        if (trouble != Rule.None)
        {
            c.WellSinceMs = -1;
            c.ReleasedFor = trouble;
            return false;
        }
        if (c.WellSinceMs < 0) c.WellSinceMs = nowMs;
        int waitMs = c.ReleasedFor == Rule.Invariant ? _options.TakeBackAfterInvariantMs : _options.TakeBackMs;
        if (nowMs - c.WellSinceMs < waitMs || c.SentMs == nowMs) return false;
        TakeOverAgain(c);
        return true;
    }

    private static void TakeOverAgain(ControlledIntersection c)
    {
        c.Mode = IntersectionMode.TakingOver;
        c.ReleasedFor = Rule.None;
        c.WellSinceMs = -1;
        c.MustChange = false;
    }

    /// <summary>
    /// The controller has reported for a while that it runs by itself or shows something else than it was told: it
    /// refused a command or was restarted. One report in agreement starts the time anew.
    /// </summary>
    private bool Disagrees(ControlledIntersection c, TrafficState traffic, long nowMs)
    {
        bool agrees = traffic.Controllers[c.Intersection.Index].Mode == ControllerMode.Remote;
        for (int g = 0; g < c.Sent.Length; g++)
            agrees &= traffic.Group(c.Intersection.Index, g).Reported == c.Sent[g];
        if (agrees) c.DisagreesSinceMs = -1;
        else if (c.DisagreesSinceMs < 0) c.DisagreesSinceMs = nowMs;
        return !agrees && nowMs - c.DisagreesSinceMs >= _options.DisagreeMs;
    }

    /// <summary>
    /// Goes on from the aspects that the controller reports: as the stage they are, or else with a change from them.
    /// Waits while a yellow is shown, while conflicting greens are, or while nothing fresh was said.
    /// </summary>
    private bool TryTakeOver(ControlledIntersection c, int wanted, ref DecisionReason reason, TrafficState traffic,
        long nowMs)
    {
        Intersection at = c.Intersection;
        ref readonly ControllerState controller = ref traffic.Controllers[at.Index];
        if (controller.Mode == ControllerMode.Unknown || nowMs - controller.SeenMs > _options.DisagreeMs) return false;
        Span<Aspect> shown = _reported.AsSpan(0, at.Groups.Length);
        Span<long> sinceMs = _reportedSinceMs.AsSpan(0, at.Groups.Length);
        for (int g = 0; g < shown.Length; g++)
        {
            ref readonly GroupState group = ref traffic.Group(at.Index, g);
            shown[g] = group.Reported;
            sinceMs[g] = Math.Min(group.ReportedSinceMs, nowMs);
            if (shown[g] is Aspect.Yellow or Aspect.RedYellow) return false;
        }
        if (!Compatible(at, shown)) return false;
        return Adopt(c, shown, sinceMs, wanted, ref reason, nowMs);
    }

    private bool Adopt(ControlledIntersection c, ReadOnlySpan<Aspect> shown, ReadOnlySpan<long> sinceMs, int wanted,
        ref DecisionReason reason, long nowMs)
    {
        int stage = StageOf(c.Intersection, shown);
        c.Runner.Adopt(shown, sinceMs, stage);
        c.Check.Adopt(shown, sinceMs);
        shown.CopyTo(c.Sent);
        if (stage < 0)
        {
            if (c.Runner.MinGreenLeftMs(nowMs) > 0) return false;
            bool known = (uint)wanted < (uint)c.Intersection.Stages.Length;
            c.Runner.Begin(known ? wanted : 0, nowMs);
            c.ChangeReason = reason;
        }
        c.Mode = IntersectionMode.Commanding;
        c.DisagreesSinceMs = -1;
        c.SendNow = true;
        c.Counters.TakeOvers++;
        return true;
    }

    /// <summary>The stage that is shown, or -1.</summary>
    private static int StageOf(Intersection at, ReadOnlySpan<Aspect> shown)
    {
        foreach (Stage s in at.Stages)
            if (shown.SequenceEqual(s.Aspects)) return s.Index;
        return -1;
    }

    private static bool Compatible(Intersection at, ReadOnlySpan<Aspect> shown)
    {
        for (int a = 0; a < shown.Length; a++)
            for (int b = a + 1; b < shown.Length; b++)
                if (!at.Conflicts.Compatible(a, shown[a], b, shown[b])) return false;
        return true;
    }
}
