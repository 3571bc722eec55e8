using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CityBrain.Engine.Health;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>Readings taken many at a time.</summary>
internal sealed partial class LoopBank
{
    /// <summary>Readings ahead of which cells are fetched; enough to cover a miss, few enough not to be evicted.</summary>
    private const int Ahead = 64;
    /// <summary>Below this many detectors the cells stay in the second-level cache by themselves.</summary>
    private const int FetchFrom = 16_000;

    /// <summary>Takes a batch; what became of each reading is in the counters.</summary>
    public void Accept(ReadOnlySpan<LoopReading> batch, ref EngineCounters counters, DetectorHealth health) =>
        Accept<ReadingLayout, LoopReading>(batch, ref counters, health);

    /// <summary>Takes events of loops, and of nothing else.</summary>
    public void Accept(ReadOnlySpan<CityEvent> batch, ref EngineCounters counters, DetectorHealth health) =>
        Accept<EventLayout, CityEvent>(batch, ref counters, health);

    private void Accept<TLayout, TReading>(
        ReadOnlySpan<TReading> batch, ref EngineCounters counters, DetectorHealth health)
        where TLayout : struct, IReadingLayout where TReading : unmanaged
    {
        ref byte first = ref Unsafe.As<TReading, byte>(ref MemoryMarshal.GetReference(batch));
        counters.Received += batch.Length;
        int whole = _count > 0 ? Math.Max(0, batch.Length - TLayout.Short) : 0;
        bool fetch = _count >= FetchFrom && Sse.IsSupported;
        int ahead = fetch ? Math.Max(0, whole - Ahead) : 0;
        if (ahead > 0) Run<TLayout, On>(ref first, ahead, ref counters, health);
        Run<TLayout, Off>(ref Unsafe.Add(ref first, ahead * TLayout.Stride), whole - ahead, ref counters, health);
        for (int i = whole; i < batch.Length; i++)
            Slow<TLayout>(ref Unsafe.Add(ref first, i * TLayout.Stride), ref counters, health);
    }

    private interface ISwitch { static abstract bool IsOn { get; } }
    private readonly struct On : ISwitch { public static bool IsOn => true; }
    private readonly struct Off : ISwitch { public static bool IsOn => false; }

    /// <summary>Takes readings the fast way until one is unusual, that one out of line, and so on.</summary>
    private unsafe void Run<TLayout, TFetch>(ref byte first, int readings, ref EngineCounters counters, DetectorHealth health)
        where TLayout : struct, IReadingLayout where TFetch : struct, ISwitch
    {
        Vector256<ulong> least = Vector256.Create((ulong)_minute * MinuteMs, (ulong)TLayout.Kind << 32, 0, 0);
        // Floats that are not negative order as whole numbers do; a NaN or a negative one is greater than all.
        Vector256<uint> most = TLayout.Most((uint)Math.Clamp(_latestMs - _minute * (long)MinuteMs, 0, MinuteMs - 1),
            (uint)_count - 1, BitConverter.SingleToUInt32Bits(MaxCount), BitConverter.SingleToUInt32Bits(1f),
            BitConverter.SingleToUInt32Bits(MaxSpeedMps));
        uint c = (uint)TLayout.Count, o = c + 1, s = c + 2;
        Vector256<uint> values = Vector256.Create(c, o, s, c, o, s, c, c);
        Vector256<float> ones = Vector256.Create(1f, 1, 0, 1, 1, 0, 0, 0);
        int unusual = 0;
        fixed (byte* from = &first)
        {
            byte* at = from, end = from + (nint)readings * TLayout.Stride;
            while (true)
            {
                at = _fine is null
                    ? Usual<TLayout, TFetch, Off>(at, end, least, most, values, ones)
                    : Usual<TLayout, TFetch, On>(at, end, least, most, values, ones);
                if (at == end) break;
                Slow<TLayout>(ref *at, ref counters, health);
                unusual++;
                at += TLayout.Stride;
            }
        }
        counters.Accepted += readings - unusual;
    }

    /// <summary>Takes readings up to the first unusual one, and returns where that is.</summary>
    private unsafe byte* Usual<TLayout, TFetch, TFine>(byte* at, byte* end, Vector256<ulong> least, Vector256<uint> most,
        Vector256<uint> values, Vector256<float> ones)
        where TLayout : struct, IReadingLayout where TFetch : struct, ISwitch where TFine : struct, ISwitch
    {
        uint tag = LoopCell.MinuteTag(_minute);
        Vector256<float> fade = Vector256.Create(1, 1, 1, Forgetting, Forgetting, Forgetting, 0, 0);
        Vector256<uint> sums = Vector256.Create(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0, 0);
        // The cells are pinned for good.
        byte* cells = (byte*)Unsafe.AsPointer(ref Cell(0));
        for (; at < end; at += TLayout.Stride)
        {
            if (TFetch.IsOn)
                Sse.Prefetch0(cells + (nint)(*(uint*)(at + Ahead * TLayout.Stride + 8)) * LoopCell.Bytes);
            Vector256<uint> words = Unsafe.ReadUnaligned<Vector256<uint>>(at);
            if (!Vector256.LessThanOrEqualAll((words.AsUInt64() - least).AsUInt32(), most)) break;
            byte* cell = cells + (nint)(*(uint*)(at + 8)) * LoopCell.Bytes;
            ulong order = *(ulong*)(cell + 24);
            uint stamp = LoopCell.Stamp(*(long*)at, tag), newer = LoopCell.Newer(stamp, (uint)order);
            if (newer - 1 >= LoopCell.Remembered - 1) break;
            // (count, occupancy, count * speed) twice, then zeros.
            Vector256<float> terms = Vector256.Shuffle(words, values).AsSingle()
                * Factors(ones, Vector256.Create(*(float*)(at + 4 * TLayout.Count)));
            Vector256<float> before = Unsafe.ReadUnaligned<Vector256<uint>>(cell).AsSingle() & sums.AsSingle();
            Unsafe.WriteUnaligned(cell, before * fade + terms);
            *(ulong*)(cell + 24) = ((order & LoopCell.SeenMask) << (int)newer)
                + ((order & LoopCell.ReadingsMask) + stamp + (LoopCell.OneReading + LoopCell.FirstSeen));
            if (TFine.IsOn) _fine!.Add(*(int*)(at + 8), *(long*)at, terms.GetLower().WithElement(3, 1));
        }
        return at;
    }

    /// <summary>(1, 1, count) twice, then zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Factors(Vector256<float> ones, Vector256<float> count) => Avx.IsSupported
        ? Avx.Blend(ones, count, 0b100100)
        : Vector256.ConditionalSelect(Vector256.Create(0, 0, -1, 0, 0, -1, 0, 0).AsSingle(), count, ones);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Slow<TLayout>(ref byte at, ref EngineCounters counters, DetectorHealth health)
        where TLayout : struct, IReadingLayout
    {
        LoopReading reading;
        uint sequence = 0;
        if (typeof(TLayout) == typeof(EventLayout))
        {
            ref CityEvent e = ref Unsafe.As<byte, CityEvent>(ref at);
            // An event of another kind names no loop.
            int detector = e.Kind == EventKind.Loop ? e.Index : -1;
            (reading, sequence) = (new LoopReading(e.TimeMs, detector, e.A, e.B, e.C), e.Sequence);
        }
        else reading = Unsafe.As<byte, LoopReading>(ref at);
        Count(Accept(reading, sequence, health), ref counters);
    }
}
