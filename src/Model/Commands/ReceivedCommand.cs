namespace CityBrain.Model;

/// <summary>
/// A command as a controller reads it off the wire: unproven, until the controller's own conflict monitor has
/// looked at it. The aspects travel beside it.
/// </summary>
public readonly record struct ReceivedCommand(
    CommandKind Kind, int Intersection, uint Sequence, long TimeMs, long ValidUntilMs, int TargetStage);

/// <summary>Why a controller refused a command; it says so on its state topic, and counts it.</summary>
public enum Refusal : byte
{
    None = 0,
    /// <summary>Made too long ago, or past its validity.</summary>
    Stale,
    /// <summary>Sequence not above the last accepted one.</summary>
    Replayed,
    /// <summary>Not for this intersection, or with the wrong number of groups.</summary>
    WrongAddress,
    /// <summary>Would show conflicting greens.</summary>
    Conflict,
    /// <summary>Green would end before its minimum.</summary>
    ShortGreen,
    /// <summary>Green would turn red without yellow, or yellow would be too short, or turn green again.</summary>
    ShortYellow,
    /// <summary>A conflicting green would begin before the intergreen is over.</summary>
    ShortIntergreen,
    /// <summary>Signature missing or wrong (where signing is on).</summary>
    Forged,
    /// <summary>Not readable.</summary>
    Malformed,
}
