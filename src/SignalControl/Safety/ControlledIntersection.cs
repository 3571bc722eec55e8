using CityBrain.Model;
using CityBrain.SignalControl.Timings;

namespace CityBrain.SignalControl.Safety;

/// <summary>All that the gate remembers of one intersection.</summary>
internal sealed class ControlledIntersection(Intersection intersection, int tickMs, int[] sensors)
{
    public readonly Intersection Intersection = intersection;
    public readonly StageTimes Times = new(intersection, tickMs);
    public readonly StageRunner Runner = new(intersection);
    public readonly AspectCheck Check = new(intersection);
    /// <summary>Detectors that say something regularly: loops and cameras.</summary>
    public readonly int[] Sensors = sensors;

    public IntersectionMode Mode;
    /// <summary>Why it was given up.</summary>
    public Rule ReleasedFor;
    public OperatorOverride Override;
    public bool MustChange;

    public uint Sequence;
    public long SentMs;
    public bool SendNow;
    /// <summary>Commanding: instant since which the controller has reported something else, or -1.</summary>
    public long DisagreesSinceMs = -1;
    /// <summary>Given up: instant since which all has been well, or -1.</summary>
    public long WellSinceMs = -1;
    public readonly Aspect[] Sent = new Aspect[intersection.Groups.Length];
    /// <summary>Why the change under way was begun.</summary>
    public DecisionReason ChangeReason;
    public GateCounters Counters;

    public void AddTo(ref Digest digest)
    {
        digest.Add((int)Mode | (int)ReleasedFor << 8 | (MustChange ? 1 << 16 : 0) | (SendNow ? 1 << 17 : 0));
        digest.Add(Sequence);
        digest.Add(SentMs);
        digest.Add(DisagreesSinceMs);
        digest.Add(WellSinceMs);
        Override.AddTo(ref digest);
        Runner.AddTo(ref digest);
        Check.AddTo(ref digest);
    }
}
