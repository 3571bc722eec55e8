using System.Runtime.Intrinsics;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Runs the queues of one intersection forward, a second at a time, all rows at once. A row is a point queue: each
/// second it takes its arrivals and lets go at most its rate, first in, first out. Vehicles queued now are followed
/// apart from all, because they weigh more. State of a plan: queues of now, all queues, vehicles sent into limited
/// exits; in a unit of several intersections also those under way inside it. Sums are in a fixed order and nothing is
/// fused, so every machine gets the same bits; no value is a NaN or -0, so the machine's own minimum and maximum do,
/// which cost a third of those of IEEE 754-2019.
/// </summary>
public sealed class QueueModel
{
    private readonly PlannerSettings _settings;
    private readonly DischargeRates _rates;
    private readonly FreeQueues _free;
    private readonly HeldQueues _held;
    private readonly Leg[] _pairs;
    private readonly bool[] _isFree;
    private readonly float[] _cap;
    private readonly float[] _served;
    private readonly float[] _servedOld;
    private readonly float[] _joined;
    private readonly int[] _single;
    private PlanScene _scene = null!;

    public QueueModel(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS)
    {
        _settings = settings;
        _rates = new DischargeRates(settings, maxWidth, maxStages, maxChangeS);
        _free = new FreeQueues(settings, _rates, maxWidth, maxStages);
        _held = new HeldQueues(settings, _rates, _free, maxStages);
        _pairs = new Leg[maxStages * maxStages];
        _isFree = new bool[maxStages];
        _cap = new float[maxWidth];
        _served = new float[(settings.HorizonS + 1) * maxWidth];
        _servedOld = new float[maxWidth];
        _joined = new float[maxWidth];
        _single = new int[settings.HorizonS + 1];
        Array.Fill(_single, -1);
    }

    /// <summary>Floats of one state.</summary>
    public int StateSize => 2 * _scene.Width + PlanScene.LimitedExits + 2 * _scene.Slots;

    public void Attach(PlanScene scene, JunctionModel junction)
    {
        _scene = scene;
        _rates.Attach(scene, junction);
        _free.Attach(scene);
        _held.Attach(scene);
        Array.Clear(_pairs, 0, scene.Stages * scene.Stages);
        for (int s = 0; s < scene.Stages; s++)
            _isFree[s] = scene.YieldingCount[s] == 0 && scene.LimitCount[s] == 0 && scene.Inner.Length == 0;
    }

    public void Begin(Span<float> state)
    {
        int w = _scene.Width;
        state[..StateSize].Clear();
        _scene.Old.AsSpan(0, w).CopyTo(state);
        _scene.Old.AsSpan(0, w).CopyTo(state[w..]);
    }

    /// <summary>
    /// Stage <paramref name="stage"/> stays green from second t to end; its green began age seconds before t, after
    /// stage <paramref name="before"/>.
    /// </summary>
    public void Stay(ref Leg leg, int stage, int before, int age, int t, int end)
    {
        ref readonly Leg pair = ref Pair(before, stage);
        (leg.Before, leg.Stage, leg.Free) = (stage, stage, _isFree[stage]);
        (leg.Begin, leg.Green, leg.End) = (t, t, end);
        (leg.Rates, leg.Row, leg.Last) = (pair.Rates, pair.Row + age, pair.Last);
    }

    /// <summary>
    /// A change from one stage to the next from second t on, within the horizon; its green lasts no second yet.
    /// </summary>
    public void Switch(ref Leg leg, int stage, int next, int t)
    {
        ref readonly Leg pair = ref Pair(stage, next);
        (leg.Before, leg.Stage, leg.Free) = (stage, next, pair.Free);
        leg.Begin = t;
        leg.Green = leg.End = Math.Min(_scene.HorizonS, t + pair.Row);
        (leg.Rates, leg.Row, leg.Last) = (pair.Rates, 0, pair.Last);
    }

    /// <summary>What all legs of two stages have in common; row is that of the first second of green.</summary>
    private ref readonly Leg Pair(int stage, int next)
    {
        ref Leg pair = ref _pairs[stage * _scene.Stages + next];
        if (pair.Last > 0) return ref pair;
        pair.Rates = _rates.Pair(stage, next, out pair.Row, out pair.Last);
        pair.Free = _isFree[stage] && _isFree[next];
        return ref pair;
    }

    /// <summary>Makes room for so many legs at a time, if there is not yet.</summary>
    public void Reserve(int legs) => _held.Reserve(legs);

    /// <summary>Runs legs that begin in the same second, from states to others; those of one length side by side.</summary>
    public void Run(Span<float> states, Span<Leg> legs)
    {
        int last = 0;
        Reserve(legs.Length);
        for (int k = 0; k < legs.Length; k++)
        {
            ref Leg leg = ref legs[k];
            if (!leg.Free)
            {
                if (_held.Takes(leg)) _held.Add(states, legs, k);
                else Follow(states.Slice(leg.From, StateSize), states.Slice(leg.To, StateSize), ref leg);
                continue;
            }
            ref int single = ref _single[leg.End];
            if (single < 0) (single, last) = (k, Math.Max(last, leg.End));
            else
            {
                _free.RunTwo(states, ref legs[single], ref leg);
                single = -1;
            }
        }
        RunSingles(states, legs, last);
        _held.Run(states, legs);
    }

    /// <summary>Those of which there is one of a length, two of different length at a time.</summary>
    private void RunSingles(Span<float> states, Span<Leg> legs, int last)
    {
        if (legs.IsEmpty) return;
        int shorter = -1;
        for (int end = legs[0].Begin + 1; end <= last; end++)
        {
            int k = _single[end];
            if (k < 0) continue;
            _single[end] = -1;
            if (shorter < 0) shorter = k;
            else
            {
                _free.RunTwo(states, ref legs[shorter], ref legs[k]);
                shorter = -1;
            }
        }
        if (shorter >= 0) _free.Run(states, ref legs[shorter]);
    }

    /// <summary>The same second by second, with giving way and exit room, noting what is served.</summary>
    public void Follow(ReadOnlySpan<float> from, Span<float> to, ref Leg leg)
    {
        if (from != to) from[..StateSize].CopyTo(to);
        leg.Lost = Seconds(to, leg.Before, leg, leg.Row, leg.Begin, leg.Green)
            + Seconds(to, leg.Stage, leg, leg.Row + leg.Green - leg.Begin, leg.Green, leg.End);
        Vector256<float> left = default;
        for (int c = 0, w = _scene.Width; c < w; c += 16)
            FreeQueues.Add(ref left,
                _free.Left(leg.Stage, leg.End, c, FreeQueues.At(to, c), FreeQueues.At(to, w + c)));
        leg.Left = FreeQueues.Sum(left);
    }

    /// <summary>Outflow in vehicles by row in a second that <see cref="Follow"/> ran through last.</summary>
    public ReadOnlySpan<float> Served(int t) => _served.AsSpan(t * _scene.Width, _scene.Width);

    private float Seconds(Span<float> state, int stage, in Leg leg, int row, int t, int end)
    {
        int w = _scene.Width;
        Span<float> sent = state[(2 * w)..];
        Vector512<float> none = default, stop = Vector512.Create(_settings.StopPenaltyS);
        Vector256<float> cost = default;
        ReadOnlySpan<ExitLimit> limits = _scene.LimitsOf(stage);
        ReadOnlySpan<Transfer> transfers = _scene.TransfersOf(stage);
        bool inner = _scene.Inner.Length > 0;
        float beside = 0;
        for (; t < end; t++, row++)
        {
            ReadOnlySpan<float> arrivals = _scene.Arrivals.AsSpan(t * w, w);
            Span<float> served = _served.AsSpan(t * w, w);
            _rates.All.Slice(leg.Rates + Math.Min(row, leg.Last) * w, w).CopyTo(_cap);
            if (inner) Arrive(state);
            GiveWay(state.Slice(w, w), stage, arrivals);
            foreach (ref readonly ExitLimit l in limits)
            {
                float left = _scene.Room[l.Exit * (_scene.HorizonS + 1) + t] - sent[l.Exit];
                _cap[l.Row] = Math.Min(_cap[l.Row], Math.Max(0f, left) / l.Share);
            }
            if (inner) KeepToStorage(transfers, state);
            for (int c = 0; c < w; c += 16)
            {
                Vector512<float> arrived = FreeQueues.At(arrivals, c), cap = FreeQueues.At(_cap, c);
                Vector512<float> there = FreeQueues.At(state, w + c) + arrived;
                Vector512<float> all = Vector512.MaxNative(there - cap, none);
                Vector512<float> old = Vector512.MaxNative(FreeQueues.At(state, c) - cap, none);
                FreeQueues.Add(ref cost, _free.Weight(c) * all + _free.Extra(t, c) * old
                    + _free.Weight(c) * stop * Vector512.MinNative(arrived, all));
                (there - all).StoreUnsafe(ref served[c]);
                if (inner) (FreeQueues.At(state, c) - old).StoreUnsafe(ref _servedOld[c]);
                old.StoreUnsafe(ref state[c]);
                all.StoreUnsafe(ref state[w + c]);
            }
            foreach (ref readonly ExitLimit l in limits) sent[l.Exit] += l.Share * served[l.Row];
            if (inner) beside += SendOn(transfers, state, served);
        }
        return FreeQueues.Sum(cost) + beside;
    }

    /// <summary>Those under way inside a unit come a second nearer; the first of them join their queue.</summary>
    private void Arrive(Span<float> state)
    {
        int w = _scene.Width;
        foreach (ref readonly InnerRow r in _scene.Inner.AsSpan())
        {
            Span<float> all = UnderWay(state, r, 0), old = UnderWay(state, r, _scene.Slots);
            _joined[r.Row] = all[0];
            state[w + r.Row] += all[0];
            state[r.Row] += old[0];
            all[1..].CopyTo(all);
            old[1..].CopyTo(old);
            all[^1] = old[^1] = 0;
        }
    }

    private Span<float> UnderWay(Span<float> state, in InnerRow row, int set) =>
        state.Slice(2 * _scene.Width + PlanScene.LimitedExits + set + row.Slot, row.DelayS);

    /// <summary>An inner row takes what it can hold beside those under way, and what it lets go until they are there.</summary>
    private void KeepToStorage(ReadOnlySpan<Transfer> transfers, Span<float> state)
    {
        foreach (ref readonly Transfer x in transfers)
        {
            ref readonly InnerRow to = ref _scene.Inner[x.Inner];
            float left = to.Storage + _cap[to.Row] * to.DelayS - state[_scene.Width + to.Row];
            foreach (float coming in UnderWay(state, to, 0)) left -= coming;
            _cap[x.Row] = Math.Min(_cap[x.Row], Math.Max(0f, left) / x.Share);
        }
    }

    /// <summary>
    /// Sends what left rows for others of the unit on its way; returns what this second costs beside waiting: stops, and
    /// those who fill up a ring or stand in a box.
    /// </summary>
    private float SendOn(ReadOnlySpan<Transfer> transfers, Span<float> state, ReadOnlySpan<float> served)
    {
        foreach (ref readonly Transfer x in transfers)
        {
            ref readonly InnerRow to = ref _scene.Inner[x.Inner];
            UnderWay(state, to, 0)[^1] += x.Share * served[x.Row];
            UnderWay(state, to, _scene.Slots)[^1] += x.Share * _servedOld[x.Row];
        }
        float cost = 0;
        foreach (ref readonly InnerRow r in _scene.Inner.AsSpan())
        {
            float queue = state[_scene.Width + r.Row];
            cost += _settings.StopPenaltyS * Math.Min(_joined[r.Row], queue);
            float holds = r.InRing ? Math.Max(0f, r.Storage - 1) : r.Storage;
            cost += _settings.InTheWayWeight * Math.Max(0f, queue - holds);
        }
        return cost;
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
}
