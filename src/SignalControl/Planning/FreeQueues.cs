using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CityBrain.SignalControl.Planning;

/// <summary>A way on from a plan: the seconds of a change, if any, and of the green after it; and what it costs.</summary>
public struct Leg
{
    /// <summary>The stage before the change and the one after it; both are the same where the green goes on.</summary>
    internal int Before, Stage;
    /// <summary>First second, first of the green, and one past the last.</summary>
    internal int Begin, Green, End;
    /// <summary>Where the pair's rates begin, the one of the first second and the one that holds on.</summary>
    internal int Rates, Row, Last;
    /// <summary>Nobody gives way and no exit is short of room.</summary>
    internal bool Free;
    /// <summary>Where the state that it begins in is, and where the one is put that it ends in.</summary>
    internal int From, To;

    /// <summary>Its green lasts up to second <paramref name="end"/>.</summary>
    public void Until(int end) => End = end;

    /// <summary>It leads from the state that begins at one place to one that is put at another.</summary>
    public void Between(int from, int to) => (From, To) = (from, to);

    /// <summary>Weighted seconds that it loses.</summary>
    public float Lost { get; internal set; }
    /// <summary>Weighted seconds still to come for the vehicles that it leaves in the queues.</summary>
    public float Left { get; internal set; }
}

/// <summary>
/// Queues where nobody gives way and all exits have room: all seconds of sixteen rows at once, in registers: arrivals
/// in, at most the rate out, a charge for whoever still stands, one more for stopping, and what old queues weigh
/// beyond 1. A second waits for the one before, so two legs that leave one state are run side by side, in little more
/// than the time of one.
/// </summary>
internal sealed class FreeQueues(PlannerSettings settings, DischargeRates rates)
{
    private readonly float[] _ageing =
        [.. Enumerable.Range(0, settings.HorizonS + 1).Select(t => t / settings.WaitDoublesS)];
    private readonly float _halfS = 0.5f * settings.HeadwayS, _stopS = settings.StopPenaltyS;
    private PlanScene _scene = null!;

    public void Attach(PlanScene scene) => _scene = scene;

    /// <summary>What a queued vehicle's weight has grown by in second t.</summary>
    public float Ageing(int t) => _ageing[t];

    /// <summary>What queues that a stage leaves at second t still lose, sixteen rows from c on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Left(int stage, int t, int c, Vector512<float> old, Vector512<float> all)
    {
        Vector512<float> extra = At(_scene.OldExtra, c) + Vector512.Create(_ageing[t]);
        Vector512<float> red = Vector512.Equals(At(_scene.Rate, stage * _scene.Width + c), Vector512<float>.Zero);
        return (extra * old + all) * ((red & At(_scene.RedLossS, c)) + all * Vector512.Create(_halfS));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Run(Span<float> states, ref Leg leg)
    {
        int w = _scene.Width;
        ReadOnlySpan<float> from = states[leg.From..];
        Span<float> to = states[leg.To..];
        ref float arrivals = ref MemoryMarshal.GetArrayDataReference(_scene.Arrivals);
        ref float caps = ref Unsafe.Add(ref MemoryMarshal.GetReference(rates.All), leg.Rates);
        Vector256<float> lost = default, left = default;
        for (int c = 0; c < w; c += 16)
        {
            Vector512<float> waiting = default, weighted = default, stops = default;
            Vector512<float> old = At(from, c), all = At(from, w + c), extra = At(_scene.OldExtra, c);
            int last = leg.Last * w + c, cap = Math.Min(leg.Row * w + c, last);
            for (int k = leg.Begin, at = k * w + c; k < leg.End; k++, at += w)
            {
                Second(Vector512.LoadUnsafe(ref arrivals, (nuint)at), Vector512.LoadUnsafe(ref caps, (nuint)cap),
                    extra + Vector512.Create(_ageing[k]), ref old, ref all, ref waiting, ref weighted, ref stops);
                cap = Math.Min(cap + w, last);
            }
            old.StoreUnsafe(ref to[c]);
            all.StoreUnsafe(ref to[w + c]);
            lost += Halves(waiting + weighted + Vector512.Create(_stopS) * stops);
            Add(ref left, Left(leg.Stage, leg.End, c, old, all));
        }
        from.Slice(2 * w, PlanScene.LimitedExits).CopyTo(to[(2 * w)..]);
        leg.Lost = Sum(lost);
        leg.Left = Sum(left);
    }

    /// <summary>Two legs that begin in the same second; the second one ends no earlier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void RunTwo(Span<float> states, ref Leg shorter, ref Leg longer)
    {
        int w = _scene.Width;
        ReadOnlySpan<float> fromS = states[shorter.From..], fromL = states[longer.From..];
        Span<float> toShort = states[shorter.To..], toLong = states[longer.To..];
        ref float arrivals = ref MemoryMarshal.GetArrayDataReference(_scene.Arrivals);
        ref float capsS = ref Unsafe.Add(ref MemoryMarshal.GetReference(rates.All), shorter.Rates);
        ref float capsL = ref Unsafe.Add(ref MemoryMarshal.GetReference(rates.All), longer.Rates);
        Vector256<float> lostS = default, lostL = default, leftS = default, leftL = default;
        for (int c = 0; c < w; c += 16)
        {
            Vector512<float> oldS = At(fromS, c), allS = At(fromS, w + c), extra = At(_scene.OldExtra, c);
            Vector512<float> oldL = At(fromL, c), allL = At(fromL, w + c);
            Vector512<float> waitingS = default, weightedS = default, stopsS = default;
            Vector512<float> waitingL = default, weightedL = default, stopsL = default;
            int lastS = shorter.Last * w + c, capS = Math.Min(shorter.Row * w + c, lastS);
            int lastL = longer.Last * w + c, capL = Math.Min(longer.Row * w + c, lastL);
            int k = shorter.Begin, at = k * w + c;
            for (; k < shorter.End; k++, at += w)
            {
                Vector512<float> arrived = Vector512.LoadUnsafe(ref arrivals, (nuint)at);
                Vector512<float> weight = extra + Vector512.Create(_ageing[k]);
                Second(arrived, Vector512.LoadUnsafe(ref capsS, (nuint)capS), weight,
                    ref oldS, ref allS, ref waitingS, ref weightedS, ref stopsS);
                Second(arrived, Vector512.LoadUnsafe(ref capsL, (nuint)capL), weight,
                    ref oldL, ref allL, ref waitingL, ref weightedL, ref stopsL);
                capS = Math.Min(capS + w, lastS);
                capL = Math.Min(capL + w, lastL);
            }
            for (; k < longer.End; k++, at += w)
            {
                Second(Vector512.LoadUnsafe(ref arrivals, (nuint)at), Vector512.LoadUnsafe(ref capsL, (nuint)capL),
                    extra + Vector512.Create(_ageing[k]), ref oldL, ref allL, ref waitingL, ref weightedL, ref stopsL);
                capL = Math.Min(capL + w, lastL);
            }
            oldS.StoreUnsafe(ref toShort[c]);
            allS.StoreUnsafe(ref toShort[w + c]);
            oldL.StoreUnsafe(ref toLong[c]);
            allL.StoreUnsafe(ref toLong[w + c]);
            Vector512<float> stop = Vector512.Create(_stopS);
            lostS += Halves(waitingS + weightedS + stop * stopsS);
            lostL += Halves(waitingL + weightedL + stop * stopsL);
            Add(ref leftS, Left(shorter.Stage, shorter.End, c, oldS, allS));
            Add(ref leftL, Left(longer.Stage, longer.End, c, oldL, allL));
        }
        fromS.Slice(2 * w, PlanScene.LimitedExits).CopyTo(toShort[(2 * w)..]);
        fromL.Slice(2 * w, PlanScene.LimitedExits).CopyTo(toLong[(2 * w)..]);
        (shorter.Lost, shorter.Left) = (Sum(lostS), Sum(leftS));
        (longer.Lost, longer.Left) = (Sum(lostL), Sum(leftL));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Second(Vector512<float> arrived, Vector512<float> rate, Vector512<float> weight,
        ref Vector512<float> old, ref Vector512<float> all,
        ref Vector512<float> waiting, ref Vector512<float> weighted, ref Vector512<float> stops)
    {
        all = Vector512.MaxNative(all + (arrived - rate), default);
        old = Vector512.MaxNative(old - rate, default);
        waiting += all;
        weighted += weight * old;
        stops += Vector512.MinNative(arrived, all);
    }

    /// <summary>Adds sixteen rows to the sums of eight, the lower half first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Vector256<float> sum, Vector512<float> rows) =>
        sum = sum + rows.GetLower() + rows.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(Vector512<float> rows) => rows.GetLower() + rows.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> At(ReadOnlySpan<float> values, int i) =>
        Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v)
    {
        Vector128<float> half = v.GetLower() + v.GetUpper();
        return half[0] + half[1] + (half[2] + half[3]);
    }
}
