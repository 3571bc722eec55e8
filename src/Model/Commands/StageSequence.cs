namespace CityBrain.Model;

/// <summary>Leave the stage shown for another, so many seconds after the decision (at most 255).</summary>
public readonly record struct SequenceStep(int AfterS, int Stage);

/// <summary>
/// A planned sequence of stages, as a decision keeps it: its first four changes, in eight bytes. Without a change the
/// present stage stays as far as the plan looks.
/// </summary>
public readonly record struct StageSequence
{
    /// <summary>Changes that are kept; later ones are left out.</summary>
    public const int Capacity = 4;
    private const int StepBits = 16, MostValue = 255;

    /// <summary>A change in 16 bits, the first one lowest: seconds, and one more than the stage; 0 for none.</summary>
    private ulong Packed { get; init; }

    /// <summary>Changes kept.</summary>
    public int Count
    {
        get
        {
            int n = 0;
            while (n < Capacity && Packed >> (StepBits * n) != 0) n++;
            return n;
        }
    }

    public SequenceStep this[int i]
    {
        get
        {
            uint step = (uint)(Packed >> (StepBits * i)) & 0xFFFF;
            return new SequenceStep((int)(step >> 8), (int)(step & 0xFF) - 1);
        }
    }

    /// <summary>One change more; the same sequence when it is full or the stage has no number below 255.</summary>
    public StageSequence With(int afterS, int stage)
    {
        int at = Count;
        if (at == Capacity || (uint)stage >= MostValue) return this;
        ulong step = ((ulong)Math.Clamp(afterS, 0, MostValue) << 8) | (uint)(stage + 1);
        return new StageSequence { Packed = Packed | (step << (StepBits * at)) };
    }
}
