namespace CityBrain.Model.HiRes;

/// <summary>Where a detector lies and so what its calls mean.</summary>
public enum DetectorFunction
{
    /// <summary>At the stop bar, occupied while a vehicle waits.</summary>
    Presence,

    /// <summary>Upstream, where arrivals are counted.</summary>
    Advance,

    /// <summary>Past the stop bar, where vehicles running the red are counted.</summary>
    YellowRed,

    /// <summary>Counts of vehicles at the stop bar.</summary>
    StopBarCount,
}

/// <summary>A line of the detector table: on this device, this detector serves this phase.</summary>
public readonly record struct DetectorAssignment(
    int Device, ushort Phase, ushort Detector, DetectorFunction Function);

/// <summary>
/// Which phases a device's detectors serve, by function. A detector may serve several phases; a line given
/// twice counts once.
/// </summary>
public sealed class DetectorTable
{
    private const int Functions = 4;
    private readonly ushort[]?[]?[][] _phases = new ushort[]?[]?[Functions][];
    private readonly bool[]?[][] _served = new bool[]?[Functions][];
    private readonly List<DetectorAssignment> _assignments = [];

    public DetectorTable(IEnumerable<DetectorAssignment> assignments)
    {
        for (int f = 0; f < Functions; f++)
        {
            _phases[f] = [];
            _served[f] = [];
        }

        foreach (DetectorAssignment a in assignments)
        {
            Add(a);
        }
    }

    public static DetectorTable Empty { get; } = new([]);

    /// <summary>The lines, each once, in the order given.</summary>
    public IReadOnlyList<DetectorAssignment> Assignments => _assignments;

    /// <summary>The phases a detector serves in a function; empty when none.</summary>
    public ReadOnlySpan<ushort> Phases(DetectorFunction function, int device, int detector)
    {
        ushort[]?[]?[] devices = _phases[(int)function];
        if ((uint)device < (uint)devices.Length)
        {
            ushort[]?[]? detectors = devices[device];
            if (detectors is not null && (uint)detector < (uint)detectors.Length)
            {
                return detectors[detector];
            }
        }

        return default;
    }

    /// <summary>Whether any detector of the function serves the phase.</summary>
    public bool Serves(DetectorFunction function, int device, int phase)
    {
        bool[]?[] devices = _served[(int)function];
        return (uint)device < (uint)devices.Length
            && devices[device] is { } phases
            && (uint)phase < (uint)phases.Length
            && phases[phase];
    }

    private void Add(DetectorAssignment a)
    {
        ref ushort[]?[]?[] devices = ref _phases[(int)a.Function];
        devices = AtLeast(devices, a.Device + 1);
        ushort[]?[] detectors = devices[a.Device] = AtLeast(devices[a.Device], a.Detector + 1);
        ushort[] phases = detectors[a.Detector] ?? [];
        if (Array.IndexOf(phases, a.Phase) >= 0)
        {
            return;
        }

        detectors[a.Detector] = [.. phases, a.Phase];
        ref bool[]?[] served = ref _served[(int)a.Function];
        served = AtLeast(served, a.Device + 1);
        bool[] flags = served[a.Device] = AtLeast(served[a.Device], a.Phase + 1);
        flags[a.Phase] = true;
        _assignments.Add(a);
    }

    private static T[] AtLeast<T>(T[]? array, int length)
    {
        if (array is null || array.Length < length)
        {
            Array.Resize(ref array, length);
        }

        return array;
    }
}
