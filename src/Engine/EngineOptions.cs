namespace CityBrain.Engine;

/// <summary>Bounds and priors of the engine. One set serves every network.</summary>
public sealed record EngineOptions
{
    /// <summary>A window takes readings until this long after its end, milliseconds; at most 10,000.</summary>
    public int LatenessMs { get; init; } = 10_000;

    /// <summary>A reading further ahead of the present is impossible, milliseconds; at most 30,000.</summary>
    public int MaxAheadMs { get; init; } = 30_000;

    /// <summary>Keep windows of 5 s too.</summary>
    public bool FineWindows { get; init; } = true;

    /// <summary>Closed windows kept for whoever fetches them; 0 for four per loop and 1,024.</summary>
    public int RowCapacity { get; init; }

    /// <summary>A sensor without a word for this long is silent, milliseconds.</summary>
    public int SilentAfterMs { get; init; } = 30_000;

    /// <summary>A vehicle whose front is within this distance of the stop line calls its groups, metres.</summary>
    public float CallDistanceM { get; init; } = 30;

    /// <summary>A loop at the stop line that is covered for this long calls its groups, milliseconds.</summary>
    public int CoveredCallsMs { get; init; } = 2_000;

    /// <summary>
    /// Groups whose lanes have no working sensor, and pedestrian groups without a button, call whenever they are
    /// not green (recall, FHWA Signal Timing Manual 2nd ed., 5.1.4), so that nobody waits unseen.
    /// </summary>
    public bool RecallUndetected { get; init; } = true;

    /// <summary>Prior saturation headway of a lane, seconds a vehicle (2,000 vehicles an hour).</summary>
    public float SaturationHeadwayS { get; init; } = 1.8f;

    /// <summary>Prior start-up loss after begin of green, seconds (HCM 6th ed., ch. 19).</summary>
    public float StartUpLossS { get; init; } = 2.0f;
}
