using CityBrain.Model;

namespace CityBrain.Archiving;

/// <summary>Means over the ticks of a minute; a speed is weighted by vehicles and no number without one.</summary>
internal readonly record struct LaneMinute(
    long BeginMs, int Lane, int Ticks, double Vehicles, double Stopped, double QueueM, double SpeedMps, double FlowVph);

/// <summary>Takes a lane's minute.</summary>
internal delegate void LaneMinuteTaker(in LaneMinute minute);

/// <summary>Adds up the state of every lane that was ever seen, minute by minute.</summary>
internal sealed class LaneMinutes(City city)
{
    private const long MinuteMs = 60_000;

    private readonly Sums[] _sums = new Sums[city.Lanes.Length];
    private long _beginMs = long.MinValue;

    public void Tick(TrafficState traffic, LaneMinuteTaker take)
    {
        long begin = traffic.NowMs - (traffic.NowMs % MinuteMs);
        if (begin != _beginMs) Close(take);
        _beginMs = begin;
        for (int lane = 0; lane < _sums.Length; lane++)
        {
            ref readonly LaneState state = ref traffic.Lanes[lane];
            if (state.SeenMs > 0 || state.FlowVph > 0) _sums[lane].Add(state);
        }
    }

    /// <summary>Hands on the minute that is over.</summary>
    private void Close(LaneMinuteTaker take)
    {
        for (int lane = 0; lane < _sums.Length; lane++)
        {
            ref Sums s = ref _sums[lane];
            if (s.Ticks == 0) continue;
            double n = s.Ticks;
            double speed = s.Vehicles > 0 ? s.Speed / s.Vehicles : double.NaN;
            take(new LaneMinute(_beginMs, lane, s.Ticks, s.Vehicles / n, s.Stopped / n, s.QueueM / n, speed, s.Flow / n));
            s = default;
        }
    }

    private struct Sums
    {
        public int Ticks;
        public double Vehicles, Stopped, QueueM, Speed, Flow;

        public void Add(in LaneState state)
        {
            Ticks++;
            Vehicles += state.Vehicles;
            Stopped += state.Stopped;
            QueueM += state.QueueTailM;
            Speed += (double)state.SpeedMps * state.Vehicles;
            Flow += state.FlowVph;
        }
    }
}
