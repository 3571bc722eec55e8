using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Runs the queues of one intersection forward, a second at a time, all rows at once. A row is a point queue:
/// each second it takes its arrivals and lets go at most its rate. Vehicles queued now are kept apart from later
/// ones, because they weigh more. State of a plan: old queues, new queues, vehicles sent into limited exits.
/// Sums are in a fixed order and nothing is fused, so every machine gets the same bits.
/// </summary>
public sealed class QueueModel(PlannerSettings settings, int maxWidth)
{
    private readonly float[] _cap = new float[maxWidth];
    private readonly float[] _served = new float[maxWidth];
    private readonly float _ageing = 1f / settings.WaitDoublesS;
    private PlanScene _scene = null!;
    private JunctionModel _junction = null!;

    /// <summary>Floats of one state.</summary>
    public int StateSize => 2 * _scene.Width + PlanScene.LimitedExits;

    public void Attach(PlanScene scene, JunctionModel junction)
    {
        _scene = scene;
        _junction = junction;
    }

    public void Begin(Span<float> state)
    {
        state[..StateSize].Clear();
        _scene.Old.AsSpan(0, _scene.Width).CopyTo(state);
    }

    /// <summary>Outflow by row of the last second run.</summary>
    public ReadOnlySpan<float> LastServed => _served.AsSpan(0, _scene.Width);

    /// <summary>
    /// Stage <paramref name="stage"/> is green from second t to end; its green began age seconds before t, after
    /// stage <paramref name="before"/>. Returns the weighted seconds lost.
    /// </summary>
    public float Green(Span<float> state, int stage, int before, int age, int t, int end)
    {
        float cost = 0;
        int plain = Special(stage) ? int.MaxValue : _scene.Partial[stage] ? PlanScene.Ages : settings.StartUp.Length;
        for (; t < end && age < plain; t++, age++) cost += GreenSecond(state, stage, before, age, t);
        if (t < end) cost += Run(state, stage, t, end);
        return cost;
    }

    /// <summary>
    /// A change from second t to green and then stage <paramref name="to"/> to end: what the search prices most. All
    /// seconds of eight rows are run in registers, where nobody gives way and no exit is full.
    /// </summary>
    public float Switch(Span<float> state, int from, int to, int t, int green, int end)
    {
        if (Special(from) || Special(to) || _scene.Partial[to])
            return Change(state, from, to, t, green) + Green(state, to, from, 0, green, end);
        int w = _scene.Width, stages = _scene.Stages;
        ReadOnlySpan<float> both = _junction.Both.AsSpan((from * stages + to) * w, w);
        ReadOnlySpan<float> leaving = _scene.Rate.AsSpan(from * w, w), coming = _scene.Rate.AsSpan(to * w, w);
        ReadOnlySpan<float> arrivals = _scene.Arrivals;
        Vector256<float> cost = Vector256<float>.Zero, one = Vector256<float>.One;
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> qo = At(state, c), qn = At(state, w + c), weight = At(_scene.OldWeight, c);
            Vector256<float> kept = At(both, c), lost = one - kept, rate = At(leaving, c);
            for (int k = t; k < green; k++)
            {
                Vector256<float> use = Vector256.Create(k - t < settings.YellowUse.Length ? settings.YellowUse[k - t] : 0f);
                Second(ref qo, ref qn, At(arrivals, k * w + c), rate * (kept + lost * use), weight, k, ref cost);
            }
            rate = At(coming, c);
            for (int k = green; k < end; k++)
            {
                Vector256<float> ramp = k - green < settings.StartUp.Length
                    ? kept + lost * Vector256.Create(settings.StartUp[k - green]) : one;
                Second(ref qo, ref qn, At(arrivals, k * w + c), rate * ramp, weight, k, ref cost);
            }
            qo.StoreUnsafe(ref state[c]);
            qn.StoreUnsafe(ref state[w + c]);
        }
        return Sum(cost);
    }

    /// <summary>One second of eight rows: arrivals in, at most the rate out, what still stands is charged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Second(ref Vector256<float> qo, ref Vector256<float> qn, Vector256<float> arrived, Vector256<float> cap,
        Vector256<float> weight, int t, ref Vector256<float> cost)
    {
        Vector256<float> served = Vector256.Min(qo + qn + arrived, cap), servedOld = Vector256.Min(qo, served);
        qo -= servedOld;
        qn = qn + arrived - (served - servedOld);
        cost += (weight + Vector256.Create(t * _ageing)) * qo + qn
            + Vector256.Create(settings.StopPenaltyS) * Vector256.Min(arrived, qo + qn);
    }

    /// <summary>The change from one stage to another between t and end.</summary>
    public float Change(Span<float> state, int from, int to, int t, int end)
    {
        float cost = 0;
        for (int into = 0; t < end; t++, into++) cost += ChangeSecond(state, from, to, into, t);
        return cost;
    }

    /// <summary>Second t, the age-th of a green.</summary>
    public float GreenSecond(Span<float> state, int stage, int before, int age, int t)
    {
        Fill(stage, before, age);
        return Step(state, stage, t);
    }

    /// <summary>Second t, the into-th of a change.</summary>
    public float ChangeSecond(Span<float> state, int from, int to, int into, int t)
    {
        int w = _scene.Width;
        ReadOnlySpan<float> both = _junction.Both.AsSpan((from * _scene.Stages + to) * w, w);
        ReadOnlySpan<float> rate = _scene.Rate.AsSpan(from * w, w);
        var use = Vector256.Create(into < settings.YellowUse.Length ? settings.YellowUse[into] : 0f);
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> kept = At(both, c);
            (At(rate, c) * (kept + (Vector256<float>.One - kept) * use)).StoreUnsafe(ref _cap[c]);
        }
        return Step(state, from, t);
    }

    /// <summary>What is expected still to come for the vehicles that a state leaves in its queues.</summary>
    public float Residual(ReadOnlySpan<float> state, int stage, int t)
    {
        int w = _scene.Width;
        float old = t * _ageing;
        var half = Vector256.Create(0.5f * settings.HeadwayS);
        ReadOnlySpan<float> rate = _scene.Rate.AsSpan(stage * w, w);
        Vector256<float> total = Vector256<float>.Zero;
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> qo = At(state, c), qn = At(state, w + c), q = qo + qn;
            Vector256<float> weighted = (At(_scene.OldWeight, c) + Vector256.Create(old)) * qo + qn;
            Vector256<float> red = Vector256.Equals(At(rate, c), Vector256<float>.Zero);
            total += weighted * ((red & At(_scene.RedLossS, c)) + q * half);
        }
        return Sum(total);
    }

    private bool Special(int stage) => _scene.YieldingCount[stage] > 0 || _scene.LimitCount[stage] > 0;

    private void Fill(int stage, int before, int age)
    {
        int w = _scene.Width;
        ReadOnlySpan<float> cap = _scene.Cap.AsSpan((stage * PlanScene.Ages + Math.Min(age, PlanScene.Ages - 1)) * w, w);
        if (age >= settings.StartUp.Length || before < 0 || before == stage)
        {
            cap.CopyTo(_cap);
            return;
        }
        ReadOnlySpan<float> both = _junction.Both.AsSpan((before * _scene.Stages + stage) * w, w);
        ReadOnlySpan<float> rate = _scene.Rate.AsSpan(stage * w, w);
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> now = At(cap, c);
            (now + At(both, c) * (At(rate, c) - now)).StoreUnsafe(ref _cap[c]);
        }
    }

    /// <summary>One second with the rates in _cap, after giving way and exit room have cut them.</summary>
    private float Step(Span<float> state, int stage, int t)
    {
        int w = _scene.Width;
        ReadOnlySpan<float> arrivals = _scene.Arrivals.AsSpan(t * w, w);
        if (_scene.YieldingCount[stage] > 0) GiveWay(state, stage, arrivals);
        ReadOnlySpan<ExitLimit> limits = _scene.LimitsOf(stage);
        Span<float> sent = state.Slice(2 * w, PlanScene.LimitedExits);
        foreach (ref readonly ExitLimit l in limits)
        {
            float left = _scene.Room[l.Exit * (_scene.HorizonS + 1) + t] - sent[l.Exit];
            _cap[l.Row] = Math.Min(_cap[l.Row], Math.Max(0f, left) / l.Share);
        }
        Vector256<float> cost = Vector256<float>.Zero, old = Vector256.Create(t * _ageing);
        var stop = Vector256.Create(settings.StopPenaltyS);
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> qo = At(state, c), qn = At(state, w + c), a = At(arrivals, c);
            Vector256<float> served = Vector256.Min(qo + qn + a, At(_cap, c));
            Vector256<float> servedOld = Vector256.Min(qo, served);
            qo -= servedOld;
            qn = qn + a - (served - servedOld);
            served.StoreUnsafe(ref _served[c]);
            qo.StoreUnsafe(ref state[c]);
            qn.StoreUnsafe(ref state[w + c]);
            cost += (At(_scene.OldWeight, c) + old) * qo + qn + stop * Vector256.Min(a, qo + qn);
        }
        foreach (ref readonly ExitLimit l in limits) sent[l.Exit] += l.Share * _served[l.Row];
        return Sum(cost);
    }

    /// <summary>Seconds t to end at the full rate of a stage in which nobody gives way and no exit is full.</summary>
    private float Run(Span<float> state, int stage, int t, int end)
    {
        int w = _scene.Width;
        Vector256<float> cost = Vector256<float>.Zero;
        ReadOnlySpan<float> caps = _scene.Cap.AsSpan((stage * PlanScene.Ages + PlanScene.Ages - 1) * w, w);
        for (int c = 0; c < w; c += 8)
        {
            Vector256<float> qo = At(state, c), qn = At(state, w + c), cap = At(caps, c);
            Vector256<float> weight = At(_scene.OldWeight, c);
            for (int k = t; k < end; k++)
                Second(ref qo, ref qn, At(_scene.Arrivals, k * w + c), cap, weight, k, ref cost);
            qo.StoreUnsafe(ref state[c]);
            qn.StoreUnsafe(ref state[w + c]);
        }
        return Sum(cost);
    }

    /// <summary>
    /// Permissive movements: capacity against an opposing flow q (vehicles a second) by gap acceptance,
    /// q exp(-q tc) / (1 - exp(-q tf)) with tc = 5 s and tf = 2.5 s (HCM), as the ratio 1 / (1 + 3.6 q + 16 q²)
    /// of the capacity without opposing traffic (within 6 % up to 0.6 vehicles a second).
    /// </summary>
    private void GiveWay(ReadOnlySpan<float> state, int stage, ReadOnlySpan<float> arrivals)
    {
        int w = _scene.Width;
        foreach (ref readonly YieldingRow y in _scene.YieldingOf(stage))
        {
            float q = 0;
            for (int k = y.First; k < y.End; k++)
            {
                OpposingFlow o = _scene.Opposing[k];
                float there = state[o.Row] + state[w + o.Row] + arrivals[o.Row];
                q += o.Share * Math.Min(there, _cap[o.Row]);
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
