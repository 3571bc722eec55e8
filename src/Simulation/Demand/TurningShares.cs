using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// Trips without a destination: at every fork the next way is drawn by its share. Fits any city, also one
/// made from another simulator's network, and counts from the street.
/// </summary>
public sealed class TurningShares : IRouter
{
    private readonly float[] _share;

    /// <summary>Shares by movement (global index); they need not sum to one. Null: all ways alike.</summary>
    public TurningShares(City city, ReadOnlySpan<float> shareOfMovement = default)
    {
        _share = new float[city.Movements.Length];
        if (shareOfMovement.IsEmpty) Array.Fill(_share, 1);
        else shareOfMovement.CopyTo(_share);
    }

    public int Destination(int entryLane, ref SeededRandom random) => -1;

    public int Choose(
        int lane, ReadOnlySpan<Link> links, int destination, ReadOnlySpan<int> vehiclesOnLane, ref uint random)
    {
        float sum = 0;
        foreach (Link link in links) sum += Share(link, vehiclesOnLane);
        float draw = Following.NextShare(ref random) * sum;
        for (int i = 0; i < links.Length; i++)
        {
            draw -= Share(links[i], vehiclesOnLane);
            if (draw < 0) return i;
        }
        return 0;
    }

    /// <summary>A signalled way has its share; between others the emptier lane is the likelier one.</summary>
    private float Share(Link link, ReadOnlySpan<int> vehiclesOnLane) =>
        link.Movement >= 0 ? _share[link.Movement] : 1f / (1 + vehiclesOnLane[link.Next]);
}
