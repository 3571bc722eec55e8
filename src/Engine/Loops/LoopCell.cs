using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CityBrain.Engine.Loops;

/// <summary>
/// Everything that a reading of one loop touches, in half a cache line: the open window of the present minute, the
/// smoother, and which readings have come.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct LoopCell
{
    public const int Bytes = 32;

    /// <summary>How many keys back a reading may come: 40 steps of 256 ms are 10.24 s.</summary>
    public const int Remembered = 40;

    /// <summary>Bits of a key: 2,048 steps of 256 ms are 8.7 minutes, so keys are compared modulo that.</summary>
    public const int KeyBits = 11;

    /// <summary>Most readings of one loop in a minute; one more is refused.</summary>
    public const int MostReadings = 2047;

    /// <summary>A tag that no minute has: the cell of a detector that is no loop.</summary>
    public const uint NoLoop = 3;

    public const int TagBits = 2;
    private const int ReadingsShift = TagBits + KeyBits, SeenShift = ReadingsShift + 11;

    /// <summary>Minute and key of the newest reading, the low bits of <see cref="Order"/>.</summary>
    public const uint StampMask = (1u << ReadingsShift) - 1;

    public const uint KeyMask = (1u << KeyBits) - 1;
    private const uint TagMask = (1u << TagBits) - 1;
    public const uint OneReading = 1u << ReadingsShift;
    public const uint ReadingsMask = MostReadings << ReadingsShift;
    public const ulong FirstSeen = 1ul << SeenShift;
    public const ulong SeenMask = ~(FirstSeen - 1);

    /// <summary>
    /// Lanes 0 to 2: vehicles, occupancy, vehicles times speed of the readings in the present minute. Lanes 3 to 5:
    /// the same, each reading weighing 31/32 of the next, so 32 times their exponential mean. Lanes 6 and 7 are
    /// <see cref="Order"/>.
    /// </summary>
    [FieldOffset(0)] public Vector256<float> Sums;

    /// <summary>
    /// From the lowest bit: 2 bits the minute, modulo 3; 11 bits key of the newest reading (time in steps of 256 ms, or
    /// sequence); 11 bits readings in the window; 40 bits which of the last keys have come, the newest lowest.
    /// </summary>
    [FieldOffset(24)] public ulong Order;

    [FieldOffset(0)] private float _count;
    [FieldOffset(4)] private float _occupancy;
    [FieldOffset(8)] private float _moving;

    /// <summary>The bits that tell a minute from those before and after it.</summary>
    public static uint MinuteTag(int minute) => (uint)minute % 3;

    /// <summary>
    /// How many keys a reading is newer than the newest; at least 2^30 when the cell is in another minute: the
    /// difference of the tags is then in the highest bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Newer(uint stamp, uint order) =>
        BitOperations.RotateRight((stamp - order) & StampMask, TagBits);

    /// <summary>Minute and key of a reading.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Stamp(long timeMs, uint tag) => ((uint)(timeMs >> (8 - TagBits)) & (KeyMask << TagBits)) | tag;

    public readonly uint Tag => (uint)Order & TagMask;
    public readonly uint Key => ((uint)Order >> TagBits) & KeyMask;
    public readonly int Readings => (int)(((uint)Order & ReadingsMask) >> ReadingsShift);
    public readonly ulong Seen => Order >> SeenShift;

    /// <summary>The open window; see <see cref="Windows.WindowSums"/>.</summary>
    public readonly Vector128<float> Window => Vector128.Create(_count, _occupancy, _moving, Readings);

    /// <summary>Puts another window in, of that minute.</summary>
    public void Open(Vector128<float> window, uint tag, ulong seen)
    {
        (_count, _occupancy, _moving) = (window.GetElement(0), window.GetElement(1), window.GetElement(2));
        Order = (seen << SeenShift) | ((uint)window.GetElement(3) << ReadingsShift) | tag | (Key << TagBits);
    }

    /// <summary>Notes that this key has come, as the newest or as one of those before.</summary>
    public void Note(uint key, ulong seen) =>
        Order = (seen << SeenShift) | ((uint)Order & (ReadingsMask | TagMask)) | ((key & KeyMask) << TagBits);
}
