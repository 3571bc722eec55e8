namespace CityBrain.Model;

/// <summary>
/// A fixed-size run of events with their side data. Batches are recycled: filled by a feed, handed over whole,
/// emptied by the reader. Nothing is allocated after construction.
/// </summary>
public sealed class EventBatch(int capacity, int extraCapacity)
{
    private readonly CityEvent[] _events = new CityEvent[capacity];
    private readonly int[] _extraStart = new int[capacity];
    private readonly byte[] _extra = new byte[extraCapacity];
    private int _extraUsed;

    public int Count { get; private set; }
    public int Capacity => _events.Length;
    public bool IsFull => Count == _events.Length;

    /// <summary>Adds an event; false when there is no room for it (the batch must be handed over first).</summary>
    public bool TryAdd(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        if (Count == _events.Length || _extraUsed + extra.Length > _extra.Length) return false;
        extra.CopyTo(_extra.AsSpan(_extraUsed));
        _extraStart[Count] = _extraUsed;
        _extraUsed += extra.Length;
        _events[Count++] = e.ExtraLength == extra.Length ? e : e with { ExtraLength = checked((ushort)extra.Length) };
        return true;
    }

    public ref readonly CityEvent this[int i] => ref _events.AsSpan(0, Count)[i];
    public ReadOnlySpan<byte> Extra(int i) => _extra.AsSpan(_extraStart[i], this[i].ExtraLength);
    public ReadOnlySpan<CityEvent> Events => _events.AsSpan(0, Count);

    public void Clear()
    {
        Count = 0;
        _extraUsed = 0;
    }
}
