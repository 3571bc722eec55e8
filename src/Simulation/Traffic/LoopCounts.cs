using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>What the loops in the road counted in the last second, by detector.</summary>
internal sealed class LoopCounts
{
    private readonly int[][] _loopsOfLane;
    private readonly float[] _atM;

    public LoopCounts(City city)
    {
        _atM = new float[city.Detectors.Length];
        _loopsOfLane = new int[city.Lanes.Length][];
        Array.Fill(_loopsOfLane, []);
        foreach (Detector d in city.Detectors)
        {
            if (d.Kind != DetectorKind.Loop) continue;
            _atM[d.Index] = (float)(city.Lanes[d.Lane].Length.Value - d.At.Value);
            _loopsOfLane[d.Lane] = [.. _loopsOfLane[d.Lane], d.Index];
        }
        Vehicles = new float[_atM.Length];
        OccupiedS = new float[_atM.Length];
        SpeedSum = new float[_atM.Length];
    }

    public float[] Vehicles { get; }
    public float[] OccupiedS { get; }
    /// <summary>Sum of the speeds of the vehicles counted, m/s.</summary>
    public float[] SpeedSum { get; }

    public void Clear()
    {
        Array.Clear(Vehicles);
        Array.Clear(OccupiedS);
        Array.Clear(SpeedSum);
    }

    /// <summary>A vehicle's front moved from one position of the lane to another, at an even speed.</summary>
    public void Passed(int lane, float fromM, float toM, float lengthM)
    {
        foreach (int loop in _loopsOfLane[lane])
        {
            float at = _atM[loop], driven = toM - fromM;
            if (fromM < at && toM >= at)
            {
                Vehicles[loop]++;
                SpeedSum[loop] += driven;
            }
            if (toM < at || fromM - lengthM > at) continue;
            float on = driven > 0 ? Math.Clamp((at - fromM) / driven, 0, 1) : 0;
            float off = driven > 0 ? Math.Clamp((at + lengthM - fromM) / driven, 0, 1) : 1;
            OccupiedS[loop] = Math.Min(1, OccupiedS[loop] + Math.Max(0, off - on));
        }
    }
}
