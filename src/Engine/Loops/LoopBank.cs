using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CityBrain.Engine.Health;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>
/// All loops of a district: order, duplicates, event-time windows and smoothing of their readings. A dense array with
/// one cache line per detector; a batch is one pass over its readings with a single well-predicted branch each, and
/// everything unusual (a late or doubtful reading, a new minute) goes out of line. When the array is larger than the
/// cache, lines are fetched ahead of their readings.
/// </summary>
/// <remarks>
/// The present minute m comes from the clock of ticks. A reading of minute m goes to the window of m's parity, one of
/// m - 1 to the other, until that closes <see cref="EngineOptions.LatenessMs"/> into m; a reading ahead of the clock may
/// open m + 1 after that. A cell is brought to the present epoch by its first reading in it, which closes its window,
/// and cells without readings by a sweep that takes a quarter of them each tick: no tick has to close all at once.
/// </remarks>
internal sealed class LoopBank
{
    public const float MaxCount = 100, MaxSpeedMps = 100;
    private const float SmoothingShare = 1f / 32;
    private const int MinuteMs = 60_000;
    /// <summary>Cells ahead of which lines are fetched; enough to cover a miss, few enough not to be evicted.</summary>
    private const int Ahead = 24;
    /// <summary>Below this many detectors the cells stay in the first-level caches by themselves.</summary>
    private const int FetchFrom = 2_000;
    private const int SweepParts = 4;

    private readonly LoopCell[] _cells;
    private readonly int _first;
    private readonly int _count;
    private readonly int _latenessMs;
    private readonly ClosedWindows _windows;
    private readonly FineWindows? _fine;
    private readonly bool[] _numbered;
    private uint _epoch;
    private int _swept;

    /// <param name="detectors">All detectors; those that are no loops take no readings.</param>
    /// <param name="windows">Where closed windows go.</param>
    /// <param name="fine">Windows of 5 s, or null to do without.</param>
    /// <param name="latenessMs">How long after its end a window closes.</param>
    public LoopBank(ReadOnlySpan<Detector> detectors, ClosedWindows windows, FineWindows? fine, int latenessMs)
    {
        _count = detectors.Length;
        _windows = windows;
        _fine = fine;
        _numbered = new bool[_count];
        _latenessMs = latenessMs;
        _cells = GC.AllocateArray<LoopCell>(_count + 1, pinned: true);
        _first = Aligned(_cells);
        for (int i = 0; i < _count; i++)
            if (detectors[i].Kind != DetectorKind.Loop) Cell(i).Epoch = LoopCell.NoLoop;
        _swept = _count;
    }

    /// <summary>Smoothed means a reading: vehicles, occupancy, vehicles times speed.</summary>
    public Vector128<float> Smooth(int detector) => Cell(detector).Smooth;

    /// <summary>
    /// Event time of the newest reading, to 256 ms; 0 when there is none or readings carry sequences of their own.
    /// </summary>
    public long SeenMs(int detector, long nowMs)
    {
        ref LoopCell cell = ref Cell(detector);
        if (cell.Seen == 0 || _numbered[detector]) return 0;
        long now = nowMs >> 8;
        return (now + (int)(cell.Newest - (uint)now)) << 8;
    }

    /// <summary>Takes a batch; what became of each reading is in the counters.</summary>
    public void Accept(ReadOnlySpan<LoopReading> batch, ref EngineCounters counters, DetectorHealth health)
    {
        int unusual = _count >= FetchFrom && Sse.IsSupported
            ? Run<Fetching>(batch, ref counters, health)
            : Run<NotFetching>(batch, ref counters, health);
        counters.Received += batch.Length;
        counters.Accepted += batch.Length - unusual;
    }

    private interface IFetch { static abstract bool On { get; } }
    private readonly struct Fetching : IFetch { public static bool On => true; }
    private readonly struct NotFetching : IFetch { public static bool On => false; }

    /// <summary>Returns how many readings went out of line; those are counted there.</summary>
    private int Run<TFetch>(ReadOnlySpan<LoopReading> batch, ref EngineCounters counters, DetectorHealth health)
        where TFetch : struct, IFetch
    {
        ref LoopCell cells = ref Cell(0);
        ref LoopReading reading = ref MemoryMarshal.GetReference(batch);
        ref LoopReading end = ref Unsafe.Add(ref reading, batch.Length);
        ref LoopReading fetchEnd = ref Unsafe.Add(ref reading, Math.Max(0, batch.Length - Ahead));
        uint count = (uint)_count, epoch = _epoch;
        long start = (epoch >> 1) * (long)MinuteMs;
        nint slot = (nint)((epoch >> 1) & 1) * WindowSums.Bytes;
        FineWindows? fine = _fine;
        int unusual = 0;
        for (; Unsafe.IsAddressLessThan(ref reading, ref end); reading = ref Unsafe.Add(ref reading, 1))
        {
            if (TFetch.On && Unsafe.IsAddressLessThan(ref reading, ref fetchEnd))
                Fetch(ref cells, Unsafe.Add(ref reading, Ahead).Detector, count);
            uint detector = (uint)reading.Detector;
            if (detector < count)
            {
                ref LoopCell cell = ref Unsafe.Add(ref cells, detector);
                Vector128<float> values = ValuesOf(in reading);
                uint key = (uint)(reading.TimeMs >> 8), newer = key - cell.Newest;
                if (((ulong)(reading.TimeMs - start) < MinuteMs & cell.Epoch == epoch & newer - 1 < 63)
                    && Possible(values))
                {
                    Vector128<float> terms = Terms(values);
                    cell.Seen = (cell.Seen << (int)newer) | 1;
                    cell.Newest = key;
                    Unsafe.AddByteOffset(ref cell.Even, slot) += terms;
                    cell.Smooth += SmoothingShare * (terms - cell.Smooth);
                    fine?.Add((int)detector, reading.TimeMs, terms);
                    continue;
                }
            }
            unusual++;
            Count(Accept(in reading, 0, health), ref counters);
        }
        return unusual;
    }

    /// <summary>One reading, with a sequence of its own or 0.</summary>
    public Fate Accept(in LoopReading reading, uint sequence, DetectorHealth health)
    {
        if ((uint)reading.Detector >= (uint)_count) return Fate.Unknown;
        if (sequence != 0) _numbered[reading.Detector] = true;
        return Slow(reading, sequence != 0 ? sequence : (uint)(reading.TimeMs >> 8), ref Cell(reading.Detector), health);
    }

    /// <summary>Where the clock stands; must not go back.</summary>
    public void SetClock(long nowMs)
    {
        uint epoch = EpochAt(nowMs);
        if (epoch != _epoch)
        {
            Sweep(_count);
            _epoch = epoch;
            _swept = 0;
        }
        Sweep(_count / SweepParts + 1);
    }

    /// <summary>Count, occupancy and speed in their ranges, and all of them numbers; without a branch each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Possible(Vector128<float> values) =>
        Vector128.MinNative(Vector128.MaxNative(values, Vector128<float>.Zero),
            Vector128.Create(0, MaxCount, 1, MaxSpeedMps)) == values;

    /// <summary>(0, count, occupancy, speed): the detector's bits would be a denormal number, which is slow to add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ValuesOf(ref readonly LoopReading reading) =>
        Unsafe.As<int, Vector128<float>>(ref Unsafe.AsRef(in DetectorOf(in reading)))
            & Vector128.Create(0, -1, -1, -1).AsSingle();

    /// <summary>From (0, count, occupancy, speed) to (count, occupancy, count * speed, 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Terms(Vector128<float> values)
    {
        Vector128<float> terms = Vector128.Shuffle(values, Vector128.Create(1, 2, 3, 0));
        Vector128<float> factors = Vector128.ConditionalSelect(
            Vector128.Create(0, 0, -1, 0).AsSingle(), Vector128.Shuffle(values, Vector128.Create(1)), Vector128<float>.One);
        return terms * factors + Vector128.Create(0f, 0, 0, 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Fate Slow(in LoopReading reading, uint key, ref LoopCell cell, DetectorHealth health)
    {
        if (cell.Epoch == LoopCell.NoLoop) return Fate.Unknown;
        if (!IsPossible(reading) || reading.TimeMs < 0)
        {
            health.Impossible(reading.Detector);
            return Fate.Impossible;
        }
        if (cell.Epoch != _epoch) Advance(ref cell, reading.Detector);
        long minute = reading.TimeMs / MinuteMs;
        uint present = _epoch >> 1;
        bool previousClosed = (_epoch & 1) != 0;
        if (minute < (previousClosed ? present : present - 1L)) return Fate.TooLate;
        if (minute > (previousClosed ? present + 1L : present)) return Fate.Impossible;
        Fate fate = Order(key, ref cell);
        if (fate is Fate.Duplicate or Fate.TooLate) return fate;
        float speed = reading.SpeedMps;
        // Vehicles without a speed count with the smoothed one, so that the mean stays where it is.
        if (float.IsNaN(speed)) speed = SpeedMps(cell.Smooth);
        Vector128<float> terms = WindowSums.Of(reading.Count, reading.Occupancy, speed);
        Unsafe.Add(ref cell.Even, (int)minute & 1) += terms;
        cell.Smooth += SmoothingShare * (terms - cell.Smooth);
        _fine?.Add(reading.Detector, reading.TimeMs, terms);
        return fate;
    }

    /// <summary>Mean speed weighted by flow; 0 before any vehicle.</summary>
    public static float SpeedMps(Vector128<float> smooth) =>
        smooth.GetElement(0) > 0 ? smooth.GetElement(2) / smooth.GetElement(0) : 0;

    private static bool IsPossible(in LoopReading r) =>
        r.Count >= 0 && r.Count <= MaxCount && r.Occupancy >= 0 && r.Occupancy <= 1
        && (float.IsNaN(r.SpeedMps) || (r.SpeedMps >= 0 && r.SpeedMps <= MaxSpeedMps));

    /// <summary>Duplicates and order by a bitmap of the last 64 keys.</summary>
    private static Fate Order(uint key, ref LoopCell cell)
    {
        int newer = (int)(key - cell.Newest);
        if (cell.Seen == 0 || newer > 0 || newer < -1_000)
        {
            // First of all, next, or a sensor that began to count anew.
            cell.Seen = cell.Seen == 0 || newer < 0 || newer > 63 ? 1 : (cell.Seen << newer) | 1;
            cell.Newest = key;
            return Fate.Accepted;
        }
        if (newer <= -64) return Fate.TooLate;
        ulong bit = 1UL << -newer;
        if ((cell.Seen & bit) != 0) return Fate.Duplicate;
        cell.Seen |= bit;
        return Fate.OutOfOrder;
    }

    private uint EpochAt(long nowMs)
    {
        long minute = nowMs / MinuteMs;
        return (uint)(2 * minute + (nowMs - minute * MinuteMs >= _latenessMs ? 1 : 0));
    }

    /// <summary>Closes what is due in one cell, step by step.</summary>
    private void Advance(ref LoopCell cell, int detector)
    {
        while (cell.Epoch != _epoch)
        {
            if (_epoch - cell.Epoch > 4 && WindowSums.IsEmpty(cell.Even) && WindowSums.IsEmpty(cell.Odd))
            {
                cell.Epoch = _epoch;
                return;
            }
            cell.Epoch++;
            if ((cell.Epoch & 1) == 0) continue;
            int closing = (int)(cell.Epoch >> 1) - 1;
            ref Vector128<float> sums = ref Unsafe.Add(ref cell.Even, closing & 1);
            if (!WindowSums.IsEmpty(sums)) _windows.Add(detector, closing, sums);
            sums = default;
        }
    }

    private void Sweep(int cells)
    {
        int end = Math.Min(_count, _swept + cells);
        for (; _swept < end; _swept++)
        {
            ref LoopCell cell = ref Cell(_swept);
            if (cell.Epoch != _epoch && cell.Epoch != LoopCell.NoLoop) Advance(ref cell, _swept);
        }
    }

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
    private static void Fetch(ref LoopCell cells, int detector, uint count)
    {
        unsafe
        {
            // The array is pinned, so the address stays true; a foreign detector only fetches the first line.
            uint at = (uint)detector < count ? (uint)detector : 0;
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref cells, at)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref readonly int DetectorOf(ref readonly LoopReading reading) =>
        ref Unsafe.As<LoopReading, int>(ref Unsafe.AddByteOffset(ref Unsafe.AsRef(in reading), (nint)8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref LoopCell Cell(int detector) => ref Unsafe.As<byte, LoopCell>(ref Unsafe.AddByteOffset(
        ref Unsafe.As<LoopCell, byte>(ref MemoryMarshal.GetArrayDataReference(_cells)),
        (nint)_first + (nint)detector * LoopCell.Bytes));

    /// <summary>Bytes from the array's first element to the next cache line; its spare element makes room for that.</summary>
    private static unsafe int Aligned(LoopCell[] cells)
    {
        nint address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(cells));
        return (int)(-address & (LoopCell.Bytes - 1));
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add((ulong)_epoch);
        digest.Add(_swept);
        for (int i = 0; i < _count; i++)
        {
            ref LoopCell cell = ref Cell(i);
            digest.Add(MemoryMarshal.AsBytes(new ReadOnlySpan<LoopCell>(ref cell)));
        }
    }
}
