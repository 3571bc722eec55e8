using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>The city at one instant, for the curves.</summary>
public readonly record struct CitySample(
    long TimeMs, float Vehicles, float Stopped, float SpeedMps, float FlowVph, float DelayRate, float QueueM,
    float LongestWaitS, int Fallback);

/// <summary>City totals over time: a sample every ten seconds of data time, a day of them at most.</summary>
internal sealed class CityLog
{
    public const int StepMs = 10_000, Kept = 8640;

    private readonly CitySample[] _samples = new CitySample[Kept];
    private int _count;

    public void Note(CityFrame frame)
    {
        if (_count > 0)
        {
            long since = frame.TimeMs - _samples[(_count - 1) % Kept].TimeMs;
            if (since is >= 0 and < StepMs) return;
            if (since < 0) _count = 0;
        }
        CityTotals t = frame.Totals;
        _samples[_count++ % Kept] = new CitySample(frame.TimeMs, t.Vehicles, t.Stopped, t.SpeedMps, t.FlowVph,
            t.DelayRate, t.QueueM, t.LongestWaitS, t.Fallback + t.Faulty);
    }

    /// <summary>The newest samples, oldest first, at most <paramref name="most"/>.</summary>
    public CitySample[] Last(int most)
    {
        int first = Math.Max(0, _count - Math.Min(most, Kept));
        var result = new CitySample[_count - first];
        for (int i = 0; i < result.Length; i++) result[i] = _samples[(first + i) % Kept];
        return result;
    }

    /// <summary>At most so many of the samples, at even distances; the newest is always among them.</summary>
    public static CitySample[] Thin(CitySample[] samples, int points)
    {
        if (samples.Length <= points) return samples;
        var result = new CitySample[points];
        for (int i = 0; i < points; i++) result[i] = samples[(int)((long)i * (samples.Length - 1) / (points - 1))];
        return result;
    }
}
