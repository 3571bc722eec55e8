using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>A way over a junction, from one leg to another.</summary>
internal readonly record struct Way(int From, int To, Turn Turn);

/// <summary>
/// Which turns a junction has and which of them cross. Legs are numbered counter-clockwise and traffic keeps to
/// the right, so around the junction each leg's exit comes just before its entry: exit of leg i at 2i, entry at
/// 2i + 1. Two ways cross when their ends lie alternately on that circle.
/// </summary>
internal sealed class Junction
{
    private readonly Node _node;

    public Junction(Node node)
    {
        _node = node;
        Count = node.Legs.Count;
        if (Count is not (3 or 4))
            throw new InvalidOperationException($"node {node.Index} at {node.At} has {Count} legs");
        Stem = Count == 3 ? FindStem() : -1;
        for (int from = 0; from < Count; from++)
            for (int step = 1; step < Count; step++)
                Ways.Add(new Way(from, (from + step) % Count, TurnOf(from, step)));
    }

    public int Count { get; }
    /// <summary>The leg that ends at the junction where there are three; -1 where there are four.</summary>
    public int Stem { get; }
    public List<Way> Ways { get; } = [];

    public Street Street(int leg) => _node.Legs[leg].Stretch.Street;

    /// <summary>The leg straight ahead of one, or -1.</summary>
    public int Opposite(int leg)
    {
        if (Count == 4) return (leg + 2) % 4;
        return leg == Stem ? -1 : 3 - leg - Stem;
    }

    public bool Has(int leg, Turn turn) => Ways.Any(w => w.From == leg && w.Turn == turn);

    public bool Cross(Way a, Way b)
    {
        if (a.From == b.From) return false;
        if (a.To == b.To) return true;
        int low = Math.Min(2 * a.From + 1, 2 * a.To), high = Math.Max(2 * a.From + 1, 2 * a.To);
        return Within(2 * b.From + 1) != Within(2 * b.To);

        bool Within(int place) => place > low && place < high;
    }

    private Turn TurnOf(int from, int step)
    {
        if (Opposite(from) == (from + step) % Count) return Turn.Straight;
        return step == 1 ? Turn.Right : step == Count - 1 ? Turn.Left : Turn.Straight;
    }

    /// <summary>Of three legs, the one that is left when the straightest pair is taken; one street's pair first.</summary>
    private int FindStem()
    {
        int stem = 0;
        double best = double.MaxValue;
        for (int s = 0; s < 3; s++)
        {
            Leg a = _node.Legs[(s + 1) % 3], b = _node.Legs[(s + 2) % 3];
            double straight = a.Away.X * b.Away.X + a.Away.Y * b.Away.Y;
            if (a.Stretch.Street == b.Stretch.Street) straight -= 2;
            if (straight >= best) continue;
            best = straight;
            stem = s;
        }
        return stem;
    }
}
