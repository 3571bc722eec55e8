using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>How many vehicles left a zone downstream and came into it upstream between two pictures.</summary>
internal readonly record struct Passage(int Departed, int Arrived)
{
    private const float AccelerationMps2 = 3;
    private const float MarginM = 3;
    /// <summary>What an unexplained vehicle costs in metres of mismatch.</summary>
    private const float UnexplainedM = 8;
    private const int Pairs = 6;

    /// <summary>
    /// Vehicles of a lane keep their order, so the second picture is the first one without its first k vehicles, moved
    /// on, with new ones behind. The k that explains the second picture with the least mismatch of positions is taken.
    /// </summary>
    /// <param name="before">The earlier picture, nearest first.</param>
    /// <param name="now">The later picture.</param>
    /// <param name="seconds">Time between them.</param>
    /// <param name="fromM">Downstream end of the zone, metres from the lane's end.</param>
    /// <param name="toM">Upstream end of the zone.</param>
    public static Passage Between(ReadOnlySpan<VehicleSighting> before, ReadOnlySpan<VehicleSighting> now,
        float seconds, float fromM, float toM)
    {
        int best = 0;
        float least = float.MaxValue;
        for (int k = 0; k <= before.Length; k++)
        {
            if (k > 0 && !MayHaveLeft(before[k - 1], seconds, fromM)) break;
            float cost = Mismatch(before[k..], now, seconds, toM);
            if (cost >= least) continue;
            least = cost;
            best = k;
        }
        return new Passage(best, Math.Max(0, now.Length - (before.Length - best)));
    }

    /// <summary>Seconds after the first picture at which a vehicle passed the downstream end.</summary>
    public static float CrossingS(VehicleSighting vehicle, float seconds, float fromM)
    {
        float metres = Math.Max(0, vehicle.DistanceM - fromM);
        float speed = vehicle.SpeedMps, mean = Math.Max(1, speed + AccelerationMps2 / 4 * seconds);
        return Math.Min(seconds, metres / mean);
    }

    private static bool MayHaveLeft(VehicleSighting vehicle, float seconds, float fromM) =>
        vehicle.DistanceM - fromM
            <= (vehicle.SpeedMps + AccelerationMps2 * seconds / 2) * seconds + MarginM;

    private static float Mismatch(
        ReadOnlySpan<VehicleSighting> stayed, ReadOnlySpan<VehicleSighting> now, float seconds, float toM)
    {
        int both = Math.Min(stayed.Length, now.Length), pairs = Math.Min(both, Pairs);
        float sum = 0;
        for (int i = 0; i < pairs; i++)
        {
            float moved = (stayed[i].SpeedMps + now[i].SpeedMps) / 2 * seconds;
            sum += Math.Abs(stayed[i].DistanceM - moved - now[i].DistanceM);
        }
        sum += UnexplainedM * (stayed.Length - both);
        for (int i = both; i < now.Length; i++)
            if (now[i].DistanceM < toM - now[i].SpeedMps * seconds - 10) sum += UnexplainedM;
        return sum;
    }
}
