using CityBrain.Model;

namespace CityBrain.Ingest;

/// <summary>Takes decoded events: into a batch for another thread, or straight into an engine.</summary>
public interface IEventSink
{
    /// <summary>Takes one event; what it keeps of the side data it copies.</summary>
    void Add(in CityEvent e, ReadOnlySpan<byte> extra);
}
