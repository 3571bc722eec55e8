namespace CityBrain.Engine.Measures;

/// <summary>
/// A measure as an incremental operator over events in the order of <see cref="HiResEvent.CompareTo"/>. It is
/// driven by <see cref="MeasureRun"/>; what it writes depends on the events alone, never on how they were cut
/// into batches.
/// </summary>
public interface IMeasure
{
    RowSchema Schema { get; }

    /// <summary>The event ids it wants to see.</summary>
    IReadOnlyList<ushort> Events { get; }

    /// <summary>Takes the next event, one of <see cref="Events"/>.</summary>
    void Accept(in HiResEvent e);

    /// <summary>A new bin begins: no event before this time will come any more.</summary>
    void BeginBin(long startMs);

    /// <summary>The log ends; it is taken to reach the end of its last bin.</summary>
    /// <param name="endMs">End (exclusive) of the last event's bin.</param>
    void Finish(long endMs);
}
