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
/// beyond 1. A second waits for the one before, so two legs are run side by side, in little more than the time of one.
/// </summary>
internal sealed class FreeQueues(PlannerSettings settings, DischargeRates rates, int maxWidth, int maxStages)
{
    private readonly float[] _ageing =
        [.. Enumerable.Range(0, settings.HorizonS + 1).Select(t => t / settings.WaitDoublesS)];
    private readonly float[] _extra = new float[(settings.HorizonS + 1) * maxWidth];
    private readonly float[] _redLossS = new float[maxStages * maxWidth];
    private readonly float _halfS = 0.5f * settings.HeadwayS, _stopS = settings.StopPenaltyS, _leftS = settings.LeftOverS;
    private PlanScene _scene = null!;

    public void Attach(PlanScene scene)
    {
        _scene = scene;
        for (int c = 0, w = scene.Width; c < w; c += 16)
        {
            Vector512<float> extra = At(scene.OldExtra, c), loss = At(scene.RedLossS, c);
            for (int t = 0; t <= scene.HorizonS; t++)
                (extra + Vector512.Create(_ageing[t])).StoreUnsafe(ref _extra[t * w + c]);
            for (int at = c; at < scene.Stages * w; at += w)
                (Vector512.Equals(At(scene.Rate, at), default) & loss).StoreUnsafe(ref _redLossS[at]);
        }
    }

    /// <summary>What a vehicle of the queues of now weighs beyond 1 in second t, sixteen rows from c on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Extra(int t, int c) => Load(_extra, t * _scene.Width + c);

    /// <summary>What queues that a stage leaves at second t still lose, sixteen rows from c on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Left(int stage, int t, int c, Vector512<float> old, Vector512<float> all) =>
        (Extra(t, c) * old + Weight(c) * all)
        * (Load(_redLossS, stage * _scene.Width + c) + all * Vector512.Create(_halfS))
        + Weight(c) * all * Vector512.Create(_leftS);

    /// <summary>What any vehicle weighs, sixteen rows from c on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Weight(int c) => Load(_scene.Weight, c);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Run(Span<float> states, ref Leg leg)
    {
        int w = _scene.Width;
        ref float from = ref Unsafe.Add(ref MemoryMarshal.GetReference(states), leg.From);
        ref float to = ref Unsafe.Add(ref MemoryMarshal.GetReference(states), leg.To);
        Vector256<float> lost = default, left = default;
        for (int c = 0; c < w; c += 16)
        {
            var queues = new Queues(ref from, c, w);
            Alone(ref queues, leg, c, leg.Begin);
            lost += queues.Lost(Weight(c), _stopS);
            Add(ref left, Left(leg.Stage, leg.End, c, queues.Old, queues.All));
            queues.Store(ref to, c, w);
        }
        CopySent(ref from, ref to, w);
        leg.Lost = Sum(lost);
        leg.Left = Sum(left);
    }

    /// <summary>Two legs that begin in the same second; the second one ends no earlier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void RunTwo(Span<float> states, ref Leg shorter, ref Leg longer)
    {
        int w = _scene.Width;
        ref float state = ref MemoryMarshal.GetReference(states);
        ref float fromS = ref Unsafe.Add(ref state, shorter.From), toS = ref Unsafe.Add(ref state, shorter.To);
        ref float fromL = ref Unsafe.Add(ref state, longer.From), toL = ref Unsafe.Add(ref state, longer.To);
        Vector256<float> lostS = default, lostL = default, leftS = default, leftL = default;
        for (int c = 0; c < w; c += 16)
        {
            Queues s = new(ref fromS, c, w), l = new(ref fromL, c, w);
            Together(ref s, ref l, shorter, longer, c);
            if (longer.End > shorter.End) Alone(ref l, longer, c, shorter.End);
            lostS += s.Lost(Weight(c), _stopS);
            lostL += l.Lost(Weight(c), _stopS);
            Add(ref leftS, Left(shorter.Stage, shorter.End, c, s.Old, s.All));
            Add(ref leftL, Left(longer.Stage, longer.End, c, l.Old, l.All));
            s.Store(ref toS, c, w);
            l.Store(ref toL, c, w);
        }
        CopySent(ref fromS, ref toS, w);
        CopySent(ref fromL, ref toL, w);
        Vector512<float> sums = Sums(lostS, leftS, lostL, leftL);
        (shorter.Lost, shorter.Left) = (sums[0], sums[4]);
        (longer.Lost, longer.Left) = (sums[8], sums[12]);
    }

    /// <summary>
    /// The seconds of both. The rates of a leg are those of one second after the other up to its last ones, which hold on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Together(ref Queues s, ref Queues l, in Leg shorter, in Leg longer, int c)
    {
        int w = _scene.Width, k = shorter.Begin, end = shorter.End;
        int rowS = Math.Min(shorter.Row, shorter.Last), rowL = Math.Min(longer.Row, longer.Last);
        int holdS = k + shorter.Last - rowS, holdL = k + longer.Last - rowL;
        ref float arrived = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_scene.Arrivals), k * w + c);
        ref float extra = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_extra), k * w + c);
        ref float capS = ref rates.At(shorter, rowS * w + c), capL = ref rates.At(longer, rowL * w + c);
        while (k < end)
        {
            int stepS = k < holdS ? w : 0, stepL = k < holdL ? w : 0;
            int to = Math.Min(end, Math.Min(k < holdS ? holdS : end, k < holdL ? holdL : end));
            for (; k < to; k++)
            {
                Vector512<float> arrivals = Vector512.LoadUnsafe(ref arrived), weight = Vector512.LoadUnsafe(ref extra);
                s.Second(arrivals, Vector512.LoadUnsafe(ref capS), weight);
                l.Second(arrivals, Vector512.LoadUnsafe(ref capL), weight);
                arrived = ref Unsafe.Add(ref arrived, w);
                extra = ref Unsafe.Add(ref extra, w);
                capS = ref Unsafe.Add(ref capS, stepS);
                capL = ref Unsafe.Add(ref capL, stepL);
            }
        }
    }

    /// <summary>The seconds of a leg from one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Alone(ref Queues queues, in Leg leg, int c, int k)
    {
        int w = _scene.Width;
        for (; k < leg.End; k++)
        {
            int row = Math.Min(leg.Row + k - leg.Begin, leg.Last);
            queues.Second(Load(_scene.Arrivals, k * w + c), Vector512.LoadUnsafe(ref rates.At(leg, row * w + c)),
                Load(_extra, k * w + c));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopySent(ref float from, ref float to, int w) =>
        Vector256.LoadUnsafe(ref from, (nuint)(2 * w)).StoreUnsafe(ref to, (nuint)(2 * w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(float[] values, int at) =>
        Vector512.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(values), (nuint)at);

    /// <summary>Adds sixteen rows to the sums of eight, the lower half first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Vector256<float> sum, Vector512<float> rows) =>
        sum = sum + rows.GetLower() + rows.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> At(ReadOnlySpan<float> values, int i) =>
        Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v)
    {
        Vector128<float> half = v.GetLower() + v.GetUpper();
        return half[0] + half[1] + (half[2] + half[3]);
    }

    /// <summary><see cref="Sum"/> of four, at 0, 4, 8 and 12.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sums(
        Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        var halves = Vector512.Create(
            Vector256.Create(a.GetLower() + a.GetUpper(), b.GetLower() + b.GetUpper()),
            Vector256.Create(c.GetLower() + c.GetUpper(), d.GetLower() + d.GetUpper()));
        halves += Vector512.Shuffle(halves, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
        return halves + Vector512.Shuffle(halves, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    }

    /// <summary>Queues of sixteen rows, and what they lost.</summary>
    private struct Queues
    {
        public Vector512<float> Old, All;
        private Vector512<float> _waiting, _weighted, _stops;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Queues(ref float state, int c, int w)
        {
            Old = Vector512.LoadUnsafe(ref state, (nuint)c);
            All = Vector512.LoadUnsafe(ref state, (nuint)(w + c));
            _waiting = _weighted = _stops = default;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Second(Vector512<float> arrived, Vector512<float> rate, Vector512<float> weight)
        {
            All = Vector512.MaxNative(All + (arrived - rate), default);
            Old = Vector512.MaxNative(Old - rate, default);
            _waiting += All;
            _weighted += weight * Old;
            _stops += Vector512.MinNative(arrived, All);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector256<float> Lost(Vector512<float> weight, float stopS)
        {
            Vector512<float> lost = weight * _waiting + _weighted + weight * (Vector512.Create(stopS) * _stops);
            return lost.GetLower() + lost.GetUpper();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(ref float state, int c, int w)
        {
            Old.StoreUnsafe(ref state, (nuint)c);
            All.StoreUnsafe(ref state, (nuint)(w + c));
        }
    }
}
