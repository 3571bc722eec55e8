using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CityBrain.Engine.Health;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>
/// All loops of a district: order, duplicates, event-time windows and smoothing of their readings. A dense array with
/// half a cache line per detector; a batch is one pass over its readings, one comparison for all of a reading's fields
/// and one for its order, and everything unusual (a late or doubtful reading, a new minute) goes out of line.
/// </summary>
/// <remarks>
/// The present minute comes from the clock of ticks. Its window is in the cell. The minute before stays open until
/// <see cref="EngineOptions.LatenessMs"/> into the present one, in an array of its own; once that is closed, its place
/// takes readings ahead of the clock, of the next minute. Cells go to a new minute with their first reading in it or
/// by a sweep that takes a quarter of them each tick, and windows close by such a sweep: no tick has to close them all.
/// </remarks>
internal sealed partial class LoopBank
{
    public const float MaxCount = 100, MaxSpeedMps = 100;
    internal const float Forgetting = 31f / 32;
    private const int MinuteMs = 60_000;

    private readonly LoopCell[] _cells;
    private readonly int _first;
    private readonly int _count;
    private readonly int _latenessMs;
    private readonly ClosedWindows _windows;
    private readonly FineWindows? _fine;
    private readonly DetectorState[] _states;
    /// <summary>The minute before, or the next; see remarks.</summary>
    private readonly Vector128<float>[] _other;
    private readonly int[] _otherMinute;
    /// <summary>Last sequence of detectors that number their readings; 0 for the others.</summary>
    private readonly uint[] _sequences;
    /// <summary>Readings smoothed before the present minute, as far as that matters.</summary>
    private readonly byte[] _smoothed;
    private readonly float[] _weights = Weights();
    private long _latestMs = long.MaxValue;

    /// <param name="detectors">All detectors; those that are no loops take no readings.</param>
    /// <param name="states">When a detector was last heard, for those that number their readings.</param>
    /// <param name="windows">Where closed windows go.</param>
    /// <param name="fine">Windows of 5 s, or null to do without.</param>
    /// <param name="latenessMs">How long after its end a window closes.</param>
    public LoopBank(ReadOnlySpan<Detector> detectors, DetectorState[] states, ClosedWindows windows, FineWindows? fine,
        int latenessMs)
    {
        _count = detectors.Length;
        _states = states;
        _windows = windows;
        _fine = fine;
        _latenessMs = latenessMs;
        _other = new Vector128<float>[_count];
        _otherMinute = new int[_count];
        _sequences = new uint[_count];
        _smoothed = new byte[_count];
        // A spare cell, so that the first one can begin on a cache line.
        _cells = GC.AllocateArray<LoopCell>(_count + 2, pinned: true);
        _first = Aligned(_cells);
        AskForLargePages();
        for (int i = 0; i < _count; i++)
            Cell(i).Open(default, detectors[i].Kind == DetectorKind.Loop ? LoopCell.MinuteTag(0) : LoopCell.NoLoop, 0);
        _rolled = _closed = _count;
    }

    /// <summary>Exponential means of a reading's vehicles, occupancy and vehicles times speed, and their weight.</summary>
    public Vector128<float> Smooth(int detector)
    {
        ref LoopCell cell = ref Cell(detector);
        int readings = Math.Min(_smoothed[detector] + cell.Readings, _weights.Length - 1);
        return Vector128.Create(cell.Sums.GetElement(3) / 32, cell.Sums.GetElement(4) / 32, cell.Sums.GetElement(5) / 32,
            _weights[readings]);
    }

    /// <summary>
    /// The occupancy terms of all readings so far, each faded by those after it (<see cref="Forgetting"/>): what a reading
    /// added can be told from the sum before and after it.
    /// </summary>
    public float FadedOccupancy(int detector) => Cell(detector).Sums.GetElement(4);

    /// <summary>
    /// Event time of the newest reading, to 256 ms; 0 when none came lately or the readings carry sequences.
    /// </summary>
    public long SeenMs(int detector, long nowMs)
    {
        ref LoopCell cell = ref Cell(detector);
        return cell.Seen == 0 || _sequences[detector] != 0 ? 0 : ((nowMs >> 8) + Newer(cell.Key, nowMs >> 8)) << 8;
    }

    /// <summary>One reading, with a sequence of its own or 0.</summary>
    public Fate Accept(in LoopReading reading, uint sequence, DetectorHealth health)
    {
        int i = reading.Detector;
        if ((uint)i >= (uint)_count || Cell(i).Tag == LoopCell.NoLoop) return Fate.Unknown;
        if (!IsPossible(reading) || reading.TimeMs < 0 || reading.TimeMs > _latestMs)
        {
            health.Impossible(i);
            return Fate.Impossible;
        }
        ref LoopCell cell = ref Cell(i);
        if (cell.Tag != LoopCell.MinuteTag(_minute)) Roll(ref cell, i);
        int minute = (int)(reading.TimeMs / MinuteMs);
        if (minute < (_otherClosed ? _minute : _minute - 1)) return Fate.TooLate;
        if (minute > (_otherClosed ? _minute + 1 : _minute) || cell.Readings == LoopCell.MostReadings)
        {
            health.Impossible(i);
            return Fate.Impossible;
        }
        Fate fate = sequence != 0 ? OrderOf(sequence, ref cell, i) : OrderOf(reading.TimeMs, ref cell);
        if (fate is Fate.Duplicate or Fate.TooLate) return fate;
        if (sequence != 0) _states[i].SeenMs = Math.Max(_states[i].SeenMs, reading.TimeMs);
        Add(ref cell, minute, reading);
        return fate;
    }

    private void Add(ref LoopCell cell, int minute, in LoopReading reading)
    {
        int i = reading.Detector;
        float speed = reading.SpeedMps;
        // Vehicles without a speed count with the smoothed one, so that the mean stays where it is.
        if (float.IsNaN(speed)) speed = SpeedMps(Smooth(i));
        Vector128<float> terms = WindowSums.Of(reading.Count, reading.Occupancy, speed);
        Vector128<float> smooth =
            Vector128.Create(cell.Sums.GetElement(3), cell.Sums.GetElement(4), cell.Sums.GetElement(5), 0);
        Vector128<float> window = cell.Window;
        smooth = smooth * Forgetting + terms;
        if (minute == _minute) window += terms;
        else
        {
            if (_otherMinute[i] != minute) Close(i);
            _otherMinute[i] = minute;
            _other[i] += terms;
            Smoothed(i, 1);
        }
        ulong order = cell.Order;
        cell.Sums = Vector256.Create(window.GetElement(0), window.GetElement(1), window.GetElement(2),
            smooth.GetElement(0), smooth.GetElement(1), smooth.GetElement(2), 0, 0);
        cell.Order = minute == _minute ? order + LoopCell.OneReading : order;
        _fine?.Add(i, reading.TimeMs, terms);
    }

    /// <summary>Mean speed weighted by flow; 0 before any vehicle.</summary>
    public static float SpeedMps(Vector128<float> smooth) =>
        smooth.GetElement(0) > 0 ? smooth.GetElement(2) / smooth.GetElement(0) : 0;

    private static bool IsPossible(in LoopReading r) =>
        r.Count >= 0 && r.Count <= MaxCount && r.Occupancy >= 0 && r.Occupancy <= 1
        && (float.IsNaN(r.SpeedMps) || (r.SpeedMps >= 0 && r.SpeedMps <= MaxSpeedMps));

    /// <summary>Order by time; keys are told apart modulo 8.7 minutes, longer than any open window.</summary>
    private static Fate OrderOf(long timeMs, ref LoopCell cell)
    {
        uint key = (uint)(timeMs >> 8);
        return OrderOf(key, Newer(key, cell.Key), ref cell);
    }

    /// <summary>Order by the sender's numbers; far back means that it began to count anew.</summary>
    private Fate OrderOf(uint sequence, ref LoopCell cell, int detector)
    {
        int newer = (int)(sequence - _sequences[detector]);
        if (newer < -1_000) cell.Note(sequence, 0);
        if (newer > 0 || cell.Seen == 0) _sequences[detector] = sequence;
        return OrderOf(sequence, newer, ref cell);
    }

    private static Fate OrderOf(uint key, int newer, ref LoopCell cell)
    {
        ulong seen = cell.Seen;
        if (seen == 0 || newer > 0)
        {
            cell.Note(key, seen == 0 || newer >= LoopCell.Remembered ? 1 : (seen << newer) | 1);
            return Fate.Accepted;
        }
        if (newer <= -LoopCell.Remembered) return Fate.TooLate;
        ulong bit = 1UL << -newer;
        if ((seen & bit) != 0) return Fate.Duplicate;
        cell.Note(cell.Key, seen | bit);
        return Fate.OutOfOrder;
    }

    /// <summary>How much newer a key is than another one, modulo; negative: older.</summary>
    private static int Newer(uint key, long than) =>
        ((int)(key - (uint)than) << (32 - LoopCell.KeyBits)) >> (32 - LoopCell.KeyBits);

    /// <summary>The weight of an exponential mean after so many readings: 1 - (31/32)^n.</summary>
    private static float[] Weights()
    {
        var weights = new float[256];
        for (int n = 1; n < weights.Length; n++) weights[n] = 1 - (1 - weights[n - 1]) * Forgetting;
        return weights;
    }

    private void Smoothed(int detector, int readings) =>
        _smoothed[detector] = (byte)Math.Min(byte.MaxValue, _smoothed[detector] + readings);

    internal static void Count(Fate fate, ref EngineCounters counters)
    {
        switch (fate)
        {
            case Fate.Accepted: counters.Accepted++; break;
            case Fate.OutOfOrder:
                counters.Accepted++;
                counters.OutOfOrder++;
                break;
            case Fate.TooLate: counters.TooLate++; break;
            case Fate.Duplicate: counters.Duplicate++; break;
            case Fate.Impossible: counters.Impossible++; break;
            default: counters.Unknown++; break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref LoopCell Cell(int detector) => ref Unsafe.As<byte, LoopCell>(ref Unsafe.AddByteOffset(
        ref Unsafe.As<LoopCell, byte>(ref MemoryMarshal.GetArrayDataReference(_cells)),
        (nint)_first + (nint)detector * LoopCell.Bytes));

    private unsafe void AskForLargePages() =>
        LargePages.Ask(Unsafe.AsPointer(ref Cell(0)), (nint)_count * LoopCell.Bytes);

    /// <summary>Bytes from the array's first element to the next cache line.</summary>
    private static unsafe int Aligned(LoopCell[] cells)
    {
        nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(cells));
        return (int)(-address & 63);
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(_minute);
        digest.Add(_rolled);
        digest.Add(_closed);
        digest.Add(_otherClosed ? 1 : 0);
        for (int i = 0; i < _count; i++)
        {
            ref LoopCell cell = ref Cell(i);
            digest.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<LoopCell>(ref cell)));
            digest.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<float>>(ref _other[i])));
            digest.Add(((ulong)_sequences[i] << 32) | (uint)_otherMinute[i]);
            digest.Add(_smoothed[i]);
        }
    }
}
