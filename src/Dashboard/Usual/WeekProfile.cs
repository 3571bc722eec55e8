using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>What the usual values rest on.</summary>
public enum UsualBasis : byte
{
    /// <summary>This hour has never been seen: nothing is usual yet.</summary>
    None = 0,
    /// <summary>The same hour on other days of the same kind, working days or weekends.</summary>
    SameKindOfDay = 1,
    /// <summary>The same hour of earlier weeks.</summary>
    SameHourOfWeek = 2,
}

/// <summary>
/// The usual week: for each of its 168 hours the mean delay and speed of each lane, and for each of its 672 quarters
/// of an hour the city's totals. An hour counts when 25 minutes of it were seen; it moves the mean by 1/n, and
/// from the fifth week on by a fifth, so that the profile follows the city as it changes.
/// </summary>
internal sealed class WeekProfile
{
    public const int CityFields = 6;
    private const float LeastShare = 0.2f;
    private const double LeastHourMs = 25 * 60_000, LeastQuarterMs = 7.5 * 60_000;

    private readonly Sum[] _lanes;
    private readonly double[] _city = new double[CityFields];
    private double _hourMs, _quarterMs;
    private int _hour = -1, _quarter = -1;

    public WeekProfile(int lanes)
    {
        Delay = new float[WeekClock.HoursOfWeek * lanes];
        Speed = new float[WeekClock.HoursOfWeek * lanes];
        Lanes = lanes;
        _lanes = new Sum[lanes];
    }

    public int Lanes { get; }
    /// <summary>Vehicles' worth of delay on lane l in hour h of the week at [h * Lanes + l], see <see cref="LaneDelay"/>.</summary>
    public float[] Delay { get; }
    /// <summary>Mean speed over vehicles, m/s; 0 where nobody was seen.</summary>
    public float[] Speed { get; }
    /// <summary>Times each hour was learnt.</summary>
    public ushort[] HourCount { get; } = new ushort[WeekClock.HoursOfWeek];
    /// <summary>Totals of quarter q at [q * CityFields ..]: stopped, delay rate, flow, speed, queue, longest wait.</summary>
    public float[] City { get; } = new float[WeekClock.QuartersOfWeek * CityFields];
    public ushort[] QuarterCount { get; } = new ushort[WeekClock.QuartersOfWeek];

    private struct Sum { public double Delay, Vehicles, SpeedVehicles; }

    /// <summary>Vehicles' worth of time lost on a lane: each vehicle in view counts 1 - speed / limit.</summary>
    public static float LaneDelay(in LaneState s, float limitMps) =>
        s.Vehicles <= 0 || limitMps <= 0 ? 0 : s.Vehicles * Math.Clamp(1 - s.SpeedMps / limitMps, 0, 1);

    /// <summary>Takes note of a frame that stands for some milliseconds; true when an hour has been learnt.</summary>
    public bool Note(City city, CityFrame frame, int hour, int quarter, long spanMs)
    {
        bool learnt = false;
        if (hour != _hour)
        {
            learnt = FoldHour();
            _hour = hour;
        }
        if (quarter != _quarter)
        {
            FoldQuarter();
            _quarter = quarter;
        }
        _hourMs += spanMs;
        _quarterMs += spanMs;
        for (int l = 0; l < Lanes; l++)
        {
            ref readonly LaneState s = ref frame.Lanes[l];
            if (s.Vehicles <= 0) continue;
            ref Sum sum = ref _lanes[l];
            sum.Delay += spanMs * LaneDelay(s, (float)city.Lanes[l].Limit.MetresPerSecond);
            sum.Vehicles += spanMs * s.Vehicles;
            sum.SpeedVehicles += spanMs * s.Vehicles * s.SpeedMps;
        }
        CityTotals t = frame.Totals;
        ReadOnlySpan<float> totals = [t.Stopped, t.DelayRate, t.FlowVph, t.SpeedMps, t.QueueM, t.LongestWaitS];
        for (int f = 0; f < CityFields; f++) _city[f] += spanMs * (double)totals[f];
        return learnt;
    }

    /// <summary>Forgets what was gathered of the present hour, as after a jump of the clock.</summary>
    public void Restart()
    {
        (_hour, _quarter, _hourMs, _quarterMs) = (-1, -1, 0, 0);
        Array.Clear(_lanes);
        Array.Clear(_city);
    }

    private bool FoldHour()
    {
        bool enough = _hour >= 0 && _hourMs >= LeastHourMs;
        if (enough)
        {
            float share = Math.Max(LeastShare, 1f / (HourCount[_hour] + 1));
            for (int l = 0; l < Lanes; l++)
            {
                Move(ref Delay[_hour * Lanes + l], (float)(_lanes[l].Delay / _hourMs), share);
                ref float speed = ref Speed[_hour * Lanes + l];
                if (_lanes[l].Vehicles <= 0) continue;
                float seen = (float)(_lanes[l].SpeedVehicles / _lanes[l].Vehicles);
                if (speed <= 0) speed = seen;
                else Move(ref speed, seen, share);
            }
            if (HourCount[_hour] < ushort.MaxValue) HourCount[_hour]++;
        }
        Array.Clear(_lanes);
        _hourMs = 0;
        return enough;
    }

    private void FoldQuarter()
    {
        if (_quarter >= 0 && _quarterMs >= LeastQuarterMs)
        {
            float share = Math.Max(LeastShare, 1f / (QuarterCount[_quarter] + 1));
            for (int f = 0; f < CityFields; f++)
                Move(ref City[_quarter * CityFields + f], (float)(_city[f] / _quarterMs), share);
            if (QuarterCount[_quarter] < ushort.MaxValue) QuarterCount[_quarter]++;
        }
        Array.Clear(_city);
        _quarterMs = 0;
    }

    private static void Move(ref float mean, float seen, float share) => mean += (seen - mean) * share;
}
