namespace CityBrain.Channels;

/// <summary>
/// Hands the newest of many values from one writer to one reader without a lock, a queue or an allocation: three
/// buffers, of which the writer owns one, the reader one, and the third lies between them. A value that the reader
/// did not fetch in time is replaced, and counted.
/// </summary>
/// <typeparam name="T">A buffer that is written over and over again.</typeparam>
public sealed class LatestValue<T> where T : class
{
    private const int Fresh = 4;
    private readonly T[] _buffers;
    private int _back;
    private int _middle = 1;
    private int _front = 2;
    private long _published;
    private long _replaced;

    /// <param name="make">Makes one buffer; called three times.</param>
    public LatestValue(Func<T> make) => _buffers = [make(), make(), make()];

    /// <summary>The writer's buffer: it may hold any earlier value and is to be overwritten whole.</summary>
    public T Back => _buffers[_back];

    /// <summary>The reader's buffer: the value it took last.</summary>
    public T Front => _buffers[_front];

    /// <summary>Values published.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Values that were replaced before the reader took them.</summary>
    public long Replaced => Interlocked.Read(ref _replaced);

    /// <summary>Writer: makes <see cref="Back"/> the newest value.</summary>
    public void Publish()
    {
        int before = Interlocked.Exchange(ref _middle, _back | Fresh);
        _back = before & ~Fresh;
        Interlocked.Increment(ref _published);
        if ((before & Fresh) != 0) Interlocked.Increment(ref _replaced);
    }

    /// <summary>Reader: true when a newer value is now in <see cref="Front"/>.</summary>
    public bool TryTake()
    {
        if ((Volatile.Read(ref _middle) & Fresh) == 0) return false;
        _front = Interlocked.Exchange(ref _middle, _front) & ~Fresh;
        return true;
    }
}
