using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>Reads the events of one log, whatever its form.</summary>
internal interface ILogReader
{
    /// <summary>Events read well so far.</summary>
    long Rows { get; }

    /// <summary>Fills events from the next rows; 0 at the end.</summary>
    /// <exception cref="LogFormatException">It is no log of this form.</exception>
    int Read(Span<HiResEvent> into);
}
