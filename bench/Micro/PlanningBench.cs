using System.Runtime.Intrinsics;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.SignalControl.Predictive;

namespace CityBrain.Micro;

/// <summary>
/// Two costs. The planning workload: one junction, 8 stages in free order, 60 s horizon, 1 s step, minimum green 6 s,
/// intergreen 4 s, a table of what each stage loses in each second; the best sequence exactly, three ways. And the real
/// policy: one decision at a junction of 12 lanes and 8 stages, as it runs in the city; and where left turns give way, wait
/// in the box, and exits are nearly full. An item is a plan.
/// </summary>
internal static class PlanningBench
{
    private const int Stages = 8, Horizon = 60, MinGreen = 6, Intergreen = 4;
    private static readonly float[] Loss = new float[Horizon * Stages];     // [second * Stages + stage]
    private static readonly float[] Value = new float[(Horizon + 1) * Stages];
    private static readonly float[] Changing = new float[Horizon + 1];      // lost in [0, t) while all is red
    private static readonly float[] Sums = new float[(Horizon + 1) * Stages];

    public static void Run(Harness harness, int rounds)
    {
        if (!harness.Wants("planning")) return;
        PolicyCost policy = new(busy: false), busy = new(busy: true);
        harness.Compare("planning", rounds,
        [
            new("naive", _ => Repeat(Naive, 10), NoAllocation: true),
            new("vector256", _ => Repeat(Vector, 1_000), NoAllocation: true),
            new("", _ => Repeat(Recursion, 10_000), NoAllocation: true),
            new("policy", policy.Run, Checked: false, NoAllocation: true),
            new("policy-busy", busy.Run, Checked: false, NoAllocation: true),
        ], new() { [""] = 0.02, ["policy"] = 1, ["policy-busy"] = 2 }, round =>
        {
            Fill((ulong)round + 1);
            policy.Prepare((ulong)round + 1);
            busy.Prepare((ulong)round + 1);
        });
    }

    private static Done Repeat(Func<float> plan, int times)
    {
        float best = 0;
        for (int k = 0; k < times; k++) best = plan();
        return new Done(times, best);
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

    /// <summary>The real policy with all its constraints, at 64 junctions that all may change in each second.</summary>
    private sealed class PolicyCost
    {
        private const int Junctions = 64, Ticks = 40;
        private readonly bool _busy;
        private readonly City _city;
        private readonly TrafficState _traffic;
        private readonly PredictivePolicy _policy;
        private int _second = 100;

        public PolicyCost(bool busy)
        {
            _busy = busy;
            _city = PlanningCity.Build(Junctions, busy);
            _traffic = new TrafficState(_city);
            _policy = new PredictivePolicy(_city);
        }

        public void Prepare(ulong seed) => PlanningCity.Drive(_city, _traffic, seed, _busy);

        public Done Run(int round)
        {
            long asked = 0;
            for (int t = 0; t < Ticks; t++, _second++)
            {
                long now = 100_000 + 1000L * _second;
                _traffic.NowMs = now;
                for (int l = 0; l < _traffic.Lanes.Length; l++) _traffic.Lanes[l].SeenMs = now;
                foreach (Intersection i in _city.Intersections) asked += Ask(_policy, _city, i, _traffic, now);
            }
            if (asked <= 0) throw new InvalidOperationException("the policy asks for nothing");
            return new Done(Junctions * Ticks, asked);
        }
    }

    private static int Ask(ISignalPolicy policy, City city, Intersection i, TrafficState traffic, long now)
    {
        var reason = new DecisionReason();
        var signal = new SignalStatus
        {
            Stage = i.Index % Stages, StageSinceMs = now - 12_000, PreviousStage = 0, Changing = false, MayChange = true,
            MustChange = false,
        };
        var view = new IntersectionView { City = city, Intersection = i, Traffic = traffic, NowMs = now, Signal = signal };
        return policy.Choose(view, ref reason);
    }
}
