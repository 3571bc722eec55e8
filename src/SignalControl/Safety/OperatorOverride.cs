using CityBrain.Model;

namespace CityBrain.SignalControl.Safety;

/// <summary>
/// What an operator ordered for one intersection, until it expires. An order is a wish like a policy's: conflicts,
/// intergreens, shortest greens and the bound on waits hold for it too.
/// </summary>
internal struct OperatorOverride
{
    public OverrideKind Kind;
    public int Stage;
    public long UntilMs;

    public readonly bool Runs(long nowMs) => Kind != OverrideKind.Release && nowMs < UntilMs;

    /// <summary>The stage that may not be used, or -1.</summary>
    public readonly int Skipped(long nowMs) => Kind == OverrideKind.Skip && nowMs < UntilMs ? Stage : -1;

    /// <summary>The stage to wish for instead of the policy's.</summary>
    public readonly int Resolve(int wish, int present, int stages, long nowMs)
    {
        if (!Runs(nowMs)) return wish;
        return Kind switch
        {
            OverrideKind.Hold => present,
            OverrideKind.Force => Stage,
            OverrideKind.Skip when wish == Stage && present != Stage => present,
            OverrideKind.Skip when wish == Stage => (Stage + 1) % stages,
            _ => wish,
        };
    }

    public readonly void AddTo(ref Digest digest)
    {
        digest.Add((int)Kind);
        digest.Add(Stage);
        digest.Add(UntilMs);
    }
}
