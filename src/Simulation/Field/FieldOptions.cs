namespace CityBrain.Simulation;

/// <summary>How one controller on the street is set up.</summary>
public sealed record FieldOptions
{
    /// <summary>Milliseconds without a fresh, safe command before its own programme; 0 takes the intersection's limit.</summary>
    public long FallbackMs { get; init; }

    /// <summary>How far a command's time may lie ahead of the controller's clock, milliseconds.</summary>
    public long ClockSkewMs { get; init; } = 2000;

    /// <summary>
    /// A command that is early by no more than this against a yellow, an intergreen or a shortest green waits for it
    /// instead of being refused: what the brain sends three seconds apart does not arrive exactly so. Milliseconds.
    /// </summary>
    public long EarlyMs { get; init; } = 300;

    /// <summary>
    /// True: switched on just now, so it begins from all-red, for as long as the longest intergreens, and joins its
    /// programme group by group. False: the programme has been running, and the first step shows what it shows then.
    /// </summary>
    public bool SwitchedOnNow { get; init; }
}
