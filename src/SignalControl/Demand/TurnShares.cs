using CityBrain.Model;

namespace CityBrain.SignalControl.Demand;

/// <summary>
/// How the vehicles of a stop-line lane split over its movements: the engine's estimates scaled to a sum of one, equal
/// parts while nothing has been counted. A route is never known.
/// </summary>
public static class TurnShares
{
    /// <summary>Share of its lane's vehicles that take the movement, 0..1; the shares of a lane sum to 1.</summary>
    public static float Of(City city, TrafficState traffic, int movement)
    {
        int[] all = city.Lanes[city.Movements[movement].From].Movements;
        if (all.Length <= 1) return 1;
        float sum = 0;
        foreach (int m in all) sum += traffic.Movements[m].TurnShare;
        return sum > 0 ? traffic.Movements[movement].TurnShare / sum : 1f / all.Length;
    }
}
