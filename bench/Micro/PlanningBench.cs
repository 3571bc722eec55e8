using System.Diagnostics;
using System.Runtime.Intrinsics;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.SignalControl.Predictive;

namespace CityBrain.Micro;

/// <summary>
/// Two costs. The planning workload: one junction, 8 stages in free order, 60 s horizon, 1 s step, minimum green 6 s,
/// intergreen 4 s, a table of what each stage loses in each second; the best sequence exactly, three ways. And the real
/// policy: one decision at a junction of 12 lanes and 8 stages, as it runs in the city. Process CPU time, medians of
/// interleaved rounds; checksums and allocation are asserted.
/// </summary>
public static class PlanningBench
{
    private const int Stages = 8, Horizon = 60, MinGreen = 6, Intergreen = 4, Rounds = 7;
    private static readonly float[] Loss = new float[Horizon * Stages];     // [second * Stages + stage]
    private static readonly float[] Value = new float[(Horizon + 1) * Stages];
    private static readonly float[] Changing = new float[Horizon + 1];      // lost in [0, t) while all is red
    private static readonly float[] Sums = new float[(Horizon + 1) * Stages];

    public static void Run(TextWriter o)
    {
        Table(o);
        Policy(o);
    }

    private static void Table(TextWriter o)
    {
        (string Name, Func<float> Plan, int Repeats)[] ways =
            [("naive", Naive, 20), ("Vector256", Vector, 2_000), ("recursion, Vector256", Recursion, 20_000)];
        var us = new double[ways.Length][];
        var sums = new double[ways.Length];
        for (int w = 0; w < ways.Length; w++) us[w] = new double[Rounds];
        for (int round = -1; round < Rounds; round++)
        {
            Fill((ulong)(round + 2));
            for (int w = 0; w < ways.Length; w++)
            {
                long bytes = GC.GetTotalAllocatedBytes(true);
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                float best = 0;
                for (int k = 0; k < ways[w].Repeats; k++) best = ways[w].Plan();
                cpu = Environment.CpuUsage.TotalTime - cpu;
                Check(GC.GetTotalAllocatedBytes(true) - bytes < 4096, "allocates");
                sums[w] += best;
                if (round >= 0) us[w][round] = cpu.TotalMicroseconds / ways[w].Repeats;
            }
        }
        for (int w = 0; w < ways.Length; w++)
        {
            Check(Math.Abs(sums[w] - sums[0]) < 1e-3 * Math.Abs(sums[0]), $"{ways[w].Name} differs from naive");
            double median = us[w].Order().ElementAt(Rounds / 2);
            double ratio = us[0].Zip(us[w], (a, b) => a / Math.Max(b, 1e-9)).Order().ElementAt(Rounds / 2);
            o.WriteLine($"planning workload  {ways[w].Name,-22} {median,9:0.00} us  {1e6 / median,11:0} junctions/s  {ratio,7:0.0} x naive");
        }
    }

    private static void Fill(ulong seed)
    {
        var random = new SeededRandom(seed);
        for (int i = 0; i < Loss.Length; i++) Loss[i] = random.Next(40);
        for (int t = 0; t < Horizon; t++)
        {
            float most = 0;
            for (int s = 0; s < Stages; s++) most = Math.Max(most, Loss[t * Stages + s]);
            Changing[t + 1] = Changing[t] + most;
        }
    }

    /// <summary>Every stage, next stage and duration, each summed anew.</summary>
    private static float Naive()
    {
        Array.Clear(Value);
        for (int t = Horizon - 1; t >= 0; t--)
            for (int from = 0; from < Stages; from++)
            {
                float best = float.PositiveInfinity;
                for (int to = 0; to < Stages; to++)
                {
                    int green = to == from ? t : Math.Min(Horizon, t + Intergreen);
                    float lost = Changing[green] - Changing[t];
                    for (int end = Math.Min(Horizon, green + (to == from ? 1 : MinGreen)); end <= Horizon; end++)
                    {
                        float sum = lost;
                        for (int k = green; k < end; k++) sum += Loss[k * Stages + to];
                        best = Math.Min(best, sum + Value[end * Stages + to]);
                        if (end == Horizon) break;
                    }
                }
                Value[t * Stages + from] = best;
            }
        return Least(Value.AsSpan(0, Stages));
    }

    /// <summary>The same choices with running sums, eight next stages at once.</summary>
    private static float Vector()
    {
        Array.Clear(Value);
        Array.Clear(Sums);
        for (int t = 0; t < Horizon; t++)
            (Vector256.LoadUnsafe(ref Sums[t * Stages]) + Vector256.LoadUnsafe(ref Loss[t * Stages]))
                .StoreUnsafe(ref Sums[(t + 1) * Stages]);
        for (int t = Horizon - 1; t >= 0; t--)
        {
            int green = Math.Min(Horizon, t + Intergreen);
            Vector256<float> change = Longest(green, Math.Min(Horizon, green + MinGreen))
                + Vector256.Create(Changing[green] - Changing[t]);
            Vector256<float> stay = Longest(t, t + 1);
            float least = float.PositiveInfinity;
            for (int s = 0; s < Stages; s++) least = Math.Min(least, change[s]);
            Vector256.Min(stay, Vector256.Create(least)).StoreUnsafe(ref Value[t * Stages]);
        }
        return Least(Value.AsSpan(0, Stages));
    }

    /// <summary>The best of all ends from a first one on, per stage, green from an instant.</summary>
    private static Vector256<float> Longest(int green, int firstEnd)
    {
        var best = Vector256.Create(float.PositiveInfinity);
        Vector256<float> before = Vector256.LoadUnsafe(ref Sums[green * Stages]);
        for (int end = firstEnd; end <= Horizon; end++)
            best = Vector256.Min(best, Vector256.LoadUnsafe(ref Sums[end * Stages]) - before
                + Vector256.LoadUnsafe(ref Value[end * Stages]));
        return best;
    }

    /// <summary>
    /// A longer green is a minimum green and then seconds of staying, so durations need no loop: what the policy's
    /// search does too.
    /// </summary>
    private static float Recursion()
    {
        Vector256.Create(0f).StoreUnsafe(ref Value[Horizon * Stages]);
        Array.Clear(Sums, 0, Stages);
        for (int t = 0; t < Horizon; t++)
            (Vector256.LoadUnsafe(ref Sums[t * Stages]) + Vector256.LoadUnsafe(ref Loss[t * Stages]))
                .StoreUnsafe(ref Sums[(t + 1) * Stages]);
        for (int t = Horizon - 1; t >= 0; t--)
        {
            int green = Math.Min(Horizon, t + Intergreen), end = Math.Min(Horizon, green + MinGreen);
            Vector256<float> go = Vector256.LoadUnsafe(ref Sums[end * Stages]) - Vector256.LoadUnsafe(ref Sums[green * Stages])
                + Vector256.LoadUnsafe(ref Value[end * Stages]);
            Vector128<float> four = Vector128.Min(go.GetLower(), go.GetUpper());
            four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
            float least = Math.Min(four[0], four[1]) + Changing[green] - Changing[t];
            Vector256<float> stay = Vector256.LoadUnsafe(ref Loss[t * Stages])
                + Vector256.LoadUnsafe(ref Value[(t + 1) * Stages]);
            Vector256.Min(stay, Vector256.Create(least)).StoreUnsafe(ref Value[t * Stages]);
        }
        return Least(Value.AsSpan(0, Stages));
    }

    private static float Least(ReadOnlySpan<float> values)
    {
        float least = values[0];
        foreach (float v in values) least = Math.Min(least, v);
        return least;
    }

    private static void Policy(TextWriter o)
    {
        const int junctions = 64, ticks = 40;
        City city = PlanningCity.Build(junctions);
        var traffic = new TrafficState(city);
        ISignalPolicy policy = new PredictivePolicy(city);
        var us = new double[Rounds];
        long asked = 0;
        for (int round = -2; round < Rounds; round++)
        {
            PlanningCity.Drive(city, traffic, (ulong)(round + 3));
            long bytes = GC.GetTotalAllocatedBytes(true);
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            for (int t = 0; t < ticks; t++)
                foreach (Intersection i in city.Intersections) asked += Ask(policy, city, i, traffic, (round + 3) * ticks + t);
            cpu = Environment.CpuUsage.TotalTime - cpu;
            if (round < 0) continue;
            Check(GC.GetTotalAllocatedBytes(true) - bytes < 8192, "allocates");
            us[round] = cpu.TotalMicroseconds / (junctions * ticks);
        }
        Check(asked > 0, "asks for nothing");
        double median = us.Order().ElementAt(Rounds / 2);
        o.WriteLine($"predictive policy  12 lanes, 8 stages       {median,9:0.00} us  {1e6 / median,11:0} intersections/s (every tick a decision)");
    }

    private static int Ask(ISignalPolicy policy, City city, Intersection i, TrafficState traffic, int second)
    {
        long now = 100_000 + 1000L * second;
        traffic.NowMs = now;
        for (int l = 0; l < traffic.Lanes.Length; l++) traffic.Lanes[l].SeenMs = now;
        var reason = new DecisionReason();
        var signal = new SignalStatus
        {
            Stage = i.Index % Stages, StageSinceMs = now - 12_000, PreviousStage = 0, Changing = false, MayChange = true,
            MustChange = false,
        };
        var view = new IntersectionView { City = city, Intersection = i, Traffic = traffic, NowMs = now, Signal = signal };
        return policy.Choose(view, ref reason);
    }

    private static void Check(bool holds, string message)
    {
        if (!holds) throw new InvalidOperationException(message);
    }
}
