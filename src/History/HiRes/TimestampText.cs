namespace CityBrain.History.HiRes;

/// <summary>
/// Reads timestamps as logs write them, as wall clock: 2024-04-15 12:00:00.100, also with T, slashes, without
/// seconds' fraction, with a zone (which is left off: the wall clock is what was written); 4/15/2024
/// 12:00:00.1
/// with or without AM/PM, month first unless only day first is possible; Unix seconds and milliseconds.
/// </summary>
public static class TimestampText
{
    private const long DayMs = 86_400_000;

    /// <summary>Reads a timestamp as ms since 1970-01-01 00:00 of the same clock.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long timeMs)
    {
        timeMs = 0;
        int p = 0;
        if (!Number(text, ref p, 1, 13, out long first))
        {
            return false;
        }

        if (p == text.Length || (p >= 9 && text[p] == (byte)'.'))
        {
            return Unix(text, p, first, out timeMs);
        }

        byte separator = text[p];
        if (separator is not ((byte)'-' or (byte)'/' or (byte)'.'))
        {
            return false;
        }

        p++;
        if (!Number(text, ref p, 1, 2, out long second) || p >= text.Length || text[p] != separator)
        {
            return false;
        }

        p++;
        if (!Number(text, ref p, 1, 4, out long third) || !Date(first, second, third, out long dayMs))
        {
            return false;
        }

        return p == text.Length ? Done(dayMs, out timeMs) : TimeOfDay(text, p, dayMs, out timeMs);
    }

    /// <summary>Reads a timestamp as ms since 1970-01-01 00:00 of the same clock.</summary>
    public static bool TryParse(string text, out long timeMs) =>
        TryParse(System.Text.Encoding.UTF8.GetBytes(text), out timeMs);

    /// <summary>
    /// Days since 1970-01-01 of a date of the Gregorian calendar, times a day's ms; false if none.
    /// </summary>
    internal static bool DateMs(long year, long month, long day, out long dayMs)
    {
        dayMs = 0;
        if (year is < 1970 or > 9999 || month is < 1 or > 12
            || day < 1 || day > DateTime.DaysInMonth((int)year, (int)month))
        {
            return false;
        }

        dayMs = (new DateTime((int)year, (int)month, (int)day).Ticks - DateTime.UnixEpoch.Ticks)
            / TimeSpan.TicksPerMillisecond;
        return true;
    }

    /// <summary>Reads digits after a point as ms; digits after the third are left off.</summary>
    internal static bool Fraction(ReadOnlySpan<byte> text, ref int p, out int ms)
    {
        ms = 0;
        int weight = 100;
        int start = p;
        for (; p < text.Length && (uint)(text[p] - '0') <= 9; p++)
        {
            ms += (text[p] - '0') * weight;
            weight /= 10;
        }

        return p > start;
    }

    private static bool Done(long value, out long timeMs)
    {
        timeMs = value;
        return true;
    }

    private static bool Unix(ReadOnlySpan<byte> text, int p, long whole, out long timeMs)
    {
        timeMs = whole;
        if (p is >= 12 and <= 13 && p == text.Length)
        {
            return true;
        }

        int ms = 0;
        if (p is < 9 or > 10 || (p < text.Length && (++p == text.Length || !Fraction(text, ref p, out ms))))
        {
            return false;
        }

        timeMs = (whole * 1000) + ms;
        return p == text.Length;
    }

    private static bool Date(long first, long second, long third, out long dayMs)
    {
        if (first >= 1000)
        {
            return DateMs(first, second, third, out dayMs);
        }

        long year = third < 100 ? third + 2000 : third;
        return DateMs(year, first, second, out dayMs) || DateMs(year, second, first, out dayMs);
    }

    private static bool TimeOfDay(ReadOnlySpan<byte> text, int p, long dayMs, out long timeMs)
    {
        timeMs = 0;
        if (text[p] is not ((byte)' ' or (byte)'T' or (byte)'t'))
        {
            return false;
        }

        p++;
        if (!Number(text, ref p, 1, 2, out long hour) || p >= text.Length || text[p++] != (byte)':'
            || !Number(text, ref p, 2, 2, out long minute))
        {
            return false;
        }

        long second = 0;
        int ms = 0;
        if (p < text.Length && text[p] == (byte)':')
        {
            p++;
            if (!Number(text, ref p, 2, 2, out second)
                || (p < text.Length && text[p] is (byte)'.' or (byte)','
                    && !PointAndFraction(text, ref p, out ms)))
            {
                return false;
            }
        }

        if (!Meridiem(text, ref p, ref hour) || !Zone(text, p) || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        timeMs = dayMs + (((((hour * 60) + minute) * 60) + second) * 1000) + ms;
        return true;
    }

    private static bool PointAndFraction(ReadOnlySpan<byte> text, ref int p, out int ms)
    {
        p++;
        return Fraction(text, ref p, out ms);
    }

    private static bool Meridiem(ReadOnlySpan<byte> text, ref int p, ref long hour)
    {
        int at = p < text.Length && text[p] == (byte)' ' ? p + 1 : p;
        if (at + 2 > text.Length || (text[at + 1] | 0x20) != 'm' || (text[at] | 0x20) is not ('a' or 'p'))
        {
            return true;
        }

        bool afternoon = (text[at] | 0x20) == 'p';
        if (hour is < 1 or > 12)
        {
            return false;
        }

        hour = (hour % 12) + (afternoon ? 12 : 0);
        p = at + 2;
        return true;
    }

    /// <summary>Nothing, Z, UTC or an offset.</summary>
    private static bool Zone(ReadOnlySpan<byte> text, int p)
    {
        ReadOnlySpan<byte> rest = text[p..].Trim((byte)' ');
        if (rest.IsEmpty || rest.SequenceEqual("Z"u8) || rest.SequenceEqual("UTC"u8))
        {
            return true;
        }

        return rest[0] is (byte)'+' or (byte)'-' && rest.Length is >= 3 and <= 6
            && rest[1..].IndexOfAnyExcept("0123456789:"u8) < 0;
    }

    private static bool Number(ReadOnlySpan<byte> text, ref int p, int least, int most, out long value)
    {
        value = 0;
        int start = p;
        while (p < text.Length && p - start < most && (uint)(text[p] - '0') <= 9)
        {
            value = (value * 10) + (text[p++] - '0');
        }

        return p - start >= least;
    }
}
