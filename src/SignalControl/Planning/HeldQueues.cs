using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Queues of which some give way or find a full exit, for intersections of at most sixteen rows: a second of all legs that
/// begin together, then the next second, so that the processor is at several legs at once. Sums are those of
/// <see cref="QueueModel.Follow"/> in the same order, so the bits are the same; what is a loop over rows there is one
/// permutation here, which takes AVX-512.
/// </summary>
internal sealed class HeldQueues(PlannerSettings settings, DischargeRates rates, FreeQueues free, int maxStages)
{
    /// <summary>Rows that one vector holds.</summary>
    public const int Rows = 16;

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
        Avx512F.IsSupported && _scene.Width == Rows && _scene.Inner.Length == 0
        && _stages.Has(leg.Before) && _stages.Has(leg.Stage);

    /// <summary>Takes a leg; <see cref="Run"/> runs all that were taken.</summary>
    public void Add(Span<float> states, Span<Leg> legs, int index)
    {
        ref Leg leg = ref legs[index];
        states.Slice(leg.From, 2 * Rows + PlanScene.LimitedExits).CopyTo(states[leg.To..]);
        ref Track track = ref _tracks[_count++];
        track.Lost = default;
        (track.Leg, track.State) = (index, leg.To);
        track.LastCap = leg.Rates + leg.Last * Rows;
        track.Cap = Math.Min(leg.Rates + leg.Row * Rows, track.LastCap);
        bool changes = leg.Green > leg.Begin;
        (track.Stage, track.Until) = changes ? (leg.Before, leg.Green) : (leg.Stage, leg.End);
        leg.Lost = 0;
    }

    /// <summary>Runs the legs that were taken to their ends.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Run(Span<float> states, Span<Leg> legs)
    {
        if (_count == 0) return;
        ref float arrivals = ref MemoryMarshal.GetArrayDataReference(_scene.Arrivals);
        ref float caps = ref MemoryMarshal.GetReference(rates.All);
        ref Track tracks = ref MemoryMarshal.GetArrayDataReference(_tracks);
        Vector512<float> extra = Vector512.LoadUnsafe(ref _scene.OldExtra[0]);
        Vector512<float> stop = Vector512.Create(settings.StopPenaltyS);
        HeldStages stages = _stages;
        int n = _count;
        for (int t = legs[tracks.Leg].Begin; n > 0; t++)
        {
            Vector512<float> arrived = Vector512.LoadUnsafe(ref arrivals, (nuint)(t * Rows));
            Vector512<float> weight = extra + Vector512.Create(free.Ageing(t));
            Vector256<float> room = stages.RoomAt(t);
            int on = 0;
            for (int k = 0; k < n; k++)
            {
                ref Track track = ref Unsafe.Add(ref tracks, k);
                ref float state = ref states[track.State];
                ref readonly HeldStage stage = ref stages[track.Stage];
                Vector512<float> cap = Vector512.LoadUnsafe(ref caps, (nuint)track.Cap);
                track.Cap = Math.Min(track.Cap + Rows, track.LastCap);
                Vector512<float> there = Vector512.LoadUnsafe(ref state, Rows) + arrived;
                Vector256<float> sent = Vector256.LoadUnsafe(ref state, 2 * Rows);
                if (stage.Yields < stage.YieldsEnd) cap = stages.GiveWay(stage, cap, there);
                if (stage.Limits < stage.LimitsEnd) cap = stages.Limit(stage, cap, room - sent);
                Vector512<float> all = Vector512.MaxNative(there - cap, default);
                Vector512<float> old = Vector512.MaxNative(Vector512.LoadUnsafe(ref state) - cap, default);
                FreeQueues.Add(ref track.Lost, all + weight * old + stop * Vector512.MinNative(arrived, all));
                old.StoreUnsafe(ref state);
                all.StoreUnsafe(ref state, Rows);
                if (stage.Sent < stage.SentEnd) stages.Send(stage, sent, there - all).StoreUnsafe(ref state, 2 * Rows);
                if (t + 1 == track.Until && EndStage(ref track, states, ref legs[track.Leg])) continue;
                if (on != k) Unsafe.Add(ref tracks, on) = track;
                on++;
            }
            n = on;
        }
        _count = 0;
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
        FreeQueues.Add(ref left,
            free.Left(leg.Stage, leg.End, 0, FreeQueues.At(state, 0), FreeQueues.At(state, Rows)));
        leg.Left = FreeQueues.Sum(left);
        return true;
    }
}
