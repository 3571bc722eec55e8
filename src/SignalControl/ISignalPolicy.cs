using CityBrain.Model;
using CityBrain.SignalControl.Planning;

namespace CityBrain.SignalControl;

/// <summary>
/// A way to choose stages. One instance serves a whole district; it is asked once per tick for each intersection,
/// in order of index, and keeps what it needs by that index. It only asks: the SafetyGate decides.
/// Deterministic, and free of allocation after construction.
/// </summary>
public interface ISignalPolicy
{
    /// <summary>The name on the command line: fixed, actuated, max-pressure, predictive.</summary>
    string Name { get; }

    /// <summary>The stage wanted now; the present one to stay. Fills in the reason.</summary>
    int Choose(in IntersectionView view, ref DecisionReason reason);

    /// <summary>
    /// Exchanges plans with other districts; null where it serves the whole city, or does not plan.
    /// </summary>
    PlanExchange? Exchange => null;

    /// <summary>Adds everything it remembers to the digest.</summary>
    void AddTo(ref Digest digest);
}

/// <summary>What a policy sees of one intersection at one tick.</summary>
public readonly ref struct IntersectionView
{
    public required City City { get; init; }
    public required Intersection Intersection { get; init; }
    public required TrafficState Traffic { get; init; }
    public required SignalStatus Signal { get; init; }
    /// <summary>
    /// The same of every intersection that is served, by index, as when the tick began, for those that are planned as
    /// one; without it each of those goes by pressure.
    /// </summary>
    public ReadOnlySpan<SignalStatus> Signals { get; init; }
    public required long NowMs { get; init; }
}

/// <summary>What the signals of one intersection are doing, as the gate commands them.</summary>
public readonly record struct SignalStatus
{
    /// <summary>The stage shown, or the one being changed to.</summary>
    public required int Stage { get; init; }
    /// <summary>Instant at which the stage's greens began; while changing, when they will begin.</summary>
    public required long StageSinceMs { get; init; }
    /// <summary>The stage before this one.</summary>
    public required int PreviousStage { get; init; }
    /// <summary>A change is under way: asking for another stage has no effect yet.</summary>
    public required bool Changing { get; init; }
    /// <summary>Every minimum green is over: a change may begin now.</summary>
    public required bool MayChange { get; init; }
    /// <summary>Longest green is over and others wait: the gate will change soon.</summary>
    public required bool MustChange { get; init; }
}
