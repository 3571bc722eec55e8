using CityBrain.Ingest;
using CityBrain.Telemetry;

namespace CityBrain.Host;

/// <summary>
/// Says in the log when readings come faster than the brain takes them, and when that is over: once each, however long it
/// lasts. Looks once a tick.
/// </summary>
internal sealed class OverloadWatch(LatestReadings latest, Log log)
{
    /// <summary>Without a replaced reading for so long it is over, milliseconds.</summary>
    private const int OverAfterMs = 3_000;

    private long _seen, _before, _beganMs = -1, _lastMs;

    /// <summary>True from the first replaced reading until none was for a while.</summary>
    public bool Overloaded => _beganMs >= 0;

    public void Look(long nowMs)
    {
        long replaced = latest.ReplacedInAll;
        if (replaced != _seen)
        {
            if (!Overloaded)
            {
                (_beganMs, _before) = (nowMs, _seen);
                log.Error("readings come faster than the brain takes them: of each sensor only the newest counts");
            }
            (_seen, _lastMs) = (replaced, nowMs);
        }
        else if (Overloaded && nowMs - _lastMs >= OverAfterMs)
        {
            log.Info("the brain keeps up with the readings again", ("replaced", replaced - _before),
                ("seconds", (_lastMs - _beganMs) / 1000));
            _beganMs = -1;
        }
    }
}
