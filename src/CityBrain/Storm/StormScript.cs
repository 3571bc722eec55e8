using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Storm;

/// <summary>
/// A storm as text: what it is drawn from and every fault in it. The same script gives the same run. Written by the
/// shrinker for a seed that failed, read by `citybrain storm --script`.
/// </summary>
internal sealed record StormScript
{
    /// <summary>Seed of all that is not in the faults: traffic, presses, delays, which message is lost.</summary>
    public required ulong Seed { get; init; }
    /// <summary>Intersections, 1 to 3.</summary>
    public required int Junctions { get; init; }
    public required string Policy { get; init; }
    /// <summary>Milliseconds in which faults may happen; after that comes a calm in which all must recover.</summary>
    public required int StormMs { get; init; }
    public required IReadOnlyList<StormFault> Faults { get; init; }

    /// <summary>Draws a storm.</summary>
    public static StormScript Draw(ulong seed) => new StormDraw(seed).Script();

    public override string ToString()
    {
        var text = new System.Text.StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"storm seed {Seed} junctions {Junctions} policy {Policy} ms {StormMs}\n");
        foreach (StormFault f in Faults)
            text.Append(CultureInfo.InvariantCulture, $"{f.AtMs} {f.Kind} {f.Target} for {f.ForMs} amount {f.Amount}\n");
        return text.ToString();
    }

    /// <summary>Reads a script's text.</summary>
    /// <exception cref="FormatException">It says which line cannot be read.</exception>
    public static StormScript Parse(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] head = lines.Length == 0 ? [] : lines[0].Split(' ');
        if (head is not ["storm", "seed", var seed, "junctions", var junctions, "policy", var policy, "ms", var ms])
            throw new FormatException("line 1 is not like 'storm seed 1 junctions 2 policy fixed ms 120000'");
        if (!SignalControl.Policies.Names.Contains(policy)) throw new FormatException($"there is no policy '{policy}'");
        try
        {
            return new StormScript
            {
                Seed = ulong.Parse(seed, CultureInfo.InvariantCulture),
                Junctions = Math.Clamp(Number(junctions), 1, StormCity.MostJunctions),
                Policy = policy,
                StormMs = Math.Clamp(Number(ms), 0, 3_600_000),
                Faults = [.. lines.Skip(1).Where(l => l[0] != '#').Select(Fault).OrderBy(f => f.AtMs)],
            };
        }
        catch (OverflowException)
        {
            throw new FormatException("a number is too large");
        }
    }

    private static StormFault Fault(string line) =>
        line.Split(' ') is [var at, var kind, var target, "for", var length, "amount", var amount]
        && Enum.TryParse(kind, ignoreCase: true, out FaultKind what) && Enum.IsDefined(what)
            ? new StormFault(Number(at), what, target, Number(length), Number(amount))
            : throw new FormatException($"'{line}' is not like '12000 Kill brain for 3000 amount 0'");

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n) ? n
        : throw new FormatException($"'{text}' is not a number");
}

/// <summary>Draws a script from a seed.</summary>
internal sealed class StormDraw(ulong seed)
{
    private const int StormMs = 120_000;

    private SeededRandom _random = SeededRandom.For(seed, 1);

    public StormScript Script()
    {
        int junctions = 1 + _random.Next(StormCity.MostJunctions);
        string policy = SignalControl.Policies.Names[_random.Next(SignalControl.Policies.Names.Count)];
        // Some seeds are a breeze, some a hurricane: bugs hide behind rare faults as well as behind many at once.
        int count = 1 + _random.Next(1 + _random.Next(24));
        var faults = new List<StormFault>(count);
        for (int i = 0; i < count; i++) faults.Add(Fault(junctions));
        return new StormScript
        {
            Seed = seed, Junctions = junctions, Policy = policy, StormMs = StormMs,
            Faults = [.. faults.OrderBy(f => f.AtMs)],
        };
    }

    private StormFault Fault(int junctions)
    {
        var kind = (FaultKind)_random.Next(Enum.GetValues<FaultKind>().Length);
        int at = 5_000 + _random.Next(StormMs - 10_000);
        int length = 500 + _random.Next(_random.Next(4) == 0 ? 40_000 : 8_000);
        return new StormFault(at, kind, Target(kind, junctions), Math.Min(length, StormMs - at), Amount(kind));
    }

    private string Target(FaultKind kind, int junctions) => kind switch
    {
        FaultKind.Cut or FaultKind.Partition or FaultKind.Delay or FaultKind.SlowReader =>
            OneOf("brain", "brain", "sensors", Controller(junctions), Controller(junctions), "courier", "receiver"),
        FaultKind.Loss or FaultKind.Duplicate or FaultKind.Reorder or FaultKind.Corrupt =>
            OneOf("sensors", Controller(junctions), Controller(junctions)),
        FaultKind.Forge or FaultKind.Replay => Controller(junctions),
        FaultKind.Clock => OneOf("brain", "sensors", Controller(junctions), Controller(junctions)),
        FaultKind.Kill => OneOf("brain", "brain", "broker", "sensors", Controller(junctions)),
        FaultKind.Lie or FaultKind.Stuck or FaultKind.Silent => "sensors",
        _ => "brain",
    };

    private int Amount(FaultKind kind) => kind switch
    {
        FaultKind.Delay => 50 + _random.Next(4_000),
        FaultKind.SlowReader => 200 + _random.Next(4_000),
        FaultKind.Loss or FaultKind.Corrupt => 20 + _random.Next(700),
        FaultKind.Duplicate => 50 + _random.Next(900),
        FaultKind.Reorder => 200 + _random.Next(6_000),
        FaultKind.Clock => (int)(_random.Next(2) == 0 ? _random.Next(-3_000.0, 3_000.0) : _random.Next(-25_000.0, 25_000.0)),
        FaultKind.TornWrite or FaultKind.KillBeforeSend => 1 + _random.Next(12),
        FaultKind.DiskFull => _random.Next(4_000),
        _ => 0,
    };

    private string Controller(int junctions) => "controller:" + _random.Next(junctions).ToString(CultureInfo.InvariantCulture);

    private string OneOf(params ReadOnlySpan<string> targets) => targets[_random.Next(targets.Length)];
}
