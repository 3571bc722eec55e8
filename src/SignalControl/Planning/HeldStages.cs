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
    /// <summary>The row of each.</summary>
    public Vector512<int> Row;
    /// <summary>By row, the first sixteen and the others: from 16 on the place among the new rates, else the row itself.</summary>
    public Vector512<int> Merged, MergedHigh;
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
    public readonly Vector256<float> Of(in RowPair rows, bool wide) => Share * rows.At(Row, wide);
}

/// <summary>A number by row: sixteen rows, or thirty-two.</summary>
internal struct RowPair(Vector512<float> low, Vector512<float> high)
{
    public Vector512<float> Low = low, High = high;

    /// <summary>Those of eight rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector256<float> At(Vector512<int> rows, bool wide) => wide
        ? Avx512F.PermuteVar16x32x2(Low, rows, High).GetLower()
        : Avx512F.PermuteVar16x32(Low, rows).GetLower();
}

/// <summary>
/// What is said row by row in a scene of who gives way to whom and which exits are limited, as vectors for
/// <see cref="HeldQueues"/>; worked out for a stage when it is first asked for. A scene that has more of it than
/// there is room for is left to the loops.
/// </summary>
internal sealed class HeldStages(PlannerSettings settings, int maxStages)
{
    private const int Lanes = 8, Rows = 16;

    private readonly HeldStage[] _stages = new HeldStage[maxStages];
    private readonly float[] _share = new float[3 * Lanes];
    private readonly int[] _index = new int[3 * Rows];
    private PlanScene _scene = null!;
    private bool _hasRoom;
    private int _yieldCount, _opposingCount, _limitCount, _leastCount, _sentCount;

    private readonly YieldingRows[] _yielding = new YieldingRows[128];
    private readonly RowShares[] _opposing = new RowShares[512];
    private readonly RowLimits[] _limits = new RowLimits[128];
    private readonly Vector512<int>[] _least = new Vector512<int>[512];
    private readonly RowShares[] _sent = new RowShares[256];

    /// <summary>Vehicles that each limited exit can have taken by second t, at [t * 8 + exit].</summary>
    private readonly float[] _room = new float[(settings.HorizonS + 1) * Lanes];

    public void Attach(PlanScene scene)
    {
        _scene = scene;
        (_yieldCount, _opposingCount, _limitCount, _leastCount, _sentCount) = (0, 0, 0, 0, 0);
        Array.Clear(_stages, 0, scene.Stages);
        _hasRoom = false;
    }

    /// <summary>Turns the exits' room round, all exits of a second together.</summary>
    private void TakeRoom()
    {
        int seconds = _scene.HorizonS + 1;
        for (int e = 0; e < _scene.RoomCount; e++)
            for (int t = 0; t < seconds; t++) _room[t * Lanes + e] = _scene.Room[e * seconds + t];
        _hasRoom = true;
    }

    public Vector256<float> RoomAt(int t) => Vector256.LoadUnsafe(ref _room[t * Lanes]);

    public ref readonly HeldStage this[int stage] => ref _stages[stage];

    /// <summary>Has it got a stage as vectors?</summary>
    public bool Has(int stage)
    {
        ref HeldStage s = ref _stages[stage];
        if (s.Known) return s.Fits;
        s.Known = true;
        if (!_hasRoom) TakeRoom();
        return s.Fits = AddYielding(stage, ref s) && AddLimits(stage, ref s) && AddSent(stage, ref s);
    }

    /// <summary>What <see cref="QueueModel"/> says of permissive movements, for up to eight rows at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowPair GiveWay(in HeldStage stage, RowPair cap, RowPair there, bool wide)
    {
        for (int k = stage.Yields; k < stage.YieldsEnd; k++)
        {
            ref readonly YieldingRows y = ref At(_yielding, k);
            var flow = new RowPair(Vector512.MinNative(there.Low, cap.Low), default);
            if (wide) flow.High = Vector512.MinNative(there.High, cap.High);
            Vector256<float> q = default;
            for (int o = y.Opposing; o < y.OpposingEnd; o++) q += At(_opposing, o).Of(flow, wide);
            Vector256<float> slower = y.HeadwayRatio
                * (Vector256<float>.One + Vector256.Create(3.6f) * q + Vector256.Create(16f) * q * q);
            Vector512<float> rate = (cap.At(y.Row, wide) / (y.Protected + y.Permissive * slower)).ToVector512Unsafe();
            cap.Low = Avx512F.PermuteVar16x32x2(cap.Low, y.Merged, rate);
            if (wide) cap.High = Avx512F.PermuteVar16x32x2(cap.High, y.MergedHigh, rate);
        }
        return cap;
    }

    /// <summary>Rows let go what their exits still take: <paramref name="left"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowPair Limit(in HeldStage stage, RowPair cap, Vector256<float> left, bool wide)
    {
        left = Vector256.MaxNative(left, default);
        for (int k = stage.Limits; k < stage.LimitsEnd; k++)
        {
            ref readonly RowLimits limits = ref At(_limits, k);
            Vector256<float> most = Avx2.PermuteVar8x32(left, limits.Exit) / limits.Share;
            var mostOrAny = Vector512.Create(most, Vector256.Create(float.PositiveInfinity));
            for (int l = limits.Least; l < limits.LeastEnd; l++)
            {
                cap.Low = Vector512.MinNative(cap.Low, Avx512F.PermuteVar16x32(mostOrAny, At(_least, 2 * l)));
                if (wide)
                    cap.High = Vector512.MinNative(cap.High, Avx512F.PermuteVar16x32(mostOrAny, At(_least, 2 * l + 1)));
            }
        }
        return cap;
    }

    /// <summary>Adds to what was sent into the limited exits what rows send in a second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Send(in HeldStage stage, Vector256<float> sent, RowPair served, bool wide)
    {
        for (int k = stage.Sent; k < stage.SentEnd; k++) sent += At(_sent, k).Of(served, wide);
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
        for (int r = 0; r < 2 * Rows; r++) _index[Rows + r] = r % Rows;
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
        (to.Row, to.Merged, to.MergedHigh) = (Index(0), Index(1), Index(2));
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
                if (2 * _leastCount == _least.Length) return false;
                Clear(Lanes);
                for (int j = 0; j < some.Length; j++)
                    if (Before(some, j, byRow: true) == round) (_index[some[j].Row], placed) = (j, placed + 1);
                (_least[2 * _leastCount], _least[2 * _leastCount + 1]) = (Index(0), Index(1));
                _leastCount++;
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
