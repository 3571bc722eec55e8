namespace CityBrain.Model;

/// <summary>What a controller says of itself; one aspect per signal group travels beside it.</summary>
/// <param name="TimeMs">Instant of the report, milliseconds of the feed's clock.</param>
/// <param name="Intersection">Dense index.</param>
/// <param name="Mode">Who decides: the brain, the controller's own programme, or a fault.</param>
/// <param name="Stage">The stage shown, -1 while changing or where unknown.</param>
/// <param name="LastSequence">Sequence of the last command it accepted, 0 before the first.</param>
/// <param name="Refusal">Why it refused the last command, or None.</param>
public readonly record struct ControllerReport(
    long TimeMs, int Intersection, ControllerMode Mode, int Stage, uint LastSequence, Refusal Refusal);
