namespace CityBrain.Dashboard;

/// <summary>Which hour and quarter of the week an instant of the feed's clock is, where the city lives. Monday is day 0.</summary>
internal sealed class WeekClock
{
    public const int HoursOfWeek = 7 * 24, QuartersOfDay = 96, QuartersOfWeek = 7 * QuartersOfDay;
    private const long DayMs = 86_400_000;

    private readonly TimeZoneInfo _zone;
    private long _offsetHour = long.MinValue, _offsetMs;

    /// <param name="timeZone">IANA name; null or unknown: UTC.</param>
    public WeekClock(string? timeZone) => _zone =
        timeZone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out TimeZoneInfo? found) ? found : TimeZoneInfo.Utc;

    public int HourOf(long timeMs) => (int)(LocalMs(timeMs) / 3_600_000 % HoursOfWeek);

    public int QuarterOf(long timeMs) => (int)(LocalMs(timeMs) / 900_000 % QuartersOfWeek);

    /// <summary>The instant at which the local day of an instant began.</summary>
    public long DayBeginMs(long timeMs) => timeMs - LocalMs(timeMs) % DayMs;

    /// <summary>Saturday and Sunday.</summary>
    public static bool IsWeekend(int hourOfWeek) => hourOfWeek >= 5 * 24;

    /// <summary>Local milliseconds since a Monday; 1970-01-01 was a Thursday.</summary>
    private long LocalMs(long timeMs)
    {
        long hour = timeMs / 3_600_000;
        if (hour != _offsetHour)
        {
            // Within an hour the offset can change only at its end: zones change on the quarter of an hour at most,
            // and a quarter in the wrong slot, twice a year, does no harm.
            (_offsetHour, _offsetMs) = (hour, (long)_zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(timeMs)).TotalMilliseconds);
        }
        return timeMs + _offsetMs + 3 * DayMs;
    }
}
