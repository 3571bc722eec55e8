namespace CityBrain.Mqtt.Sessions;

/// <summary>
/// Room that the queues of many clients have together: what waits for a client beyond its own
/// <see cref="OwnBytes"/> is taken from here, so that ten thousand clients that do not read cost no more memory than
/// the store has. A queue may have as much of it as is still free, so that however many do not read, one more always
/// finds room: dynamic thresholds, Choudhury and Hahne, IEEE/ACM Transactions on Networking 6 (1998). Thread-safe.
/// </summary>
internal sealed class QueueStore(long limitBytes)
{
    /// <summary>What every queue may hold without asking: small messages pass even while the store is empty.</summary>
    public const int OwnBytes = 16 << 10;

    /// <summary>Taken and given back in pieces of this size, so that few messages touch the shared counter.</summary>
    private const int PieceBytes = 64 << 10;

    private long _used;

    /// <summary>Bytes that are lent out.</summary>
    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>One queue's part of the store. Not thread-safe.</summary>
    public struct Share(QueueStore? store)
    {
        private int _lent;

        /// <summary>Makes sure of room for so many bytes in all; false when the store has no more.</summary>
        public bool TryCover(int bytes)
        {
            int missing = bytes - OwnBytes - _lent;
            if (store is null || missing <= 0)
            {
                return true;
            }

            int pieces = (missing + PieceBytes - 1) / PieceBytes * PieceBytes;
            if (!store.TryTake(pieces, _lent))
            {
                return false;
            }

            _lent += pieces;
            return true;
        }

        /// <summary>Gives back what so many bytes do not need, but for a piece kept against going to and fro.</summary>
        public void Keep(int bytes)
        {
            int needed = bytes <= OwnBytes ? 0 : bytes - OwnBytes + PieceBytes;
            if (store is not null && _lent > 0 && (needed == 0 || _lent - needed >= PieceBytes))
            {
                int pieces = (needed + PieceBytes - 1) / PieceBytes * PieceBytes;
                Interlocked.Add(ref store._used, pieces - _lent);
                _lent = pieces;
            }
        }
    }

    private bool TryTake(int bytes, int alreadyLent)
    {
        if (Interlocked.Add(ref _used, bytes) <= limitBytes - alreadyLent)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }
}
