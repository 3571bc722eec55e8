using CityBrain.Model;
using CityBrain.SignalControl.Planning;

namespace CityBrain.SignalControl.Predictive;

/// <summary>What was decided in one tick for intersections that are planned as one, and what their signals did then.</summary>
internal sealed class JointDecision(PlanUnit unit)
{
    public PlanUnit Unit { get; } = unit;
    /// <summary>The tick that this is about.</summary>
    public long NowMs { get; private set; } = long.MinValue;
    /// <summary>
    /// Their signals as one: the stage shown or being changed to, joint, since when the last member has shown it, and
    /// what there was before that.
    /// </summary>
    public SignalStatus Signal { get; private set; }
    /// <summary>Seconds before which each member cannot change, a byte each.</summary>
    public ulong FreeAt { get; private set; }
    public float SeenShare { get; set; }
    /// <summary>By member.</summary>
    public DecisionReason[] Reasons { get; } = new DecisionReason[unit.Members.Length];

    /// <summary>Notes what the signals do, by intersection; true when one of them may change now.</summary>
    public bool Begin(ReadOnlySpan<SignalStatus> signals, long nowMs)
    {
        NowMs = nowMs;
        FreeAt = 0;
        int stage = 0, last = 0;
        bool changing = false, may = false;
        for (int m = 0; m < Unit.Members.Length; m++)
        {
            ref readonly SignalStatus s = ref signals[Unit.Members[m].Index];
            stage = Unit.With(stage, m, s.Stage);
            changing |= s.Changing;
            may |= s.MayChange;
            if (s.StageSinceMs > signals[Unit.Members[last].Index].StageSinceMs) last = m;
            if (!s.MayChange) FreeAt |= (ulong)FreeInS(m, s, nowMs) << (8 * m);
            Reasons[m] = new DecisionReason { Rule = Rule.Plan, Asked = (short)s.Stage };
        }
        ref readonly SignalStatus latest = ref signals[Unit.Members[last].Index];
        Signal = new SignalStatus
        {
            Stage = stage, StageSinceMs = latest.StageSinceMs, Changing = changing, MayChange = may, MustChange = false,
            PreviousStage = Unit.With(stage, last, latest.PreviousStage),
        };
        return may;
    }

    /// <summary>
    /// A change under way, and then the shortest green of what it opens. One that may not change although that is over
    /// is not under command, and nobody waits for it.
    /// </summary>
    private int FreeInS(int m, in SignalStatus signal, long nowMs)
    {
        long green = 1000L * Unit.ShortestGreenS(m, signal.PreviousStage, signal.Stage);
        long leftMs = signal.StageSinceMs + green - nowMs;
        return leftMs > 0 || signal.Changing ? (int)Math.Clamp((leftMs + 999) / 1000, 1, Never) : Never;
    }

    private const int Never = byte.MaxValue;

    public void AddTo(ref Digest digest) => digest.Add(NowMs);
}
