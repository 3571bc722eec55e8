namespace CityBrain.Engine.Measures;

/// <summary>
/// The width of the bins. Bins start at multiples of the width counted from each midnight, so a width that
/// does not divide a day leaves a shorter last bin.
/// </summary>
public readonly struct BinSize
{
    public const long DayMs = 86_400_000;

    /// <param name="widthMs">Milliseconds, more than 0 and at most a day.</param>
    public BinSize(long widthMs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(widthMs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(widthMs, DayMs);
        WidthMs = widthMs;
    }

    public long WidthMs { get; }

    /// <summary>Start of the bin that holds a time, ms.</summary>
    public long Start(long timeMs)
    {
        long midnight = Midnight(timeMs);
        return timeMs - ((timeMs - midnight) % WidthMs);
    }

    /// <summary>End (exclusive) of the bin that starts at a time, ms.</summary>
    public long End(long startMs) => Math.Min(startMs + WidthMs, Midnight(startMs) + DayMs);

    /// <summary>The midnight at or before a time, ms.</summary>
    public static long Midnight(long timeMs)
    {
        long day = timeMs / DayMs;
        if (timeMs < 0 && day * DayMs != timeMs)
        {
            day--;
        }

        return day * DayMs;
    }
}
