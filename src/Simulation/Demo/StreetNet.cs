using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>A place where streets meet.</summary>
internal sealed class Node(int index, Point at)
{
    public int Index { get; } = index;
    public Point At { get; } = at;
    /// <summary>Street ends that meet here, counter-clockwise.</summary>
    public List<Leg> Legs { get; } = [];
    /// <summary>From the middle to the stop lines, metres.</summary>
    public double RadiusM { get; set; }
}

/// <summary>A stretch of street between two nodes, or out of town or into a car park where a node is null.</summary>
internal sealed record Stretch(int Index, Street Street, List<Point> Line, Node? From, Node? To);

/// <summary>One end of a stretch at a node. Outward: the stretch's line leads away from the node.</summary>
internal sealed record Leg(Stretch Stretch, bool Outward)
{
    /// <summary>The unit vector that leads away from the node.</summary>
    public (double X, double Y) Away => Outward
        ? Curve.Direction(Stretch.Line[0], Curve.Along(Stretch.Line, 40))
        : Curve.Direction(Stretch.Line[^1], Curve.Along(Stretch.Line, Curve.Length(Stretch.Line) - 40));
}

/// <summary>The streets cut at their crossings.</summary>
internal sealed class StreetNet
{
    /// <summary>A tail shorter than this past the last crossing is only drawn to make the crossing.</summary>
    private const double ShortestTailM = 60;

    public List<Node> Nodes { get; } = [];
    public List<Stretch> Stretches { get; } = [];

    public StreetNet(IReadOnlyList<Street> streets)
    {
        List<Point>[] lines = [.. streets.Select(s => Curve.Through(s.Points, s.Closed))];
        var met = new List<(double At, Node Node)>[lines.Length];
        for (int i = 0; i < lines.Length; i++) met[i] = [];
        for (int i = 0; i < lines.Length; i++)
        {
            for (int k = i + 1; k < lines.Length; k++)
            {
                foreach ((double a, double b) in Curve.Crossings(lines[i], lines[k]))
                {
                    var node = new Node(Nodes.Count, Curve.Along(lines[i], a));
                    Nodes.Add(node);
                    met[i].Add((a, node));
                    met[k].Add((b, node));
                }
            }
        }
        for (int i = 0; i < lines.Length; i++)
        {
            met[i].Sort((x, y) => x.At.CompareTo(y.At));
            if (met[i].Count > 0) CutStreet(streets[i], lines[i], met[i]);
        }
        foreach (Node node in Nodes)
        {
            node.Legs.Sort((x, y) => CompareTurn(x.Away, y.Away));
            node.RadiusM = 8 + node.Legs.Max(l => l.Stretch.Street.WidthM) / 2;
        }
    }

    private void CutStreet(Street street, List<Point> line, List<(double At, Node Node)> met)
    {
        double length = Curve.Length(line);
        for (int k = 1; k < met.Count; k++)
            Add(street, Curve.Cut(line, met[k - 1].At, met[k].At), met[k - 1].Node, met[k].Node);
        (double first, double last) = (met[0].At, met[^1].At);
        if (street.Closed)
        {
            List<Point> around = [.. Curve.Cut(line, last, length), .. Curve.Cut(line, 0, first).Skip(1)];
            Add(street, around, met[^1].Node, met[0].Node);
            return;
        }
        if (first >= ShortestTailM) Add(street, Curve.Cut(line, 0, first), null, met[0].Node);
        if (length - last >= ShortestTailM) Add(street, Curve.Cut(line, last, length), met[^1].Node, null);
    }

    private void Add(Street street, List<Point> line, Node? from, Node? to)
    {
        var stretch = new Stretch(Stretches.Count, street, line, from, to);
        Stretches.Add(stretch);
        from?.Legs.Add(new Leg(stretch, true));
        to?.Legs.Add(new Leg(stretch, false));
    }

    /// <summary>Counter-clockwise from east, by half-plane and cross product.</summary>
    private static int CompareTurn((double X, double Y) a, (double X, double Y) b)
    {
        bool lowerA = a.Y < 0 || (a.Y == 0 && a.X < 0), lowerB = b.Y < 0 || (b.Y == 0 && b.X < 0);
        if (lowerA != lowerB) return lowerA ? 1 : -1;
        double cross = a.X * b.Y - a.Y * b.X;
        return cross > 0 ? -1 : cross < 0 ? 1 : 0;
    }
}
