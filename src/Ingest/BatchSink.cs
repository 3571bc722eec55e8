using CityBrain.Channels;
using CityBrain.Model;

namespace CityBrain.Ingest;

/// <summary>
/// Fills recycled batches and sends each when it is full or flushed. When the channel has no free batch it follows the
/// channel's policy: it waits, which holds up the connection that feeds it and so the sender, or drops and counts.
/// </summary>
public sealed class BatchSink(BatchChannel<EventBatch> channel, bool wait) : IEventSink
{
    private EventBatch? _batch;

    public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (_batch is not null && _batch.TryAdd(e, extra)) return;
        Flush();
        _batch ??= Rent();
        if (_batch is null || !_batch.TryAdd(e, extra)) channel.CountDropped(1);
    }

    /// <summary>Sends what there is, so that nothing lies around while no more comes.</summary>
    public void Flush()
    {
        if (_batch is null || _batch.Count == 0) return;
        channel.Send(_batch);
        _batch = null;
    }

    private EventBatch? Rent()
    {
        if (channel.TryRent(out EventBatch? batch) || !wait) return batch;
        // Waiting here is the back-pressure: the read loop stops, the socket fills, the sender is slowed down.
        return channel.RentAsync().AsTask().GetAwaiter().GetResult();
    }
}
