using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CityBrain.SignalControl")]

namespace CityBrain.Model;

public enum CommandKind : byte
{
    /// <summary>Show these aspects now.</summary>
    Show = 1,
    /// <summary>Run your own programme: the brain gives the intersection up.</summary>
    Release = 2,
}

/// <summary>
/// A checked order to one controller. Only the SafetyGate of SignalControl makes one (an architecture test
/// holds the rest of the code to that); the aspects lie beside it in the <see cref="CommandBuffer"/>.
/// </summary>
public readonly struct SignalCommand
{
    internal SignalCommand(CommandKind kind, int intersection, uint sequence, long timeMs, long validUntilMs,
        int targetStage, bool changed, in DecisionReason reason)
    {
        Kind = kind;
        Intersection = intersection;
        Sequence = sequence;
        TimeMs = timeMs;
        ValidUntilMs = validUntilMs;
        TargetStage = targetStage;
        Changed = changed;
        Reason = reason;
    }

    public CommandKind Kind { get; }
    public int Intersection { get; }
    /// <summary>Rises by one with every command to this intersection; a controller refuses older ones.</summary>
    public uint Sequence { get; }
    /// <summary>The tick that made it, milliseconds of the feed's clock.</summary>
    public long TimeMs { get; }
    /// <summary>After this the controller must not act on it, and falls back without a newer one.</summary>
    public long ValidUntilMs { get; }
    /// <summary>The stage shown or being changed to; -1 with <see cref="CommandKind.Release"/>.</summary>
    public int TargetStage { get; }
    /// <summary>False when the aspects are those of the previous command, sent again to keep it alive.</summary>
    public bool Changed { get; }
    public DecisionReason Reason { get; }
}

/// <summary>Which rule decided.</summary>
public enum Rule : byte
{
    None = 0,
    /// <summary>The fixed programme says so.</summary>
    Programme,
    /// <summary>Vehicles still extend the green.</summary>
    Extend,
    /// <summary>No vehicle came within the gap.</summary>
    GapOut,
    /// <summary>The longest green is over.</summary>
    MaxOut,
    /// <summary>The highest pressure.</summary>
    Pressure,
    /// <summary>The least predicted delay over the horizon.</summary>
    Plan,
    /// <summary>The gate: a movement's longest wait is near.</summary>
    WaitBound,
    /// <summary>The gate: green was not yet long enough.</summary>
    MinGreen,
    /// <summary>The gate: a change is under way.</summary>
    Changing,
    /// <summary>An operator's override.</summary>
    Operator,
    /// <summary>The exit is blocked.</summary>
    BlockedExit,
    /// <summary>Stale data.</summary>
    Stale,
    /// <summary>The controller reports a fault or runs its own programme.</summary>
    ControllerFault,
    /// <summary>A broken invariant: the gate refused and gave the intersection up.</summary>
    Invariant,
    /// <summary>Nobody asks for anything.</summary>
    Idle,
}

/// <summary>A stage that was considered, with its score (lower is better) in the rule's own unit.</summary>
/// <param name="Stage">The stage that would have come first.</param>
/// <param name="Score">Its score.</param>
/// <param name="Sequence">The best sequence that began with it; empty where a rule looks at one stage only.</param>
public readonly record struct Alternative(short Stage, float Score, StageSequence Sequence = default);

[InlineArray(Capacity)]
public struct Alternatives
{
    public const int Capacity = 8;
#pragma warning disable IDE0044, IDE0051, CS0169
    private Alternative _first;
#pragma warning restore IDE0044, IDE0051, CS0169
}

/// <summary>Why a command was given: the rule, what it saw, what it chose and what it rejected.</summary>
public struct DecisionReason
{
    /// <summary>The policy's rule.</summary>
    public Rule Rule;
    /// <summary>The gate's rule when it decided otherwise than the policy asked, else None.</summary>
    public Rule Gate;
    /// <summary>The stage the policy asked for.</summary>
    public short Asked;
    /// <summary>Its score; lower is better.</summary>
    public float Score;
    /// <summary>The changes planned from now on; empty where a rule looks at one stage only.</summary>
    public StageSequence Sequence;
    /// <summary>Vehicles queued on the lanes of the chosen stage.</summary>
    public float QueueVehicles;
    /// <summary>Vehicles predicted to arrive for the chosen stage within the horizon.</summary>
    public float ArrivalsVehicles;
    /// <summary>Longest present wait at the intersection, seconds, and the group that waits.</summary>
    public float LongestWaitS;
    public short LongestWaitGroup;
    /// <summary>
    /// Where vehicles are held back at entries of a full area: the share of the storage inside that is taken, and the
    /// share of their weight that those at the entries lose. 0 where nobody is held back.
    /// </summary>
    public float AreaFill;
    public float EntryHeld;
    public byte AlternativeCount;
    public Alternatives Alternatives;

    /// <summary>Adds a rejected alternative; past eight the worst is dropped.</summary>
    public void Reject(int stage, float score, StageSequence sequence = default)
    {
        int at = AlternativeCount;
        if (at == Alternatives.Capacity)
        {
            at = 0;
            for (int i = 1; i < Alternatives.Capacity; i++)
                if (Alternatives[i].Score > Alternatives[at].Score) at = i;
            if (score >= Alternatives[at].Score) return;
        }
        else AlternativeCount++;
        Alternatives[at] = new Alternative((short)stage, score, sequence);
    }
}

/// <summary>The commands of one tick with their aspects. Reused; sized for one command per intersection.</summary>
public sealed class CommandBuffer(int intersections, int maxGroups)
{
    private readonly SignalCommand[] _commands = new SignalCommand[intersections];
    private readonly Aspect[] _aspects = new Aspect[intersections * maxGroups];
    private readonly int[] _lengths = new int[intersections];

    public int Count { get; private set; }

    public ref readonly SignalCommand this[int i] => ref _commands.AsSpan(0, Count)[i];

    /// <summary>The aspects of command i, one per signal group.</summary>
    public ReadOnlySpan<Aspect> Aspects(int i) => _aspects.AsSpan(i * maxGroups, _lengths[i]);

    internal void Add(in SignalCommand command, ReadOnlySpan<Aspect> aspects)
    {
        aspects.CopyTo(_aspects.AsSpan(Count * maxGroups, maxGroups));
        _lengths[Count] = aspects.Length;
        _commands[Count++] = command;
    }

    public void Clear() => Count = 0;
}
