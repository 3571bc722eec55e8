namespace CityBrain.SignalControl.Safety;

/// <summary>Times of the gate that are not the network's own; all in milliseconds.</summary>
public sealed record GateOptions
{
    public static readonly GateOptions Default = new();

    /// <summary>The last command is sent again after this long, so that the controller does not fall back.</summary>
    public int KeepAliveMs { get; init; } = 2_000;

    /// <summary>Data of an intersection is stale when none of its sensors spoke for this long.</summary>
    public int StaleAfterMs { get; init; } = 10_000;

    /// <summary>A controller silent for this long is given up.</summary>
    public int ControllerSilentMs { get; init; } = 15_000;

    /// <summary>
    /// A controller that reports for this long that it runs its own programme or shows other aspects than commanded is
    /// taken over anew.
    /// </summary>
    public int DisagreeMs { get; init; } = 5_000;

    /// <summary>An intersection given up is taken back when all has been well for this long.</summary>
    public int TakeBackMs { get; init; } = 10_000;

    /// <summary>The same after a broken invariant.</summary>
    public int TakeBackAfterInvariantMs { get; init; } = 60_000;

    /// <summary>Longest operator override; a longer one is cut.</summary>
    public int LongestOverrideMs { get; init; } = 3_600_000;

    /// <summary>
    /// While vehicles in the junction box would be in the way at the end of a change, the next stage's greens wait up to
    /// this long beyond the intergreen; 0 switches it off. No bound on waits counts with it.
    /// </summary>
    public int BoxClearanceMs { get; init; } = 10_000;

    /// <summary>What a lane's camera showed longer ago tells nothing of who is in the box.</summary>
    public int BoxSeenMs { get; init; } = 4_000;

    /// <summary>
    /// A vehicle that gives way to nobody any more and will have left the box within this time is not waited for: the first
    /// one of the next green needs as long to move off and get there. Seconds.
    /// </summary>
    public float BoxLeaveS { get; init; } = 2.5f;

    /// <summary>
    /// A vehicle in the box that is faster than this, and gives way to nobody any more, drives through and is not waited
    /// for, m/s.
    /// </summary>
    public float BoxPassMps { get; init; } = 5;

    /// <summary>The distance of ticks that bounds are planned with; durations are rounded up to it.</summary>
    public int TickMs { get; init; } = 1_000;
}
