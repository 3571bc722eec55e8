namespace CityBrain.Simulation;

/// <summary>Where trips go. Knows the network, not the traffic lights. Deterministic, and allocates nothing.</summary>
public interface IRouter
{
    /// <summary>Draws a destination for a trip that begins on an entry lane.</summary>
    int Destination(int entryLane, ref Model.SeededRandom random);

    /// <summary>Chooses one of the ways on from the end of a lane (at least two).</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="links">The ways on.</param>
    /// <param name="destination">What <see cref="Destination"/> gave.</param>
    /// <param name="vehiclesOnLane">By lane: vehicles on it now.</param>
    /// <param name="random">The vehicle's own random sequence, never zero.</param>
    int Choose(int lane, ReadOnlySpan<Link> links, int destination, ReadOnlySpan<int> vehiclesOnLane, ref uint random);
}
