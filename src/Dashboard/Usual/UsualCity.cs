using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>How a lane's delay stands to what is usual at this hour.</summary>
public enum Unusual : byte
{
    /// <summary>Nothing is known of this hour.</summary>
    Unknown = 0,
    /// <summary>As usual, or less.</summary>
    Usual = 1,
    /// <summary>At least half more than usual, and one vehicle's worth.</summary>
    More = 2,
    /// <summary>At least two and a half times the usual, and three vehicles' worth more.</summary>
    MuchMore = 3,
}

/// <summary>
/// Compares the present, as the mean of the last five minutes, with the usual week, and teaches that week. Used
/// under the live feed's gate only.
/// </summary>
internal sealed class UsualCity
{
    private const long SmoothMs = 300_000;
    /// <summary>A pause longer than this is a gap in the data, not a slow frame.</summary>
    private const long LongestSpanMs = 60_000;

    private readonly City _city;
    private readonly WeekClock _clock;
    private readonly WeekProfile _profile;
    private readonly string? _file;
    private readonly Action<string>? _log;
    private readonly float[] _now, _usualDelay, _usualSpeed;
    private readonly bool[] _watched;
    private long _lastMs, _seenMs;
    private int _hour = -1;

    public UsualCity(DashboardOptions options)
    {
        _city = options.City;
        _clock = new WeekClock(options.TimeZone);
        int lanes = _city.Lanes.Length;
        _profile = new WeekProfile(lanes);
        (_now, _usualDelay, _usualSpeed, _watched) = (new float[lanes], new float[lanes], new float[lanes], new bool[lanes]);
        foreach (Lane lane in _city.Lanes) _watched[lane.Index] = lane is { Kind: LaneKind.Road, OnFoot: false };
        _log = options.Log;
        _file = options.DataFolder is { } folder ? Path.Combine(folder, "usual.bin") : null;
        if (_file is null || !File.Exists(_file)) return;
        if (ProfileFile.Read(_file, _city, _profile) is not { } why) return;
        _log?.Invoke($"The usual week in {_file} is not used: {why}. It is kept as {_file}.old, and learning begins anew.");
        File.Move(_file, _file + ".old", overwrite: true);
        _profile = new WeekProfile(lanes);
    }

    public UsualBasis Basis { get; private set; }
    /// <summary>Days or weeks behind the basis.</summary>
    public int Count { get; private set; }
    /// <summary>Hours of the week that have been learnt, of 168.</summary>
    public int HoursKnown => _profile.HourCount.Count(n => n > 0);

    /// <summary>Takes note of a frame.</summary>
    public void Note(CityFrame frame)
    {
        long span = frame.TimeMs - _lastMs;
        bool first = _lastMs == 0;
        _lastMs = frame.TimeMs;
        int hour = _clock.HourOf(frame.TimeMs);
        if (first || span is <= 0 or > LongestSpanMs)
        {
            _profile.Restart();
            span = 0;
        }
        // A plain mean until five minutes have been seen; from then on the old fades.
        _seenMs = Math.Min(SmoothMs, _seenMs + span);
        bool learnt = _profile.Note(_city, frame, hour, _clock.QuarterOf(frame.TimeMs), span);
        if (hour != _hour || learnt) Recall(hour);
        float share = _seenMs == 0 ? 1 : (float)span / _seenMs;
        for (int l = 0; l < _now.Length; l++)
            if (_watched[l])
                _now[l] += (WeekProfile.LaneDelay(frame.Lanes[l], (float)_city.Lanes[l].Limit.MetresPerSecond) - _now[l]) * share;
        if (learnt) Save();
    }

    /// <summary>The delay of the last five minutes against the usual one.</summary>
    public Unusual Judge(int lane)
    {
        if (Basis == UsualBasis.None || !_watched[lane]) return Unusual.Unknown;
        float now = _now[lane], usual = _usualDelay[lane];
        if (now >= 2.5f * usual && now >= usual + 3) return Unusual.MuchMore;
        return now >= 1.5f * usual && now >= usual + 1 ? Unusual.More : Unusual.Usual;
    }

    /// <summary>Vehicles' worth of delay on an intersection's approaches: the last five minutes', and the usual (-1: unknown).</summary>
    public (float Now, float Usual) DelayOf(Intersection place)
    {
        float now = 0, usual = 0;
        foreach (int lane in place.StopLineLanes)
        {
            now += _now[lane];
            usual += _usualDelay[lane];
        }
        return (now, Basis == UsualBasis.None ? -1 : usual);
    }

    /// <summary>The usual speed of each lane at this hour, m/s; 0 where nothing is known.</summary>
    public float[] Speeds() => [.. _usualSpeed];

    /// <summary>The city's usual totals in a quarter of an hour, or null.</summary>
    public CitySample? At(long timeMs)
    {
        int quarter = _clock.QuarterOf(timeMs);
        Span<float> sum = stackalloc float[WeekProfile.CityFields];
        int count = 0;
        int day = quarter / WeekClock.QuartersOfDay, of = quarter % WeekClock.QuartersOfDay;
        if (_profile.QuarterCount[quarter] > 0) count = Add(quarter, sum);
        else
            for (int d = 0; d < 7; d++)
                if (WeekClock.IsWeekend(d * 24) == WeekClock.IsWeekend(day * 24)) count += Add(d * WeekClock.QuartersOfDay + of, sum);
        if (count == 0) return null;
        foreach (ref float value in sum) value /= count;
        return new CitySample(timeMs, 0, sum[0], sum[3], sum[2], sum[1], sum[4], sum[5], 0);
    }

    /// <summary>The usual day around an instant, a sample each quarter of an hour; those unknown are left out.</summary>
    public CitySample[] Day(long timeMs)
    {
        long begin = _clock.DayBeginMs(timeMs);
        return [.. Enumerable.Range(0, WeekClock.QuartersOfDay).Select(q => At(begin + q * 900_000L)).OfType<CitySample>()];
    }

    /// <summary>Writes the profile to its file, if it has one.</summary>
    public void Save()
    {
        if (_file is null) return;
        try
        {
            ProfileFile.Write(_file, _city, _profile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log?.Invoke($"The usual week could not be written to {_file}: {e.Message}");
        }
    }

    private int Add(int quarter, Span<float> sum)
    {
        if (_profile.QuarterCount[quarter] == 0) return 0;
        for (int f = 0; f < sum.Length; f++) sum[f] += _profile.City[quarter * WeekProfile.CityFields + f];
        return 1;
    }

    /// <summary>Brings the usual values of an hour to mind: its own, else the mean of that hour on days of the same kind.</summary>
    private void Recall(int hour)
    {
        _hour = hour;
        int[] from = _profile.HourCount[hour] > 0
            ? [hour]
            : [.. Enumerable.Range(0, 7).Select(d => d * 24 + hour % 24)
                .Where(h => WeekClock.IsWeekend(h) == WeekClock.IsWeekend(hour) && _profile.HourCount[h] > 0)];
        Basis = from.Length == 0 ? UsualBasis.None : from[0] == hour ? UsualBasis.SameHourOfWeek : UsualBasis.SameKindOfDay;
        Count = Basis == UsualBasis.SameHourOfWeek ? _profile.HourCount[hour] : from.Length;
        Array.Clear(_usualDelay);
        Array.Clear(_usualSpeed);
        for (int l = 0; l < _now.Length; l++)
        {
            int withSpeed = 0;
            foreach (int h in from)
            {
                _usualDelay[l] += _profile.Delay[h * _now.Length + l] / from.Length;
                float speed = _profile.Speed[h * _now.Length + l];
                if (speed <= 0) continue;
                withSpeed++;
                _usualSpeed[l] += speed;
            }
            if (withSpeed > 0) _usualSpeed[l] /= withSpeed;
        }
    }
}
