using System.Runtime.Intrinsics;
using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Everything that one plan is priced on: queues, arrivals, discharge rates, exit room. Filled anew for each
/// decision; one instance, sized for the largest intersection, serves a district.
/// </summary>
public sealed class PlanScene
{
    /// <summary>Seconds after begin of green for which the rate differs from second to second.</summary>
    public const int Ages = 12;
    /// <summary>Most pairs of row and limited exit, and of permissive row and opposing row, per stage.</summary>
    private const int MostPairs = 96;

    public PlanScene(int width, int stages, int horizonS)
    {
        HorizonS = horizonS;
        Old = new float[width];
        OldExtra = new float[width];
        Weight = new float[width];
        Arrivals = new float[(horizonS + 1) * width];
        Rate = new float[stages * width];
        Decay = new float[stages * width];
        RedLossS = new float[width];
        Decays = new bool[stages];
        Cap = new float[stages * Ages * width];
        Room = new float[LimitedExits * (horizonS + 1)];
        Yielding = new YieldingRow[stages * width];
        YieldingCount = new int[stages];
        Opposing = new OpposingFlow[stages * MostPairs];
        OpposingCount = new int[stages];
        Limits = new ExitLimit[stages * MostPairs];
        LimitCount = new int[stages];
        Transfers = new Transfer[stages * MostPairs];
        TransferCount = new int[stages];
        _all = [.. Enumerable.Repeat(true, stages)];
        MaySee = _all;
    }

    /// <summary>Exits whose room is limited, at most; the fullest come first.</summary>
    public const int LimitedExits = 8;

    public int HorizonS { get; }
    public int Width { get; private set; }
    public int Stages { get; private set; }
    /// <summary>Vehicles (or people on foot) queued now, by row, and what each weighs beyond 1 on the mean.</summary>
    public float[] Old { get; }
    public float[] OldExtra { get; }
    /// <summary>What a vehicle of a row costs, beside what those queued now weigh beyond; 1 unless said.</summary>
    public float[] Weight { get; }
    /// <summary>Arrivals at the stop line in second t, at [t * Width + row], as if nothing stood in the way.</summary>
    public float[] Arrivals { get; }
    /// <summary>Vehicles a second that stage s lets go from a row, at [s * Width + row].</summary>
    public float[] Rate { get; }
    /// <summary>Factor a second on that rate, below 1 where some vehicles of a lane may not go.</summary>
    public float[] Decay { get; }
    /// <summary>Stages in which the rate of some row falls from second to second.</summary>
    public bool[] Decays { get; }
    /// <summary>Rate by seconds since begin of green, at [(s * Ages + age) * Width + row].</summary>
    public float[] Cap { get; }
    /// <summary>Seconds that being left behind a red signal costs a vehicle of a row; less where little moves anyway.</summary>
    public float[] RedLossS { get; }
    /// <summary>Vehicles that limited exit j can have taken by second t, at [j * (HorizonS + 1) + t].</summary>
    public float[] Room { get; }
    public int RoomCount { get; set; }
    public YieldingRow[] Yielding { get; }
    public int[] YieldingCount { get; }
    public OpposingFlow[] Opposing { get; }
    public int[] OpposingCount { get; }
    public ExitLimit[] Limits { get; }
    public int[] LimitCount { get; }

    /// <summary>Seconds before which the members of a unit cannot change, a byte each, the first one lowest.</summary>
    public ulong FreeAt { get; set; }
    /// <summary>Stages that may be chosen; all unless said.</summary>
    public bool[] MaySee { get; set; }
    private readonly bool[] _all;
    /// <summary>Flows from row to row inside a unit of several intersections, by stage, and the rows they lead to.</summary>
    public Transfer[] Transfers { get; }
    public int[] TransferCount { get; }
    public InnerRow[] Inner { get; private set; } = [];
    /// <summary>Seconds under way to all inner rows together: a state keeps so many numbers for each of its two queues.</summary>
    public int Slots { get; private set; }

    /// <summary>Stage s's yielding rows.</summary>
    public ReadOnlySpan<YieldingRow> YieldingOf(int s) => Yielding.AsSpan(s * Width, YieldingCount[s]);

    public ReadOnlySpan<ExitLimit> LimitsOf(int s) => Limits.AsSpan(s * MostPairs, LimitCount[s]);

    public ReadOnlySpan<Transfer> TransfersOf(int s) => Transfers.AsSpan(s * MostPairs, TransferCount[s]);

    /// <summary>Empties the scene for an intersection.</summary>
    public void Begin(int width, int stages)
    {
        Width = width;
        Stages = stages;
        RoomCount = 0;
        Array.Clear(Old);
        Array.Clear(OldExtra);
        Array.Fill(Weight, 1f);
        Array.Clear(Arrivals, 0, (HorizonS + 1) * width);
        Array.Clear(Rate, 0, stages * width);
        Array.Fill(Decay, 1f, 0, stages * width);
        Array.Clear(YieldingCount);
        Array.Clear(OpposingCount);
        Array.Clear(LimitCount);
        Array.Clear(TransferCount);
        MaySee = _all;
        FreeAt = 0;
        SetInner([], 0);
    }

    /// <summary>Adds vehicles that reach the stop line after so many seconds; beyond the horizon they do not count.</summary>
    public void AddArrival(int row, float seconds, float vehicles)
    {
        int t = (int)seconds;
        if (t <= HorizonS) Arrivals[t * Width + row] += vehicles;
    }

    /// <summary>Vehicles that arrive within the horizon, by row.</summary>
    public void SumArrivals(Span<float> byRow)
    {
        for (int c = 0; c < Width; c += Vector512<float>.Count)
        {
            Vector512<float> sum = default;
            for (int t = 0; t < HorizonS; t++) sum += Vector512.LoadUnsafe(ref Arrivals[t * Width + c]);
            sum.StoreUnsafe(ref byRow[c]);
        }
    }

    /// <summary>Does a stage open a row that has, or expects within half the horizon, at least a tenth of a vehicle?</summary>
    public bool Serves(int stage)
    {
        for (int r = 0; r < Width; r++)
        {
            if (Rate[stage * Width + r] <= 0) continue;
            float demand = Old[r];
            for (int t = 0; t < HorizonS / 2 && demand < 0.1f; t++) demand += Arrivals[t * Width + r];
            if (demand >= 0.1f) return true;
        }
        return false;
    }

    public void AddYielding(int stage, in YieldingRow row) =>
        Yielding[stage * Width + YieldingCount[stage]++] = row;

    /// <summary>False when the table is full; the flow is then left out.</summary>
    public bool AddOpposing(int stage, in OpposingFlow flow)
    {
        if (OpposingCount[stage] == MostPairs) return false;
        Opposing[stage * MostPairs + OpposingCount[stage]++] = flow;
        return true;
    }

    /// <summary>Index in <see cref="Opposing"/> of the next flow that <see cref="AddOpposing"/> adds.</summary>
    public int NextOpposing(int stage) => stage * MostPairs + OpposingCount[stage];

    public bool AddLimit(int stage, in ExitLimit limit)
    {
        if (LimitCount[stage] == MostPairs) return false;
        Limits[stage * MostPairs + LimitCount[stage]++] = limit;
        return true;
    }

    /// <summary>The rows that others of the unit lead to, with so many slots in all.</summary>
    public void SetInner(InnerRow[] rows, int slots) => (Inner, Slots) = (rows, slots);

    public bool AddTransfer(int stage, in Transfer transfer)
    {
        if (TransferCount[stage] == MostPairs) return false;
        Transfers[stage * MostPairs + TransferCount[stage]++] = transfer;
        return true;
    }

    /// <summary>Works out what follows from the rates, once they are all in.</summary>
    public void BuildCaps(PlannerSettings settings)
    {
        Array.Clear(Decays);
        for (int c = 0; c < Width; c += Vector512<float>.Count)
        {
            Vector512<float> best = default;
            for (int s = 0; s < Stages; s++)
            {
                best = Vector512.MaxNative(best, Vector512.LoadUnsafe(ref Rate[s * Width + c]));
                BuildCaps(s, c, settings.StartUp);
            }
            Vector512<float> ofFull = Vector512.MinNative(Vector512<float>.One, best * Vector512.Create(settings.HeadwayS));
            (Vector512.Create(settings.LeftOverRedS) * ofFull).StoreUnsafe(ref RedLossS[c]);
        }
    }

    /// <summary>Sixteen rows' rates in a stage, by age of the green.</summary>
    private void BuildCaps(int stage, int row, float[] startUp)
    {
        Vector512<float> rate = Vector512.LoadUnsafe(ref Rate[stage * Width + row]);
        Vector512<float> decay = Vector512.LoadUnsafe(ref Decay[stage * Width + row]);
        Decays[stage] |= decay != Vector512<float>.One;
        for (int age = 0; age < Ages; age++)
        {
            float ramp = age < startUp.Length ? startUp[age] : 1f;
            (rate * Vector512.Create(ramp)).StoreUnsafe(ref Cap[(stage * Ages + age) * Width + row]);
            rate *= decay;
        }
    }
}

/// <summary>A row of which some vehicles give way in a stage.</summary>
/// <param name="Row">The row.</param>
/// <param name="Protected">Share of its moving vehicles that need not give way.</param>
/// <param name="Permissive">Share that gives way.</param>
/// <param name="HeadwayRatio">Their headway without opposing traffic, in saturation headways.</param>
/// <param name="First">First of its opposing flows.</param>
/// <param name="End">One past the last.</param>
public readonly record struct YieldingRow(
    int Row, float Protected, float Permissive, float HeadwayRatio, int First, int End);

/// <summary>The share of a row's outflow to which somebody gives way.</summary>
public readonly record struct OpposingFlow(int Row, float Share);

/// <summary>The share of a row's outflow that goes to a limited exit.</summary>
public readonly record struct ExitLimit(int Row, int Exit, float Share);

/// <summary>The share of a row's outflow that arrives at an inner row, by its position among those.</summary>
public readonly record struct Transfer(int Row, int Inner, float Share);
