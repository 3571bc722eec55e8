namespace CityBrain.Mqtt.Broker;

/// <summary>Lets a number of messages a second pass on average, and at most that number at once. Not thread-safe.</summary>
internal struct TokenBucket(int perSecond, long nowMs)
{
    private double _tokens = perSecond;
    private long _filledAtMs = nowMs;

    /// <summary>False when the rate is exceeded. A rate of 0 is no limit.</summary>
    public bool TryTake(long nowMs)
    {
        if (perSecond == 0)
        {
            return true;
        }

        _tokens = Math.Min(perSecond, _tokens + ((nowMs - _filledAtMs) * (perSecond / 1000.0)));
        _filledAtMs = nowMs;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
