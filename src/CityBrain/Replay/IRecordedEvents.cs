using CityBrain.Brain;
using CityBrain.Model;

namespace CityBrain.Replay;

/// <summary>What was recorded, and the brain that lives through it again: of a journal or of an archive.</summary>
internal interface IRecordedEvents : IDisposable
{
    DistrictBrain Brain { get; }

    /// <summary>Plays one event, with its side data valid until the next step; false at the end.</summary>
    bool Step(out CityEvent e, out ReadOnlySpan<byte> extra);
}
