using CityBrain.Model;

namespace CityBrain.Engine;

/// <summary>
/// What became of every event given to the engine. Accepted and the refusals add up to Received; the rest say
/// more about accepted ones. docs/WIRE.md states each fate.
/// </summary>
public struct EngineCounters
{
    public long Received;
    public long Accepted;
    /// <summary>Accepted though older than the reading before it: counted in its own window.</summary>
    public long OutOfOrder;
    /// <summary>Refused: its window is closed, or a newer picture of the same zone is known.</summary>
    public long TooLate;
    /// <summary>Refused: the same reading came before.</summary>
    public long Duplicate;
    /// <summary>Refused: values or times that cannot be.</summary>
    public long Impossible;
    /// <summary>Refused: no such detector, lane or intersection, or one of another kind.</summary>
    public long Unknown;
    /// <summary>Vehicles left out because a lane holds more than <see cref="TrafficState.SightingsPerLane"/>.</summary>
    public long SightingsDropped;

    public readonly void AddTo(ref Digest digest)
    {
        digest.Add(Received);
        digest.Add(Accepted);
        digest.Add(OutOfOrder);
        digest.Add(TooLate);
        digest.Add(Duplicate);
        digest.Add(Impossible);
        digest.Add(Unknown);
        digest.Add(SightingsDropped);
    }
}

/// <summary>What became of one event.</summary>
public enum Fate : byte { Accepted, OutOfOrder, TooLate, Duplicate, Impossible, Unknown }
