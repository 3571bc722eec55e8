using CityBrain.Model;

namespace CityBrain.SignalControl.Demand;

/// <summary>
/// How the vehicles of a stop-line lane split over its movements: the engine's estimates as far as something was
/// counted, beyond that the usual: most go straight on, few turn round. A route is never known.
/// </summary>
public static class TurnShares
{
    /// <summary>Share of its lane's vehicles that take the movement, 0..1; the shares of a lane sum to 1.</summary>
    public static float Of(City city, TrafficState traffic, int movement)
    {
        int[] all = city.Lanes[city.Movements[movement].From].Movements;
        if (all.Length <= 1) return 1;
        float usual = 0, sum = 0;
        foreach (int m in all) usual += Usual(city.Movements[m].Turn);
        foreach (int m in all) sum += Blend(city, traffic, m, usual);
        return Blend(city, traffic, movement, usual) / sum;
    }

    private static float Blend(City city, TrafficState traffic, int movement, float usualSum)
    {
        ref readonly MovementState m = ref traffic.Movements[movement];
        float usual = Usual(city.Movements[movement].Turn) / usualSum;
        return usual + m.ShareConfidence * (m.TurnShare - usual);
    }

    /// <summary>Weights of turns before anything was counted; never 0.</summary>
    private static float Usual(Turn turn) => turn switch
    {
        Turn.Straight => 6,
        Turn.UTurn => 0.1f,
        _ => 2,
    };
}
