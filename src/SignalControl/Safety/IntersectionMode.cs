namespace CityBrain.SignalControl.Safety;

/// <summary>Who runs an intersection, as the gate sees it.</summary>
public enum IntersectionMode : byte
{
    /// <summary>Nobody was taken over yet: the controller has not spoken, or it shows a change.</summary>
    TakingOver,
    /// <summary>The gate commands.</summary>
    Commanding,
    /// <summary>Given up: the controller runs its own programme.</summary>
    Released,
}

/// <summary>What the gate counted at one intersection since the start.</summary>
public record struct GateCounters
{
    /// <summary>Commands that changed aspects.</summary>
    public long Changes;
    /// <summary>Commands sent again to keep the controller.</summary>
    public long KeepAlives;
    /// <summary>Ticks at which the bound on waits decided against the policy.</summary>
    public long WaitBound;
    /// <summary>Ticks at which the longest green decided against the policy.</summary>
    public long MaxOut;
    /// <summary>Times the intersection was given up.</summary>
    public long Releases;
    /// <summary>Times the controller was taken over.</summary>
    public long TakeOvers;
    /// <summary>Aspects that the last check refused.</summary>
    public long Violations;
    /// <summary>Wishes for a stage that is not there or cannot be reached.</summary>
    public long BadWishes;
    /// <summary>Ticks at which greens waited for the junction box to clear.</summary>
    public long BoxHolds;
}
