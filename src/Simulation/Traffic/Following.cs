namespace CityBrain.Simulation;

/// <summary>
/// Car following after Krauss ("Microscopic modeling of traffic flow", 1998): the highest speed from which one can
/// still stop behind a leader who brakes as hard as oneself, with a reaction time of one second, which is also the
/// step. Free of collisions by construction; only + - * / and square root.
/// </summary>
internal static class Following
{
    /// <summary>Gap kept to a standing leader, metres.</summary>
    public const float StandingGapM = 2.2f;

    /// <summary>Share of the acceleration by which a driver may fall short of the best speed.</summary>
    public const float Imperfection = 0.3f;

    /// <summary>Speed (m/s) that is safe at a gap (m) behind a leader's speed (m/s), braking at b (m/s2).</summary>
    public static float SafeSpeed(float gapM, float leaderMps, float b)
    {
        if (gapM <= 0) return 0;
        return MathF.Sqrt(b * b + leaderMps * leaderMps + 2 * b * gapM) - b;
    }

    /// <summary>Highest speed at which one may be this far from a place to be passed at a lower speed.</summary>
    public static float ApproachSpeed(float distanceM, float limitMps, float b) =>
        MathF.Sqrt(limitMps * limitMps + 2 * b * distanceM);

    /// <summary>The next of a vehicle's random numbers, uniform in [0, 1) (xorshift32, Marsaglia 2003).</summary>
    public static float NextShare(ref uint state)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return (state >> 8) * (1f / (1 << 24));
    }
}
