using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Which partial plans are kept: at each instant so many of the lowest rank, and of each stage so many. Eight places
/// are looked at as one vector; those without a plan rank lowest and have no stage.
/// </summary>
internal sealed class PlanRanks
{
    private const int Lanes = 8;

    private readonly int _most, _mostOfStage, _stride;
    private readonly int[] _count;
    private readonly float[] _best;
    private readonly float[] _worst;
    private readonly float[] _rank;
    private readonly int[] _stage;

    public PlanRanks(int instants, int most, int mostOfStage)
    {
        (_most, _mostOfStage) = (most, mostOfStage);
        _stride = (most + Lanes - 1) / Lanes * Lanes;
        _count = new int[instants];
        _best = new float[instants];
        _worst = new float[instants];
        _rank = new float[instants * _stride];
        _stage = new int[instants * _stride];
    }

    /// <summary>Places of all instants.</summary>
    public int Places => _rank.Length;

    /// <summary>Rank of the plan at a place.</summary>
    public float this[int place] => _rank[place];

    /// <summary>First place of an instant, and how many plans there are from it on.</summary>
    public int First(int t) => t * _stride;
    public int Count(int t) => _count[t];

    /// <summary>Lowest rank at an instant; positive infinity where there is no plan.</summary>
    public float Best(int t) => _best[t];

    public void Clear()
    {
        Array.Clear(_count);
        Array.Fill(_best, float.PositiveInfinity);
        Array.Fill(_worst, float.PositiveInfinity);
        Array.Fill(_rank, float.NegativeInfinity);
        Array.Fill(_stage, -1);
    }

    /// <summary>
    /// Where a plan goes: beside the others, or in the place of the worst, whose rank was <paramref name="left"/>
    /// (negative infinity: nobody's); -1 if it does not go anywhere.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int Place(int t, int stage, float rank, out float left)
    {
        left = float.NegativeInfinity;
        if (rank >= _worst[t]) return -1;
        int count = _count[t], at = First(t) + count;
        bool ofStage = StageCount(t, stage) >= _mostOfStage;
        if (ofStage || count == _most)
        {
            left = Worst(t, ofStage ? stage : -1, out at);
            if (rank >= left) return -1;
        }
        else _count[t] = ++count;
        Put(at, stage, rank);
        _best[t] = Math.Min(_best[t], rank);
        if (count == _most) _worst[t] = Worst(t, -1, out _);
        return at;
    }

    /// <summary>
    /// Eight places are written as they are read, since a vector is read slowly where one number was just written.
    /// </summary>
    private void Put(int at, int stage, float rank)
    {
        int k = at / Lanes * Lanes;
        Vector256<int> here = Vector256.Equals(Vector256<int>.Indices, Vector256.Create(at - k));
        ref float ranks = ref _rank[k];
        ref int stages = ref _stage[k];
        Vector256.ConditionalSelect(here.AsSingle(), Vector256.Create(rank), Vector256.LoadUnsafe(ref ranks))
            .StoreUnsafe(ref ranks);
        Vector256.ConditionalSelect(here, Vector256.Create(stage), Vector256.LoadUnsafe(ref stages))
            .StoreUnsafe(ref stages);
    }

    private int StageCount(int t, int stage)
    {
        int same = 0;
        for (int k = First(t), end = k + _stride; k < end; k += Lanes)
            same += BitOperations.PopCount(Has(stage, k).ExtractMostSignificantBits());
        return same;
    }

    private Vector256<int> Has(int stage, int place) =>
        Vector256.Equals(Vector256.LoadUnsafe(ref _stage[place]), Vector256.Create(stage));

    /// <summary>Highest rank at an instant, or of its plans with a stage unless that is -1; the first plan that has it.</summary>
    private float Worst(int t, int stage, out int at)
    {
        Vector256<float> none = Vector256.Create(float.NegativeInfinity);
        float worst = float.NegativeInfinity;
        at = -1;
        for (int k = First(t), end = k + _stride; k < end; k += Lanes)
        {
            Vector256<float> ranks = Vector256.LoadUnsafe(ref _rank[k]);
            if (stage >= 0) ranks = Vector256.ConditionalSelect(Has(stage, k).AsSingle(), ranks, none);
            Vector128<float> four = Vector128.MaxNative(ranks.GetLower(), ranks.GetUpper());
            four = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
            four = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2)));
            float highest = four.ToScalar();
            if (highest <= worst) continue;
            worst = highest;
            at = k + BitOperations.TrailingZeroCount(
                Vector256.Equals(ranks, Vector256.Create(highest)).ExtractMostSignificantBits());
        }
        return worst;
    }
}
