using CityBrain.Channels;
using CityBrain.Model;

namespace CityBrain.Ingest;

/// <summary>
/// Fills recycled batches and sends each when it is full or flushed. When the channel has no free batch it keeps the
/// newest reading of each sensor, where it has a place for them; what must not be shed waits, which holds up the
/// connection that feeds it and so the sender, or is dropped and counted.
/// </summary>
/// <param name="channel">Where batches come from and go to.</param>
/// <param name="wait">True to wait for a free batch, false to drop and count.</param>
/// <param name="latest">Where readings wait instead; null for no such place.</param>
public sealed class BatchSink(BatchChannel<EventBatch> channel, bool wait, LatestReadings? latest = null) : IEventSink
{
    private EventBatch? _batch;

    private bool Behind => latest is { Waiting: > 0 };

    public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (_batch is not null && !Behind && _batch.TryAdd(e, extra)) return;
        bool sheds = latest is not null && LatestReadings.Takes(e.Kind);
        if (Behind) latest!.SendTo(channel);
        if (!(sheds && Behind) && TryBatch(e, extra, wait && !sheds)) return;
        if (sheds) latest!.Put(e, extra);
        else channel.CountDropped(1);
    }

    /// <summary>Sends what there is, so that nothing lies around while no more comes.</summary>
    public void Flush()
    {
        if (Behind) latest!.SendTo(channel);
        if (_batch is null || _batch.Count == 0) return;
        channel.Send(_batch);
        _batch = null;
    }

    private bool TryBatch(in CityEvent e, ReadOnlySpan<byte> extra, bool mayWait)
    {
        if (_batch is not null && _batch.TryAdd(e, extra)) return true;
        Flush();
        _batch ??= Rent(mayWait);
        return _batch is not null && _batch.TryAdd(e, extra);
    }

    private EventBatch? Rent(bool mayWait)
    {
        if (channel.TryRent(out EventBatch? batch) || !mayWait) return batch;
        // Waiting here is the back-pressure: the read loop stops, the socket fills, the sender is slowed down.
        return channel.RentAsync().AsTask().GetAwaiter().GetResult();
    }
}
