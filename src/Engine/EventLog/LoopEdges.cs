namespace CityBrain.Engine.EventLog;

/// <summary>A detector goes on or off.</summary>
internal delegate void EdgeTaker(int detector, bool on, long timeMs);

/// <summary>
/// Makes detector edges of loop readings, which tell only how many vehicles an interval had and for what share of it
/// the loop was covered. There are as many on-edges as vehicles, and the time covered is kept; where in the interval
/// they lie is not known: gaps and vehicles share it evenly, and after a vehicle the loop stays covered until a reading
/// says otherwise. Edges of one loop are at least 0.1 s apart, the resolution of the log.
/// </summary>
internal sealed class LoopEdges(int detectors, EdgeTaker take)
{
    public const int ResolutionMs = 100;
    /// <summary>A reading after a longer silence tells of its last second only.</summary>
    private const int LongestIntervalMs = 60_000, UsualIntervalMs = 1000;
    private const int MostVehicles = 100;

    private readonly bool[] _on = new bool[detectors];
    private readonly long[] _readMs = new long[detectors];
    private readonly long[] _edgeMs = new long[detectors];

    /// <summary>Readings that came out of order and made no edges.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>A reading of the interval since the one before it.</summary>
    public void Read(int detector, long timeMs, float vehicles, float occupancy)
    {
        long fromMs = _readMs[detector];
        if (fromMs != 0 && timeMs <= fromMs)
        {
            OutOfOrder++;
            return;
        }
        _readMs[detector] = timeMs;
        if (fromMs == 0 || timeMs - fromMs > LongestIntervalMs) fromMs = timeMs - UsualIntervalMs;
        float length = timeMs - fromMs, covered = Math.Clamp(occupancy, 0, 1) * length;
        int count = (int)Math.Clamp(vehicles + 0.5f, 0, MostVehicles);
        if (count == 0) WithoutVehicle(detector, fromMs, timeMs, covered, length);
        else WithVehicles(detector, count, fromMs, covered, length);
    }

    private void WithoutVehicle(int detector, long fromMs, long timeMs, float covered, float length)
    {
        if (_on[detector] && covered < length - 0.5f) Edge(detector, false, fromMs + (long)covered);
        else if (!_on[detector] && covered > 0) Edge(detector, true, timeMs - (long)covered);
    }

    private void WithVehicles(int detector, int count, long fromMs, float covered, float length)
    {
        float piece = covered / (count + (_on[detector] ? 1 : 0)), gap = (length - covered) / count, at = 0;
        for (int i = 0; i < count; i++)
        {
            if (_on[detector]) Edge(detector, false, fromMs + (long)(at += piece));
            Edge(detector, true, fromMs + (long)(at += gap));
        }
    }

    private void Edge(int detector, bool on, long timeMs)
    {
        long rounded = (timeMs + ResolutionMs / 2) / ResolutionMs * ResolutionMs;
        rounded = Math.Max(rounded, _edgeMs[detector] + ResolutionMs);
        _edgeMs[detector] = rounded;
        _on[detector] = on;
        take(detector, on, rounded);
    }
}
