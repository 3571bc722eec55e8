namespace CityBrain.Simulation;

/// <summary>
/// What the traffic has come to so far. Every trip counts once: entered = left + inside, and scheduled = entered +
/// waiting to enter + turned away.
/// </summary>
public sealed class TrafficFigures
{
    private readonly long[] _crossed;
    private double _lostOfLeftS;

    internal TrafficFigures(int movements) => _crossed = new long[movements];

    /// <summary>Trips that were to begin.</summary>
    public long Scheduled { get; internal set; }
    /// <summary>Trips on the road.</summary>
    public long Inside { get; internal set; }
    /// <summary>Trips that wait outside because their entry is full.</summary>
    public long WaitingToEnter { get; internal set; }
    /// <summary>Trips over.</summary>
    public long Arrived { get; private set; }
    /// <summary>Trips that found no place in the store; a larger capacity avoids them.</summary>
    public long TurnedAway { get; internal set; }
    /// <summary>Times a vehicle came to stand.</summary>
    public long Stops { get; internal set; }
    /// <summary>Vehicle seconds lost on the road against everybody's own free speed.</summary>
    public double LostS { get; internal set; }
    /// <summary>Vehicle seconds waited outside.</summary>
    public double WaitedToEnterS { get; internal set; }
    /// <summary>Vehicles that stand now.</summary>
    public int StandingNow { get; internal set; }
    /// <summary>The most that stood at one time.</summary>
    public int StandingMost { get; internal set; }
    /// <summary>Trips that entered the road.</summary>
    public long Entered => Scheduled - WaitingToEnter - TurnedAway;

    /// <summary>Seconds a scheduled trip has lost so far, on the road and before entering.</summary>
    public double MeanDelayS => Scheduled == 0 ? 0 : (LostS + WaitedToEnterS) / Scheduled;
    /// <summary>Stops a trip that entered.</summary>
    public double StopsPerTrip => Entered == 0 ? 0 : (double)Stops / Entered;
    /// <summary>Seconds lost on the road by a trip that is over.</summary>
    public double MeanDelayOfArrivedS => Arrived == 0 ? 0 : _lostOfLeftS / Arrived;

    /// <summary>Vehicles that have crossed the stop line by a movement (global index).</summary>
    public long CrossedBy(int movement) => _crossed[movement];

    internal void Crossed(int movement) => _crossed[movement]++;

    internal void Left(in Vehicle v)
    {
        Arrived++;
        Inside--;
        _lostOfLeftS += v.LostS;
    }
}
