using System.Buffers;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>
/// Encoded packets one behind the other in one buffer, up to a limit of bytes. Large buffers go back to the pool when
/// the queue is emptied, so that ten thousand idle clients cost little. Not thread-safe.
/// </summary>
/// <param name="limitBytes">Most bytes.</param>
/// <param name="store">What room beyond the queue's own is taken from; null where the limit is all there is.</param>
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

    private bool Fits(int length) => length <= limitBytes - Length && _share.TryCover(Length + length);

    private void MakeRoom(int length)
    {
        if (_bytes.Length - _tail >= length)
        {
            return;
        }

        int used = Length;
        byte[] target = _bytes;
        if (_bytes.Length - used < length || used > _bytes.Length / 4 * 3)
        {
            target = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, Math.Max(512, used + length)));
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
