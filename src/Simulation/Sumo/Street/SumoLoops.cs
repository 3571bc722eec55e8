using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>
/// Loops in the road: which vehicles passed during the last second, how fast, and for what share of the second
/// the loop was covered. Vehicles are taken to move evenly within a step, as SUMO moves them.
/// </summary>
internal sealed class SumoLoops
{
    private const int LongestPath = 4;

    private readonly City _city;
    private readonly Detector[] _loops;
    private readonly int[][] _byLane;
    private readonly double[] _positions;
    private readonly int[] _counts;
    private readonly double[] _occupied, _speeds;
    private readonly List<Cover> _covers = [];
    private readonly int[] _path = new int[LongestPath];

    /// <summary>A vehicle that stands over a loop: how far its front is past it.</summary>
    private record struct Cover(int Vehicle, int Loop, double PastM);

    public SumoLoops(City city)
    {
        _city = city;
        _loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop)];
        _positions = [.. _loops.Select(d => city.Lanes[d.Lane].Length.Value - d.At.Value)];
        _byLane = new int[city.Lanes.Length][];
        for (int lane = 0; lane < _byLane.Length; lane++) _byLane[lane] = [];
        foreach (var lane in Enumerable.Range(0, _loops.Length).GroupBy(i => _loops[i].Lane))
            _byLane[lane.Key] = [.. lane];
        _counts = new int[_loops.Length];
        _occupied = new double[_loops.Length];
        _speeds = new double[_loops.Length];
    }

    public void Read(SumoVehicles vehicles, IStreetReadings readings)
    {
        Array.Clear(_counts);
        Array.Clear(_occupied);
        Array.Clear(_speeds);
        MoveOn(vehicles);
        foreach (int vehicle in vehicles.OnRoad) Pass(vehicle, vehicles[vehicle]);
        for (int i = 0; i < _loops.Length; i++)
        {
            float speed = _counts[i] > 0 ? (float)(_speeds[i] / _counts[i]) : float.NaN;
            readings.Loop(_loops[i].Index, _counts[i], (float)Math.Min(1, _occupied[i]), speed);
        }
    }

    private void MoveOn(SumoVehicles vehicles)
    {
        for (int i = _covers.Count - 1; i >= 0; i--)
        {
            Cover c = _covers[i];
            ref SumoVehicle v = ref vehicles[c.Vehicle];
            double left = v.LengthM - c.PastM;
            _occupied[c.Loop] += v.SpeedMps > left ? Math.Max(0, left) / v.SpeedMps : 1;
            if (v.SpeedMps > left || !vehicles.IsOnRoad(c.Vehicle)) _covers.RemoveAt(i);
            else _covers[i] = c with { PastM = c.PastM + v.SpeedMps };
        }
    }

    private void Pass(int vehicle, in SumoVehicle v)
    {
        if (v.Lane < 0 || v.LaneBefore < 0) return;
        if (v.Lane == v.LaneBefore || Beside(v.Lane, v.LaneBefore))
        {
            Pass(vehicle, v, v.Lane, v.AtBeforeM, v.AtM, 0);
            return;
        }
        int steps = PathTo(v.LaneBefore, v.Lane);
        double beyond = v.AtM;
        for (int i = 0; i < steps; i++)
        {
            int lane = _path[i];
            double length = _city.Lanes[lane].Length.Value;
            Pass(vehicle, v, lane, i == steps - 1 ? v.AtBeforeM : -1, length, beyond);
            beyond += length;
        }
        Pass(vehicle, v, v.Lane, -1, v.AtM, 0);
    }

    /// <param name="vehicle">Its number.</param>
    /// <param name="v">The vehicle.</param>
    /// <param name="lane">A lane that its front moved along.</param>
    /// <param name="from">From here, not included, metres from the lane's upstream end.</param>
    /// <param name="to">To here, included.</param>
    /// <param name="beyondM">How far the front went on after the lane's end.</param>
    private void Pass(int vehicle, in SumoVehicle v, int lane, double from, double to, double beyondM)
    {
        foreach (int loop in _byLane[lane])
        {
            double at = _positions[loop];
            if (at <= from || at > to) continue;
            double past = to - at + beyondM;
            _counts[loop]++;
            _speeds[loop] += v.SpeedMps;
            if (v.SpeedMps > 0) _occupied[loop] += Math.Min(1, Math.Min(past, v.LengthM) / v.SpeedMps);
            if (past <= v.LengthM) _covers.Add(new Cover(vehicle, loop, past));
        }
    }

    /// <summary>Lanes left behind on the way, the last one passed first; also from a lane beside the first one.</summary>
    private int PathTo(int from, int to)
    {
        int steps = Search(from, to, 0);
        for (int i = 0; steps == 0 && i < _city.Lanes[from].Beside.Length; i++)
            steps = Search(_city.Lanes[from].Beside[i], to, 0);
        return steps;
    }

    private int Search(int from, int to, int depth)
    {
        foreach (int next in _city.Lanes[from].Downstream)
        {
            int steps = next == to ? 1 : depth + 1 < LongestPath ? Search(next, to, depth + 1) + 1 : 0;
            if (steps == 0 || (next != to && steps == 1)) continue;
            _path[steps - 1] = from;
            return steps;
        }
        return 0;
    }

    private bool Beside(int a, int b) => Array.IndexOf(_city.Lanes[a].Beside, b) >= 0;
}
