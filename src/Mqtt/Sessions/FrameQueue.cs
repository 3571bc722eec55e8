using System.Buffers;
using System.Numerics;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>
/// Encoded packets one behind the other in one buffer, up to a limit of bytes. Large buffers go back to the pool when
/// the queue is emptied, so that ten thousand idle clients cost little. Not thread-safe.
/// </summary>
/// <param name="limitBytes">Most bytes.</param>
/// <param name="store">What a buffer beyond the queue's own is taken from; null where the limit is all there is.</param>
internal sealed class FrameQueue(int limitBytes, QueueStore? store = null)
{
    private const int KeptBytes = 16 << 10;

    private QueueStore.Share _share = new(store);
    private byte[] _bytes = [];
    private int _head;
    private int _tail;

    public int Length => _tail - _head;

    /// <summary>Packets in the queue.</summary>
    public int Frames { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(_head, Length);

    /// <summary>Appends room for one packet; false, and nothing changed, when that would exceed the limit.</summary>
    public bool TryReserve(int length, out Span<byte> room)
    {
        room = default;
        if (!Fits(length))
        {
            return false;
        }

        MakeRoom(length);
        room = _bytes.AsSpan(_tail, length);
        _tail += length;
        Frames++;
        return true;
    }

    /// <summary>Appends everything of another queue if it fits into the room already there.</summary>
    public bool TryAppend(FrameQueue other)
    {
        if (other.Length > _bytes.Length - _tail)
        {
            return false;
        }

        other.Written.Span.CopyTo(_bytes.AsSpan(_tail));
        _tail += other.Length;
        Frames += other.Frames;
        other.Clear();
        return true;
    }

    /// <summary>Drops packets from the front until one of this length fits. Returns how many it dropped.</summary>
    public int DropOldestFor(int length)
    {
        int dropped = 0;
        while (Length > 0 && !Fits(length))
        {
            FixedHeader.TryRead(_bytes.AsSpan(_head, Length), int.MaxValue, out FixedHeader header, out _);
            _head += header.PacketLength;
            Frames--;
            dropped++;
        }

        return dropped;
    }

    public void Clear()
    {
        _head = 0;
        _tail = 0;
        Frames = 0;
        _share.Keep(0);
        if (_bytes.Length > KeptBytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    /// <summary>
    /// True when a packet may be added: below the limit, and in the buffer there is or in a larger one that the store
    /// has room for. A quarter of a buffer stays free, so that it is not compacted for every packet.
    /// </summary>
    private bool Fits(int length)
    {
        int used = Length;
        if (length > limitBytes - used)
        {
            return false;
        }

        return used + length <= (used == 0 ? _bytes.Length : _bytes.Length / 4 * 3) || _share.TryCover(Larger(used + length));
    }

    /// <summary>The buffer after this one: at least twice as large.</summary>
    private int Larger(int needed) =>
        (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)Math.Max(2L * _bytes.Length, Math.Max(512, needed))), 1u << 30);

    private void MakeRoom(int length)
    {
        if (_bytes.Length - _tail >= length)
        {
            return;
        }

        int used = Length;
        byte[] target = _bytes;
        if (used + length > (used == 0 ? _bytes.Length : _bytes.Length / 4 * 3))
        {
            target = ArrayPool<byte>.Shared.Rent(Larger(used + length));
        }

        _bytes.AsSpan(_head, used).CopyTo(target);
        if (target != _bytes && _bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = target;
        _head = 0;
        _tail = used;
    }
}
