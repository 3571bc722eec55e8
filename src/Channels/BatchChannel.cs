using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace CityBrain.Channels;

/// <summary>What a producer does when every batch is full or in use.</summary>
public enum WhenFull
{
    /// <summary>It waits until the consumer gives a batch back: back-pressure, nothing is lost.</summary>
    Wait,

    /// <summary>It gets no batch and drops what it wanted to write; it counts that with <see cref="BatchChannel{T}.CountDropped"/>.</summary>
    DropNewest,

    /// <summary>It takes back the oldest batch that nobody has read; the items in it are counted as dropped.</summary>
    DropOldest,
}

/// <summary>
/// Hands batches from producers to a consumer and back. A fixed set of them, made once, circulates between a channel
/// of full batches and a channel of free ones: memory is bounded, a slow consumer is felt by the producer, and after
/// construction nothing is allocated while nobody has to wait.
/// </summary>
/// <typeparam name="T">A batch: anything that holds items and can be emptied.</typeparam>
public sealed class BatchChannel<T> where T : class
{
    private readonly Channel<T> _full;
    private readonly Channel<T> _free;
    private readonly Func<T, int> _count;
    private readonly Action<T> _clear;
    private readonly WhenFull _whenFull;
    private long _itemsSent;
    private long _batchesSent;
    private long _dropped;

    /// <param name="batches">How many batches circulate; two is the least that lets both sides work at once.</param>
    /// <param name="make">Makes one empty batch.</param>
    /// <param name="count">How many items a batch holds.</param>
    /// <param name="clear">Empties a batch.</param>
    /// <param name="whenFull">What happens when no batch is free.</param>
    public BatchChannel(
        int batches, Func<T> make, Func<T, int> count, Action<T> clear, WhenFull whenFull = WhenFull.Wait)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batches, 2);
        _count = count;
        _clear = clear;
        _whenFull = whenFull;
        Batches = batches;
        _full = Channel.CreateBounded<T>(new BoundedChannelOptions(batches) { SingleReader = false });
        _free = Channel.CreateBounded<T>(new BoundedChannelOptions(batches) { SingleReader = false });
        for (int i = 0; i < batches; i++) _free.Writer.TryWrite(make());
    }

    /// <summary>How many batches circulate.</summary>
    public int Batches { get; }

    /// <summary>Full batches that wait for the consumer now.</summary>
    public int Waiting => _full.Reader.Count;

    public BatchChannelCounters Counters => new(
        Interlocked.Read(ref _batchesSent), Interlocked.Read(ref _itemsSent), Interlocked.Read(ref _dropped));

    /// <summary>Gets an empty batch without waiting; false when there is none and the policy may not take one back.</summary>
    public bool TryRent([NotNullWhen(true)] out T? batch)
    {
        if (_free.Reader.TryRead(out batch)) return true;
        if (_whenFull != WhenFull.DropOldest || !_full.Reader.TryRead(out batch)) return false;
        CountDropped(_count(batch));
        _clear(batch);
        return true;
    }

    /// <summary>Gets an empty batch, waiting for the consumer if need be.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ChannelClosedException">The channel was completed.</exception>
    public ValueTask<T> RentAsync(CancellationToken cancellation = default) =>
        TryRent(out T? batch) ? new ValueTask<T>(batch) : _free.Reader.ReadAsync(cancellation);

    /// <summary>Hands a batch to the consumer; false, with its items counted as dropped, after completion.</summary>
    public bool Send(T batch)
    {
        int items = _count(batch);
        if (!_full.Writer.TryWrite(batch))
        {
            CountDropped(items);
            return false;
        }
        Interlocked.Add(ref _itemsSent, items);
        Interlocked.Increment(ref _batchesSent);
        return true;
    }

    /// <summary>Counts items that a producer dropped because it got no batch.</summary>
    public void CountDropped(int items) => Interlocked.Add(ref _dropped, items);

    /// <summary>Gets the next full batch without waiting.</summary>
    public bool TryReceive([NotNullWhen(true)] out T? batch) => _full.Reader.TryRead(out batch);

    /// <summary>Waits for a full batch; false when the channel is completed and empty.</summary>
    public ValueTask<bool> WaitToReceiveAsync(CancellationToken cancellation = default) =>
        _full.Reader.WaitToReadAsync(cancellation);

    /// <summary>Gives a read batch back; it is emptied here.</summary>
    public void Return(T batch)
    {
        _clear(batch);
        _free.Writer.TryWrite(batch);
    }

    /// <summary>No more batches will be sent; the consumer still reads what is there.</summary>
    public void Complete()
    {
        _full.Writer.TryComplete();
        _free.Writer.TryComplete();
    }
}

/// <summary>What went through a <see cref="BatchChannel{T}"/>.</summary>
/// <param name="Batches">Batches sent.</param>
/// <param name="Items">Items in them.</param>
/// <param name="Dropped">Items dropped by the policy, or sent after completion.</param>
public readonly record struct BatchChannelCounters(long Batches, long Items, long Dropped);
