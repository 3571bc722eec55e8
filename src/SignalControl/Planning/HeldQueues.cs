using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Queues of which some give way or find a full exit, for intersections of at most thirty-two rows: a second of all legs that
/// begin together, then the next second, so that the processor is at several legs at once. Sums are those of
/// <see cref="QueueModel.Follow"/> in the same order, so the bits are the same; what is a loop over rows there is one
/// permutation here, which takes AVX-512.
/// </summary>
internal sealed class HeldQueues(PlannerSettings settings, DischargeRates rates, FreeQueues free, int maxStages)
{
    /// <summary>Rows that one vector holds.</summary>
    private const int Rows = 16;

    private readonly HeldStages _stages = new(settings, maxStages);
    private Track[] _tracks = [];
    private int _count;
    private PlanScene _scene = null!;

    /// <summary>A leg on its way: where its state is, its rates' rows, and what it lost in its present stage.</summary>
    private struct Track
    {
        public Vector256<float> Lost;
        public int Leg, State, Stage, Cap, LastCap, Until;
    }

    /// <summary>Takes so many legs at a time.</summary>
    public void Reserve(int legs)
    {
        if (_tracks.Length < legs) _tracks = new Track[legs];
    }

    public void Attach(PlanScene scene)
    {
        _scene = scene;
        _stages.Attach(scene);
    }

    /// <summary>Can it run a leg through these stages?</summary>
    public bool Takes(in Leg leg) =>
        Avx512F.IsSupported && _scene.Width <= 2 * Rows && _scene.Inner.Length == 0
        && _stages.Has(leg.Before) && _stages.Has(leg.Stage);

    /// <summary>Takes a leg; <see cref="Run"/> runs all that were taken.</summary>
    public void Add(Span<float> states, Span<Leg> legs, int index)
    {
        ref Leg leg = ref legs[index];
        int w = _scene.Width;
        states.Slice(leg.From, 2 * w + PlanScene.LimitedExits).CopyTo(states[leg.To..]);
        ref Track track = ref _tracks[_count++];
        track.Lost = default;
        (track.Leg, track.State) = (index, leg.To);
        track.LastCap = leg.Rates + leg.Last * w;
        track.Cap = Math.Min(leg.Rates + leg.Row * w, track.LastCap);
        bool changes = leg.Green > leg.Begin;
        (track.Stage, track.Until) = changes ? (leg.Before, leg.Green) : (leg.Stage, leg.End);
        leg.Lost = 0;
    }

    /// <summary>Runs the legs that were taken to their ends.</summary>
    public void Run(Span<float> states, Span<Leg> legs)
    {
        if (_count == 0) return;
        if (_scene.Width == Rows) Run<Narrow>(states, legs);
        else Run<Wide>(states, legs);
        _count = 0;
    }

    /// <summary>How many rows there are: the compiler makes a loop for each, so that sixteen do not pay for others.</summary>
    private interface IWidth
    {
        static abstract bool IsWide { get; }
    }

    private readonly struct Narrow : IWidth
    {
        public static bool IsWide => false;
    }

    private readonly struct Wide : IWidth
    {
        public static bool IsWide => true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Run<T>(Span<float> states, Span<Leg> legs) where T : struct, IWidth
    {
        ref Track tracks = ref MemoryMarshal.GetArrayDataReference(_tracks);
        ref float caps = ref MemoryMarshal.GetReference(rates.All);
        HeldStages stages = _stages;
        Vector512<float> penalty = Vector512.Create(settings.StopPenaltyS);
        RowPair weight = Pair<T>(ref _scene.Weight[0]), stop = new(weight.Low * penalty, weight.High * penalty);
        int w = T.IsWide ? 2 * Rows : Rows, n = _count;
        for (int t = legs[tracks.Leg].Begin; n > 0; t++)
        {
            RowPair arrived = Pair<T>(ref _scene.Arrivals[t * w]), extra = new(free.Extra(t, 0), default);
            if (T.IsWide) extra.High = free.Extra(t, Rows);
            Vector256<float> room = stages.RoomAt(t);
            int on = 0;
            for (int k = 0; k < n; k++)
            {
                ref Track track = ref Unsafe.Add(ref tracks, k);
                ref float state = ref states[track.State], high = ref Unsafe.Add(ref state, Rows);
                ref readonly HeldStage stage = ref stages[track.Stage];
                RowPair cap = Pair<T>(ref Unsafe.Add(ref caps, track.Cap)), there = Pair<T>(ref Unsafe.Add(ref state, w));
                track.Cap = Math.Min(track.Cap + w, track.LastCap);
                there.Low += arrived.Low;
                if (T.IsWide) there.High += arrived.High;
                Vector256<float> sent = Vector256.LoadUnsafe(ref state, (nuint)(2 * w));
                if (stage.Yields < stage.YieldsEnd) cap = stages.GiveWay(stage, cap, there, T.IsWide);
                if (stage.Limits < stage.LimitsEnd) cap = stages.Limit(stage, cap, room - sent, T.IsWide);
                var served = new RowPair(
                    Second(ref track.Lost, ref state,
                        cap.Low, there.Low, arrived.Low, extra.Low, weight.Low, stop.Low, w), default);
                if (T.IsWide)
                    served.High = Second(ref track.Lost, ref high,
                        cap.High, there.High, arrived.High, extra.High, weight.High, stop.High, w);
                if (stage.Sent < stage.SentEnd)
                    stages.Send(stage, sent, served, T.IsWide).StoreUnsafe(ref state, (nuint)(2 * w));
                if (t + 1 == track.Until && EndStage(ref track, states, ref legs[track.Leg])) continue;
                if (on != k) Unsafe.Add(ref tracks, on) = track;
                on++;
            }
            n = on;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RowPair Pair<T>(ref float rows) where T : struct, IWidth =>
        new(Vector512.LoadUnsafe(ref rows), T.IsWide ? Vector512.LoadUnsafe(ref rows, Rows) : default);

    /// <summary>A second of sixteen rows; returns what they let go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Second(ref Vector256<float> lost, ref float state, Vector512<float> cap,
        Vector512<float> there, Vector512<float> arrived, Vector512<float> extra,
        Vector512<float> weight, Vector512<float> stop, int w)
    {
        Vector512<float> all = Vector512.MaxNative(there - cap, default);
        Vector512<float> old = Vector512.MaxNative(Vector512.LoadUnsafe(ref state) - cap, default);
        FreeQueues.Add(ref lost, weight * all + extra * old + stop * Vector512.MinNative(arrived, all));
        old.StoreUnsafe(ref state);
        all.StoreUnsafe(ref state, (nuint)w);
        return there - all;
    }

    /// <summary>The change is over, and the green begins; or the leg, then true.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool EndStage(ref Track track, ReadOnlySpan<float> states, ref Leg leg)
    {
        leg.Lost += FreeQueues.Sum(track.Lost);
        track.Lost = default;
        track.Stage = leg.Stage;
        if (track.Until < leg.End)
        {
            track.Until = leg.End;
            return false;
        }
        Vector256<float> left = default;
        ReadOnlySpan<float> state = states[leg.To..];
        for (int c = 0, w = _scene.Width; c < w; c += Rows)
            FreeQueues.Add(ref left,
                free.Left(leg.Stage, leg.End, c, FreeQueues.At(state, c), FreeQueues.At(state, w + c)));
        leg.Left = FreeQueues.Sum(left);
        return true;
    }
}
