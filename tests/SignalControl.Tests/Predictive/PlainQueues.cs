using CityBrain.Model;
using CityBrain.SignalControl.Planning;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>
/// The queue model again, row by row and second by second with plain loops, and a search that tries every plan. Slow and
/// simple: what the fast one is held against.
/// </summary>
internal sealed class PlainQueues(PlannerSettings settings, JunctionModel junction, PlanScene scene)
{
    private readonly int _horizon = scene.HorizonS;

    /// <summary>The least loss over all sequences and durations.</summary>
    public double Best(int stage, int age)
    {
        double[] old = [.. scene.Old.Take(scene.Width).Select(x => (double)x)];
        return Best(new State(old, new double[scene.Width]), stage, stage, age, 0);
    }

    private sealed record State(double[] Old, double[] New)
    {
        public State Copy() => new([.. Old], [.. New]);
    }

    private double Best(State state, int stage, int before, int age, int t)
    {
        if (t >= _horizon) return Residual(state, stage);
        State stay = state.Copy();
        double best = Second(stay, t, r => Green(stage, before, age, r)) + Best(stay, stage, before, age + 1, t + 1);
        for (int next = 0; next < junction.Stages; next++)
        {
            if (next == stage) continue;
            int pair = stage * junction.Stages + next, at = t;
            State s = state.Copy();
            double lost = 0;
            for (int into = 0; into < junction.ChangeS[pair] && at < _horizon; into++, at++)
                lost += Second(s, at, r => Yellow(stage, next, into, r));
            int green = 0;
            for (; green < junction.MinGreenS[pair] && at < _horizon; green++, at++)
                lost += Second(s, at, r => Green(next, stage, green, r));
            best = Math.Min(best, lost + Best(s, next, stage, green, at));
        }
        return best;
    }

    private double Rate(int stage, int row) => scene.Rate[stage * scene.Width + row];

    private double Green(int stage, int before, int age, int row)
    {
        double ramp = age < settings.StartUp.Length ? settings.StartUp[age] : 1;
        if (before != stage && junction.Both[(before * junction.Stages + stage) * scene.Width + row] == 1) ramp = 1;
        return Rate(stage, row) * ramp;
    }

    private double Yellow(int from, int to, int into, int row)
    {
        bool kept = junction.Both[(from * junction.Stages + to) * scene.Width + row] == 1;
        return Rate(from, row) * (kept ? 1 : into < settings.YellowUse.Length ? settings.YellowUse[into] : 0);
    }

    private double Second(State s, int t, Func<int, double> cap)
    {
        double lost = 0;
        for (int r = 0; r < junction.Rows; r++)
        {
            double arrived = scene.Arrivals[t * scene.Width + r];
            double served = Math.Min(s.Old[r] + s.New[r] + arrived, cap(r)), fromOld = Math.Min(s.Old[r], served);
            s.Old[r] -= fromOld;
            s.New[r] += arrived - (served - fromOld);
            lost += (1 + scene.OldExtra[r] + t / settings.WaitDoublesS) * s.Old[r] + s.New[r];
            lost += settings.StopPenaltyS * Math.Min(arrived, s.Old[r] + s.New[r]);
        }
        return lost;
    }

    private double Residual(State s, int stage)
    {
        double sum = 0;
        for (int r = 0; r < junction.Rows; r++)
        {
            double q = s.Old[r] + s.New[r];
            double weighted = (1 + scene.OldExtra[r] + _horizon / settings.WaitDoublesS) * s.Old[r] + s.New[r];
            sum += weighted * ((Rate(stage, r) == 0 ? settings.LeftOverRedS : 0) + 0.5 * settings.HeadwayS * q)
                + settings.LeftOverS * q;
        }
        return sum;
    }
}
