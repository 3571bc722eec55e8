using CityBrain.Model;

namespace CityBrain.Engine.EventLog;

/// <summary>
/// How a city's loops would be wired to its controllers: numbers by intersection from 1, phases by the lanes they lead
/// to, and what each is for. A phase is a signal group, numbered from 1 in the intersection's order.
/// </summary>
public sealed class DetectorWiring
{
    /// <summary>A stop-line loop that goes off is a vehicle past the line: a detector numbered so much higher.</summary>
    public const int PastLine = 1000;
    /// <summary>Loops nearer to the stop line than this are at the stop bar.</summary>
    private const double StopBarM = 10;
    private const int MostLanes = 32;

    private readonly ushort[] _numbers;
    private readonly bool[] _atStopBar;
    private readonly List<DetectorAssignment> _lines = [];

    public DetectorWiring(City city)
    {
        _numbers = new ushort[city.Detectors.Length];
        _atStopBar = new bool[city.Detectors.Length];
        var next = new ushort[city.Intersections.Length];
        foreach (Detector d in city.Detectors)
        {
            if (d.Kind != DetectorKind.Loop || d.Intersection < 0 || next[d.Intersection] + 1 >= PastLine) continue;
            _numbers[d.Index] = ++next[d.Intersection];
            _atStopBar[d.Index] = city.Lanes[d.Lane].Intersection == d.Intersection && d.At.Value <= StopBarM;
            foreach (ushort phase in Phases(city, d)) AddLines(d, phase);
        }
        Table = new DetectorTable(_lines);
    }

    /// <summary>The detector table; devices are intersections.</summary>
    public DetectorTable Table { get; }

    /// <summary>A loop's number at its controller, 0 for a detector that has none.</summary>
    public int Number(int detector) => _numbers[detector];

    /// <summary>True for a loop at a stop line.</summary>
    public bool AtStopBar(int detector) => _atStopBar[detector];

    /// <summary>The phase of a signal group.</summary>
    public static ushort Phase(int group) => (ushort)(group + 1);

    private void AddLines(Detector d, ushort phase)
    {
        ushort number = _numbers[d.Index];
        if (!_atStopBar[d.Index])
        {
            _lines.Add(new DetectorAssignment(d.Intersection, phase, number, DetectorFunction.Advance));
            return;
        }
        _lines.Add(new DetectorAssignment(d.Intersection, phase, number, DetectorFunction.Presence));
        _lines.Add(new DetectorAssignment(d.Intersection, phase, number, DetectorFunction.StopBarCount));
        _lines.Add(new DetectorAssignment(
            d.Intersection, phase, (ushort)(number + PastLine), DetectorFunction.YellowRed));
    }

    /// <summary>Phases of the stop lines that the loop's lane leads to, over roads without signals.</summary>
    private static SortedSet<ushort> Phases(City city, Detector d)
    {
        var phases = new SortedSet<ushort>();
        var next = new Queue<int>([d.Lane]);
        var met = new HashSet<int>();
        while (next.TryDequeue(out int lane) && met.Count < MostLanes)
        {
            if (!met.Add(lane)) continue;
            Lane at = city.Lanes[lane];
            if (at.Movements.Length > 0)
            {
                if (at.Intersection == d.Intersection)
                    foreach (int m in at.Movements) phases.Add(Phase(city.Movements[m].Group));
                continue;
            }
            foreach (int down in at.Downstream) next.Enqueue(down);
        }
        return phases;
    }
}
