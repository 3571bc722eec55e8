using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CityBrain.SignalControl.Planning;

/// <summary>Where a stage's rules begin and end in the tables of <see cref="HeldStages"/>.</summary>
internal struct HeldStage
{
    public bool Known, Fits;
    public int Yields, YieldsEnd, Limits, LimitsEnd, Sent, SentEnd;
}

/// <summary>
/// Up to eight rows that give way and none of which waits for another one of them. Those to whom they give way are told
/// in rounds: the first one of each row, the second of each, and so on.
/// </summary>
internal struct YieldingRows
{
    public int Opposing, OpposingEnd;
    public Vector256<float> Protected, Permissive, HeadwayRatio;
    /// <summary>The row of each; and, by row, where it is among row and new rates (from 16 on the new ones).</summary>
    public Vector512<int> Row, Merged;
}

/// <summary>Up to eight limits, and by row which of them hold it: its first, its second, and so on.</summary>
internal struct RowLimits
{
    public int Least, LeastEnd;
    public Vector256<int> Exit;
    public Vector256<float> Share;
}

/// <summary>For each of eight the row that it looks at, and by how much of that row's vehicles it is met.</summary>
internal struct RowShares
{
    public Vector512<int> Row;
    public Vector256<float> Share;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector256<float> Of(Vector512<float> rows) =>
        Share * Avx512F.PermuteVar16x32(rows, Row).GetLower();
}

/// <summary>
/// What is said row by row in a scene of who gives way to whom and which exits are limited, as vectors for
/// <see cref="HeldQueues"/>; worked out for a stage when it is first asked for. A scene that has more of it than
/// there is room for is left to the loops.
/// </summary>
internal sealed class HeldStages(PlannerSettings settings, int maxStages)
{
    private const int Lanes = 8, Rows = HeldQueues.Rows;

    private readonly HeldStage[] _stages = new HeldStage[maxStages];
    private readonly float[] _share = new float[3 * Lanes];
    private readonly int[] _index = new int[2 * Rows];
    private PlanScene _scene = null!;
    private int _yieldCount, _opposingCount, _limitCount, _leastCount, _sentCount;

    private readonly YieldingRows[] _yielding = new YieldingRows[128];
    private readonly RowShares[] _opposing = new RowShares[512];
    private readonly RowLimits[] _limits = new RowLimits[128];
    private readonly Vector512<int>[] _least = new Vector512<int>[256];
    private readonly RowShares[] _sent = new RowShares[256];

    /// <summary>Vehicles that each limited exit can have taken by second t, at [t * 8 + exit].</summary>
    private readonly float[] _room = new float[(settings.HorizonS + 1) * Lanes];

    public void Attach(PlanScene scene)
    {
        _scene = scene;
        (_yieldCount, _opposingCount, _limitCount, _leastCount, _sentCount) = (0, 0, 0, 0, 0);
        Array.Clear(_stages, 0, scene.Stages);
        int seconds = scene.HorizonS + 1;
        for (int e = 0; e < scene.RoomCount; e++)
            for (int t = 0; t < seconds; t++) _room[t * Lanes + e] = scene.Room[e * seconds + t];
    }

    public Vector256<float> RoomAt(int t) => Vector256.LoadUnsafe(ref _room[t * Lanes]);

    public ref readonly HeldStage this[int stage] => ref _stages[stage];

    /// <summary>Has it got a stage as vectors?</summary>
    public bool Has(int stage)
    {
        ref HeldStage s = ref _stages[stage];
        if (s.Known) return s.Fits;
        s.Known = true;
        return s.Fits = AddYielding(stage, ref s) && AddLimits(stage, ref s) && AddSent(stage, ref s);
    }

    /// <summary>What <see cref="QueueModel"/> says of permissive movements, for up to eight rows at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> GiveWay(in HeldStage stage, Vector512<float> cap, Vector512<float> there)
    {
        for (int k = stage.Yields; k < stage.YieldsEnd; k++)
        {
            ref readonly YieldingRows y = ref At(_yielding, k);
            Vector512<float> flow = Vector512.MinNative(there, cap);
            Vector256<float> q = default;
            for (int o = y.Opposing; o < y.OpposingEnd; o++) q += At(_opposing, o).Of(flow);
            Vector256<float> slower = y.HeadwayRatio
                * (Vector256<float>.One + Vector256.Create(3.6f) * q + Vector256.Create(16f) * q * q);
            Vector256<float> rate =
                Avx512F.PermuteVar16x32(cap, y.Row).GetLower() / (y.Protected + y.Permissive * slower);
            cap = Avx512F.PermuteVar16x32x2(cap, y.Merged, rate.ToVector512Unsafe());
        }
        return cap;
    }

    /// <summary>Rows let go what their exits still take: <paramref name="left"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Limit(in HeldStage stage, Vector512<float> cap, Vector256<float> left)
    {
        left = Vector256.MaxNative(left, default);
        for (int k = stage.Limits; k < stage.LimitsEnd; k++)
        {
            ref readonly RowLimits limits = ref At(_limits, k);
            Vector256<float> most = Avx2.PermuteVar8x32(left, limits.Exit) / limits.Share;
            var mostOrAny = Vector512.Create(most, Vector256.Create(float.PositiveInfinity));
            for (int l = limits.Least; l < limits.LeastEnd; l++)
                cap = Vector512.MinNative(cap, Avx512F.PermuteVar16x32(mostOrAny, At(_least, l)));
        }
        return cap;
    }

    /// <summary>Adds to what was sent into the limited exits what rows send in a second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Send(in HeldStage stage, Vector256<float> sent, Vector512<float> served)
    {
        for (int k = stage.Sent; k < stage.SentEnd; k++) sent += At(_sent, k).Of(served);
        return sent;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref readonly T At<T>(T[] table, int k) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table), k);

    private bool AddYielding(int stage, ref HeldStage s)
    {
        ReadOnlySpan<YieldingRow> all = _scene.YieldingOf(stage);
        s.Yields = _yieldCount;
        for (int k = 0; k < all.Length; _yieldCount++)
        {
            int n = 1;
            while (n < Lanes && k + n < all.Length && !Waits(all[k + n], all.Slice(k, n))) n++;
            if (_yieldCount == _yielding.Length || !Add(all.Slice(k, n), ref _yielding[_yieldCount])) return false;
            k += n;
        }
        s.YieldsEnd = _yieldCount;
        return true;
    }

    /// <summary>Does a row give way to one of others that give way?</summary>
    private bool Waits(in YieldingRow row, ReadOnlySpan<YieldingRow> others)
    {
        foreach (ref readonly YieldingRow other in others)
        {
            if (other.Row == row.Row) return true;
            for (int k = row.First; k < row.End; k++)
                if (_scene.Opposing[k].Row == other.Row) return true;
        }
        return false;
    }

    private bool Add(ReadOnlySpan<YieldingRow> rows, ref YieldingRows to)
    {
        int rounds = 0;
        Clear(0);
        for (int r = 0; r < Rows; r++) _index[Rows + r] = r;
        _share.AsSpan(0, Lanes).Fill(1f);
        for (int k = 0; k < rows.Length; k++)
        {
            _share[k] = rows[k].Protected;
            _share[Lanes + k] = rows[k].Permissive;
            _share[2 * Lanes + k] = rows[k].HeadwayRatio;
            _index[k] = rows[k].Row;
            _index[Rows + rows[k].Row] = Rows + k;
            rounds = Math.Max(rounds, rows[k].End - rows[k].First);
        }
        if (_opposingCount + rounds > _opposing.Length) return false;
        (to.Protected, to.Permissive, to.HeadwayRatio) = (Shares(0), Shares(1), Shares(2));
        (to.Row, to.Merged) = (Index(0), Index(1));
        (to.Opposing, to.OpposingEnd) = (_opposingCount, _opposingCount + rounds);
        for (int round = 0; round < rounds; round++)
        {
            Clear(0);
            for (int k = 0; k < rows.Length; k++)
                if (rows[k].First + round < rows[k].End)
                    (_index[k], _share[k]) = (_scene.Opposing[rows[k].First + round].Row, _scene.Opposing[rows[k].First + round].Share);
            _opposing[_opposingCount++] = new RowShares { Row = Index(0), Share = Shares(0) };
        }
        return true;
    }

    private bool AddLimits(int stage, ref HeldStage s)
    {
        ReadOnlySpan<ExitLimit> all = _scene.LimitsOf(stage);
        s.Limits = _limitCount;
        for (int k = 0; k < all.Length; k += Lanes)
        {
            if (_limitCount == _limits.Length) return false;
            ref RowLimits to = ref _limits[_limitCount++];
            ReadOnlySpan<ExitLimit> some = all.Slice(k, Math.Min(Lanes, all.Length - k));
            Clear(0);
            _share.AsSpan(0, Lanes).Fill(1f);
            for (int j = 0; j < some.Length; j++) (_index[j], _share[j]) = (some[j].Exit, some[j].Share);
            (to.Exit, to.Share, to.Least) = (Index(0).GetLower(), Shares(0), _leastCount);
            for (int round = 0, placed = 0; placed < some.Length; round++)
            {
                if (_leastCount == _least.Length) return false;
                Clear(Lanes);
                for (int j = 0; j < some.Length; j++)
                    if (Before(some, j, byRow: true) == round) (_index[some[j].Row], placed) = (j, placed + 1);
                _least[_leastCount++] = Index(0);
            }
            to.LeastEnd = _leastCount;
        }
        s.LimitsEnd = _limitCount;
        return true;
    }

    private bool AddSent(int stage, ref HeldStage s)
    {
        ReadOnlySpan<ExitLimit> all = _scene.LimitsOf(stage);
        s.Sent = _sentCount;
        for (int round = 0, placed = 0; placed < all.Length; round++)
        {
            if (_sentCount == _sent.Length) return false;
            Clear(0);
            for (int j = 0; j < all.Length; j++)
            {
                if (Before(all, j, byRow: false) != round) continue;
                (_index[all[j].Exit], _share[all[j].Exit]) = (all[j].Row, all[j].Share);
                placed++;
            }
            _sent[_sentCount++] = new RowShares { Row = Index(0), Share = Shares(0) };
        }
        s.SentEnd = _sentCount;
        return true;
    }

    /// <summary>Limits before one that are of the same row or exit.</summary>
    private static int Before(ReadOnlySpan<ExitLimit> limits, int at, bool byRow)
    {
        int n = 0;
        for (int k = 0; k < at; k++)
            if (byRow ? limits[k].Row == limits[at].Row : limits[k].Exit == limits[at].Exit) n++;
        return n;
    }

    private void Clear(int index)
    {
        Array.Fill(_index, index);
        Array.Clear(_share);
    }

    private Vector256<float> Shares(int set) => Vector256.LoadUnsafe(ref _share[set * Lanes]);

    private Vector512<int> Index(int set) => Vector512.LoadUnsafe(ref _index[set * Rows]);
}
