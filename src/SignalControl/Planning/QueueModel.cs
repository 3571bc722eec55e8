using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Runs the queues of one intersection forward, a second at a time, all rows at once. A row is a point queue: each
/// second it takes its arrivals and lets go at most its rate, first in, first out. Vehicles queued now are followed
/// apart from all, because they weigh more. State of a plan: queues of now, all queues, vehicles sent into limited
/// exits. Sums are in a fixed order and nothing is fused, so every machine gets the same bits; no value is a NaN or -0,
/// so the machine's own minimum and maximum do, which cost a third of those of IEEE 754-2019.
/// </summary>
public sealed class QueueModel(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS)
{
    private readonly DischargeRates _rates = new(settings, maxWidth, maxStages, maxChangeS);
    private readonly float[] _cap = new float[maxWidth];
    private readonly float[] _served = new float[maxWidth];
    private readonly float[] _ageing = [.. Enumerable.Range(0, settings.HorizonS + 1).Select(t => t / settings.WaitDoublesS)];
    private PlanScene _scene = null!;

    /// <summary>Floats of one state.</summary>
    public int StateSize => 2 * _scene.Width + PlanScene.LimitedExits;

    /// <summary>Outflow by row of the last <see cref="GreenSecond"/> or <see cref="ChangeSecond"/>.</summary>
    public ReadOnlySpan<float> LastServed => _served.AsSpan(0, _scene.Width);

    public void Attach(PlanScene scene, JunctionModel junction)
    {
        _scene = scene;
        _rates.Attach(scene, junction);
    }

    public void Begin(Span<float> state)
    {
        int w = _scene.Width;
        state[..StateSize].Clear();
        _scene.Old.AsSpan(0, w).CopyTo(state);
        _scene.Old.AsSpan(0, w).CopyTo(state[w..]);
    }

    /// <summary>
    /// Goes on from one state to another: stage <paramref name="stage"/> is green from second t to end; its green began
    /// age seconds before t, after stage <paramref name="before"/>. Returns the weighted seconds lost.
    /// </summary>
    public float Green(ReadOnlySpan<float> from, Span<float> to, int stage, int before, int age, int t, int end)
    {
        ReadOnlySpan<float> rates = _rates.Pair(before, stage, out int green, out int last);
        return IsFree(stage)
            ? Run(from, to, rates, green + age, last, t, end)
            : RunLimited(from, to, stage, rates, green + age, last, t, end);
    }

    /// <summary>A change from one stage to the next from second t to green, and the next one's green to end.</summary>
    public float Switch(
        ReadOnlySpan<float> from, Span<float> to, int stage, int next, int t, int green, int end)
    {
        ReadOnlySpan<float> rates = _rates.Pair(stage, next, out int change, out int last);
        if (IsFree(stage) && IsFree(next)) return Run(from, to, rates, 0, last, t, end);
        float lost = RunLimited(from, to, stage, rates, 0, last, t, green);
        return lost + RunLimited(to, to, next, rates, change, last, green, end);
    }

    /// <summary>Second t, the age-th of a green.</summary>
    public float GreenSecond(Span<float> state, int stage, int before, int age, int t)
    {
        ReadOnlySpan<float> rates = _rates.Pair(before, stage, out int green, out int last);
        return RunLimited(state, state, stage, rates, green + age, last, t, t + 1);
    }

    /// <summary>Second t, the into-th of a change.</summary>
    public float ChangeSecond(Span<float> state, int from, int to, int into, int t)
    {
        ReadOnlySpan<float> rates = _rates.Pair(from, to, out _, out int last);
        return RunLimited(state, state, from, rates, into, last, t, t + 1);
    }

    /// <summary>What is expected still to come for the vehicles that a state leaves in its queues.</summary>
    public float Residual(ReadOnlySpan<float> state, int stage, int t)
    {
        int w = _scene.Width;
        Vector256<float> half = Vector256.Create(0.5f * settings.HeadwayS), old = Vector256.Create(_ageing[t]);
        ReadOnlySpan<float> rate = _scene.Rate.AsSpan(stage * w, w);
        Vector256<float> total = Vector256<float>.Zero;
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> q = At(state, w + c);
            Vector256<float> weighted = (At(_scene.OldExtra, c) + old) * At(state, c) + q;
            Vector256<float> red = Vector256.Equals(At(rate, c), Vector256<float>.Zero);
            total += weighted * ((red & At(_scene.RedLossS, c)) + q * half);
        }
        return Sum(total);
    }

    /// <summary>Nobody gives way and no exit is short of room.</summary>
    private bool IsFree(int stage) => _scene.YieldingCount[stage] == 0 && _scene.LimitCount[stage] == 0;

    /// <summary>
    /// All seconds of sixteen rows at once, in registers: arrivals in, at most the rate out, a charge for whoever still
    /// stands, one more for stopping, and what old queues weigh beyond 1.
    /// </summary>
    private float Run(ReadOnlySpan<float> from, Span<float> to, ReadOnlySpan<float> rates, int row, int last, int t, int end)
    {
        int w = _scene.Width, c = 0, size = StateSize;
        ref float source = ref MemoryMarshal.GetReference(from[..size]), target = ref MemoryMarshal.GetReference(to[..size]);
        ref float arrivals = ref MemoryMarshal.GetArrayDataReference(_scene.Arrivals);
        ref float extras = ref MemoryMarshal.GetArrayDataReference(_scene.OldExtra);
        ref float caps = ref MemoryMarshal.GetReference(rates);
        ref float ageing = ref MemoryMarshal.GetArrayDataReference(_ageing);
        Vector256<float> cost = Vector256<float>.Zero;
        for (; c + 16 <= w; c += 16)
        {
            Vector512<float> none = Vector512<float>.Zero, waiting = none, weighted = none, stops = none;
            Vector512<float> qo = Vector512.LoadUnsafe(ref source, (nuint)c), q = Vector512.LoadUnsafe(ref source, (nuint)(w + c));
            Vector512<float> extra = Vector512.LoadUnsafe(ref extras, (nuint)c);
            int lastCap = last * w + c, cap = Math.Min(row * w + c, lastCap);
            for (int k = t, at = t * w + c; k < end; k++, at += w, cap = Math.Min(cap + w, lastCap))
            {
                Vector512<float> a = Vector512.LoadUnsafe(ref arrivals, (nuint)at);
                Vector512<float> o = Vector512.LoadUnsafe(ref caps, (nuint)cap);
                q = Vector512.MaxNative(q + (a - o), none);
                qo = Vector512.MaxNative(qo - o, none);
                waiting += q;
                weighted += (extra + Vector512.Create(Unsafe.Add(ref ageing, k))) * qo;
                stops += Vector512.MinNative(a, q);
            }
            qo.StoreUnsafe(ref target, (nuint)c);
            q.StoreUnsafe(ref target, (nuint)(w + c));
            Vector512<float> sum = waiting + weighted + Vector512.Create(settings.StopPenaltyS) * stops;
            cost += sum.GetLower() + sum.GetUpper();
        }
        if (c < w)
        {
            Vector256<float> none = Vector256<float>.Zero, waiting = none, weighted = none, stops = none;
            Vector256<float> qo = Vector256.LoadUnsafe(ref source, (nuint)c), q = Vector256.LoadUnsafe(ref source, (nuint)(w + c));
            Vector256<float> extra = Vector256.LoadUnsafe(ref extras, (nuint)c);
            int lastCap = last * w + c, cap = Math.Min(row * w + c, lastCap);
            for (int k = t, at = t * w + c; k < end; k++, at += w, cap = Math.Min(cap + w, lastCap))
            {
                Vector256<float> a = Vector256.LoadUnsafe(ref arrivals, (nuint)at);
                Vector256<float> o = Vector256.LoadUnsafe(ref caps, (nuint)cap);
                q = Vector256.MaxNative(q + (a - o), none);
                qo = Vector256.MaxNative(qo - o, none);
                waiting += q;
                weighted += (extra + Vector256.Create(Unsafe.Add(ref ageing, k))) * qo;
                stops += Vector256.MinNative(a, q);
            }
            qo.StoreUnsafe(ref target, (nuint)c);
            q.StoreUnsafe(ref target, (nuint)(w + c));
            cost += waiting + weighted + Vector256.Create(settings.StopPenaltyS) * stops;
        }
        Vector256.LoadUnsafe(ref source, (nuint)(2 * w)).StoreUnsafe(ref target, (nuint)(2 * w));
        return Sum(cost);
    }

    /// <summary>The same after giving way and exit room have cut the rates, second by second.</summary>
    private float RunLimited(
        ReadOnlySpan<float> from, Span<float> to, int stage, ReadOnlySpan<float> rates, int row, int last,
        int t, int end)
    {
        int w = _scene.Width;
        Span<float> state = to[..StateSize], sent = state[(2 * w)..];
        if (from != to) from[..StateSize].CopyTo(state);
        Vector256<float> none = Vector256<float>.Zero, cost = none, stop = Vector256.Create(settings.StopPenaltyS);
        ReadOnlySpan<ExitLimit> limits = _scene.LimitsOf(stage);
        for (; t < end; t++, row++)
        {
            ReadOnlySpan<float> arrivals = _scene.Arrivals.AsSpan(t * w, w);
            rates.Slice(Math.Min(row, last) * w, w).CopyTo(_cap);
            GiveWay(state.Slice(w, w), stage, arrivals);
            foreach (ref readonly ExitLimit l in limits)
            {
                float left = _scene.Room[l.Exit * (_scene.HorizonS + 1) + t] - sent[l.Exit];
                _cap[l.Row] = Math.Min(_cap[l.Row], Math.Max(0f, left) / l.Share);
            }
            Vector256<float> old = Vector256.Create(_ageing[t]);
            for (int c = 0; c < w; c += 8)
            {
                Vector256<float> arrived = At(arrivals, c), cap = At(_cap, c), there = At(state, w + c) + arrived;
                Vector256<float> q = Vector256.MaxNative(there - cap, none), qo = Vector256.MaxNative(At(state, c) - cap, none);
                cost += q + (At(_scene.OldExtra, c) + old) * qo + stop * Vector256.MinNative(arrived, q);
                (there - q).StoreUnsafe(ref _served[c]);
                qo.StoreUnsafe(ref state[c]);
                q.StoreUnsafe(ref state[w + c]);
            }
            foreach (ref readonly ExitLimit l in limits) sent[l.Exit] += l.Share * _served[l.Row];
        }
        return Sum(cost);
    }

    /// <summary>
    /// Permissive movements: capacity against an opposing flow q (vehicles a second) by gap acceptance,
    /// q exp(-q tc) / (1 - exp(-q tf)) with tc = 5 s and tf = 2.5 s (HCM), as the ratio 1 / (1 + 3.6 q + 16 q²)
    /// of the capacity without opposing traffic (within 6 % up to 0.6 vehicles a second).
    /// </summary>
    private void GiveWay(ReadOnlySpan<float> queues, int stage, ReadOnlySpan<float> arrivals)
    {
        foreach (ref readonly YieldingRow y in _scene.YieldingOf(stage))
        {
            float q = 0;
            for (int k = y.First; k < y.End; k++)
            {
                ref readonly OpposingFlow o = ref _scene.Opposing[k];
                q += o.Share * Math.Min(queues[o.Row] + arrivals[o.Row], _cap[o.Row]);
            }
            float slower = y.HeadwayRatio * (1f + 3.6f * q + 16f * q * q);
            _cap[y.Row] /= y.Protected + y.Permissive * slower;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> At(ReadOnlySpan<float> values, int i) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector256<float> v)
    {
        Vector128<float> half = v.GetLower() + v.GetUpper();
        return half[0] + half[1] + (half[2] + half[3]);
    }
}
