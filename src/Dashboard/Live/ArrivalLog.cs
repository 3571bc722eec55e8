using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// When vehicles would reach the stop line of each lane if nothing held them up: the dots of the Purdue coordination
/// diagram (Day et al., Performance Measures for Traffic Signal Systems, Purdue 2014). A vehicle is counted as it
/// passes a line some way upstream, a setback detector made of the camera's view, and its instant is moved on by the
/// way that is left at its speed. The last 160 of each lane are kept.
/// </summary>
internal sealed class ArrivalLog
{
    public const int Kept = 160;
    private const float SetbackM = 90, LeastSetbackM = 25, SlowestMps = 2.5f;
    private const long LongestSpanMs = 3_000;

    private readonly City _city;
    private readonly int[] _row;
    private readonly long[] _at;
    private readonly int[] _count;
    private long _lastMs;

    public ArrivalLog(City city)
    {
        _city = city;
        _row = new int[city.Lanes.Length];
        Array.Fill(_row, -1);
        int rows = 0;
        foreach (Intersection place in city.Intersections)
            foreach (int lane in place.StopLineLanes) _row[lane] = rows++;
        _at = new long[rows * Kept];
        _count = new int[rows];
    }

    public void Note(CityFrame frame)
    {
        long span = frame.TimeMs - _lastMs;
        _lastMs = frame.TimeMs;
        if (span < 0) Array.Clear(_count);
        if (span is <= 0 or > LongestSpanMs) return;
        for (int l = 0; l < _row.Length; l++)
        {
            if (_row[l] < 0) continue;
            float line = Math.Max(LeastSetbackM, Math.Min(SetbackM, (float)_city.Lanes[l].Length.Value - 20));
            foreach (VehicleSighting v in frame.SightingsOf(l))
            {
                float before = v.DistanceM + v.SpeedMps * span / 1000;
                if (v.SpeedMps >= SlowestMps && v.DistanceM <= line && before > line)
                    Add(_row[l], frame.TimeMs + (long)(1000 * v.DistanceM / v.SpeedMps));
            }
        }
    }

    /// <summary>The kept arrivals of a lane, oldest first.</summary>
    public long[] Of(int lane)
    {
        if (_row[lane] < 0) return [];
        int row = _row[lane], count = _count[row], first = Math.Max(0, count - Kept);
        var result = new long[count - first];
        for (int i = 0; i < result.Length; i++) result[i] = _at[row * Kept + (first + i) % Kept];
        return result;
    }

    private void Add(int row, long at) => _at[row * Kept + _count[row]++ % Kept] = at;
}
