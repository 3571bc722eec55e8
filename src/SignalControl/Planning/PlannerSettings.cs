namespace CityBrain.SignalControl.Planning;

/// <summary>
/// What the look-ahead assumes before it has measured anything. One set serves every network: nothing here is
/// tuned to a place. Times in seconds, lengths in metres, flows in vehicles a second.
/// </summary>
public sealed record PlannerSettings
{
    public static readonly PlannerSettings Default = new();

    /// <summary>How far ahead a plan is priced.</summary>
    public int HorizonS { get; init; } = 80;
    /// <summary>Seconds a vehicle at a protected stop line while a queue discharges.</summary>
    public float HeadwayS { get; init; } = 1.8f;
    /// <summary>Share of the saturation flow in the 1st, 2nd, 3rd second of a green: the start-up loss.</summary>
    public float[] StartUp { get; init; } = [0.25f, 0.7f, 1f];
    /// <summary>Share of the saturation flow still used in the 1st, 2nd, 3rd second of yellow.</summary>
    public float[] YellowUse { get; init; } = [1f, 0.5f, 0f];
    /// <summary>Follow-up time of permissive turns that find no oncoming traffic (HCM: 2.5 s).</summary>
    public float PermissiveHeadwayS { get; init; } = 2.5f;
    /// <summary>Follow-up time of turns on red after a stop, where the network allows them.</summary>
    public float OnRedHeadwayS { get; init; } = 3f;
    /// <summary>How fast trust in a green fades, per second for which the first vehicle does not use it.</summary>
    public float RefusalWeight { get; init; } = 1f;
    /// <summary>Weighted seconds that one stop costs beside its waiting.</summary>
    public float StopPenaltyS { get; init; } = 4f;
    /// <summary>Seconds of wait after which a vehicle counts twice.</summary>
    public float WaitDoublesS { get; init; } = 60f;
    /// <summary>
    /// Where a queue fills the link behind it, each of its vehicles weighs more by so much of those that wait at the
    /// neighbour for room, shared among them; at most so much more in all.
    /// </summary>
    public float HeldUpWeight { get; init; } = 0.5f;
    public float MostHeldUpWeight { get; init; } = 2f;
    /// <summary>Front-to-front distance of standing vehicles.</summary>
    public float JamSpacingM { get; init; } = 7.5f;
    /// <summary>
    /// Intersections joined by a link shorter than this, two vehicles, are planned as one, metres from exit to stop line.
    /// </summary>
    public float JointLinkM { get; init; } = 15f;
    /// <summary>
    /// Weighted seconds a second that a vehicle costs which finds no place on such a link, or takes the last one where
    /// the links form a ring.
    /// </summary>
    public float InTheWayWeight { get; init; } = 4f;
    /// <summary>The same only as long as they have no more joint stages, and no more stop-line lanes, than these.</summary>
    public int MostJointStages { get; init; } = 64;
    public int MostJointLanes { get; init; } = 48;
    /// <summary>Furthest sighting used, along the road.</summary>
    public float ReachM { get; init; } = 200f;
    /// <summary>Acceleration assumed for a vehicle that is slower than it wants to be, m/s2.</summary>
    public float AccelerationMps2 { get; init; } = 2f;
    /// <summary>Below this a vehicle counts as part of a queue, m/s.</summary>
    public float QueueSpeedMps { get; init; } = 2f;
    /// <summary>A lane whose camera was silent for longer, or is trusted less, is not seen.</summary>
    public int SilentAfterMs { get; init; } = 4000;
    public float LeastConfidence { get; init; } = 0.3f;
    /// <summary>
    /// Where the loop at the stop line has been covered for this long and no camera shows a vehicle there, one stands.
    /// </summary>
    public int CoveredMs { get; init; } = 4000;
    /// <summary>The same only as long as no camera shows a vehicle nearer to the stop line than this, metres.</summary>
    public float CoveredByM { get; init; } = 12f;
    /// <summary>Flow assumed at least on a lane that is not seen.</summary>
    public float LeastFlow { get; init; } = 0.03f;
    /// <summary>Plans kept per instant of the search, and of those with the same stage.</summary>
    public int Beam { get; init; } = 5;
    public int BeamPerStage { get; init; } = 2;
    /// <summary>Seconds that a vehicle left over behind a red signal is expected to wait on.</summary>
    public float LeftOverRedS { get; init; } = 12f;
    /// <summary>
    /// Seconds that everybody left over costs beside, whatever the signal shows: what a plan does not let go, those who
    /// come later wait for.
    /// </summary>
    public float LeftOverS { get; init; } = 20f;
    /// <summary>No plan switches later than this: the rest of the horizon only prices what is left over.</summary>
    public int LastSwitchS { get; init; } = 60;
    /// <summary>A plan worse than the best of its instant by more than this share is not branched further.</summary>
    public float Hopeless { get; init; } = 0.12f;
    /// <summary>Instants at which a plan may switch: every second to the first bound, every 2 s to the second, then every 4 s.</summary>
    public int FineS { get; init; } = 8;
    public int MediumS { get; init; } = 24;
}
