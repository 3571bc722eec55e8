namespace CityBrain.Mqtt.Client;

/// <summary>
/// Delays between attempts: doubling from a minimum to a maximum, each drawn from the upper half of its range, so that
/// a thousand clients of a restarted broker do not come back in the same instant ("equal jitter", M. Brooker,
/// "Exponential Backoff And Jitter", 2015).
/// </summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    private int _failures;

    /// <summary>The delay before the next attempt.</summary>
    public TimeSpan Next()
    {
        double ceiling = Math.Min(max.TotalMilliseconds, min.TotalMilliseconds * Math.Pow(2, _failures));
        _failures = Math.Min(_failures + 1, 30);
        return TimeSpan.FromMilliseconds(ceiling * (0.5 + (0.5 * random.NextDouble())));
    }

    /// <summary>An attempt succeeded: begin from the minimum again.</summary>
    public void Reset() => _failures = 0;
}
