using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>
/// Conflicts between the links of a signal, and who gives way, from the junctions' request matrices. A junction
/// numbers its links by incoming lane, then by connection, steps onto walking areas not counted; crossings come last (SUMO user documentation,
/// "Networks/SUMO Road Networks", Requests).
/// </summary>
internal sealed class SumoRightOfWay
{
    private readonly Dictionary<string, List<(int Link, SumoJunction Junction, int Request)>> _links =
        new(StringComparer.Ordinal);

    public SumoRightOfWay(SumoNetFile net)
    {
        var leadsTo = net.Edges.Where(e => e.To is not null)
            .GroupBy(e => e.Id, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.First().To!, StringComparer.Ordinal);
        var byLane = net.Connections.Where(c => !c.FromInside && !c.ToEdge.StartsWith(':'))
            .ToLookup(c => c.FromLane, StringComparer.Ordinal);
        ILookup<string, SumoConnection> crossings = net.Connections.Where(SumoCrossings.Starts)
            .ToLookup(c => SumoCrossings.JunctionOf(c.ToEdge), StringComparer.Ordinal);
        foreach (SumoJunction junction in net.Junctions.Where(j => j.Requests.Count > 0))
        {
            int request = 0;
            foreach (string lane in junction.IncomingLanes)
                foreach (SumoConnection c in byLane[lane])
                    if (leadsTo.GetValueOrDefault(c.FromEdge) == junction.Id) Place(c, junction, request++);
            foreach (SumoConnection c in crossings[junction.Id])
                Place(c, junction, request + SumoCrossings.NumberOf(c.ToEdge));
        }
    }

    /// <summary>Conflicting pairs of link indices of a signal: each pair once, or twice if both give way.</summary>
    public List<ConflictDescription> Conflicts(string signal)
    {
        var seen = new SortedSet<(int A, int B, int Yields)>();
        foreach (var a in _links.GetValueOrDefault(signal, []))
            foreach (var b in _links[signal])
            {
                if (a.Link == b.Link || a.Junction != b.Junction) continue;
                if (!a.Junction.Requests.TryGetValue(a.Request, out SumoRequest? row)) continue;
                if (!Bit(row.Foes, b.Request)) continue;
                (int low, int high) = a.Link < b.Link ? (a.Link, b.Link) : (b.Link, a.Link);
                seen.Add((low, high, Bit(row.Response, b.Request) ? a.Link : -1));
            }
        // A pair with a yielding side needs no entry without one.
        var yielding = seen.Where(c => c.Yields >= 0).Select(c => (c.A, c.B)).ToHashSet();
        return [.. seen.Where(c => c.Yields >= 0 || !yielding.Contains((c.A, c.B)))
            .Select(c => new ConflictDescription
            {
                A = Text(c.A), B = Text(c.B), Yields = c.Yields < 0 ? null : Text(c.Yields),
            })];
    }

    /// <summary>The junctions that a signal controls.</summary>
    public IEnumerable<SumoJunction> Junctions(string signal) =>
        _links.GetValueOrDefault(signal, []).Select(l => l.Junction).Distinct();

    private void Place(SumoConnection c, SumoJunction junction, int request)
    {
        if (c.Signal is null) return;
        if (!_links.TryGetValue(c.Signal, out var links)) _links[c.Signal] = links = [];
        links.Add((c.LinkIndex, junction, request));
    }

    private static bool Bit(string bits, int i) => i < bits.Length && bits[i] == '1';

    private static string Text(int link) => link.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Names of crossings: edge :JUNCTION_cN, reached from a walking area :JUNCTION_wN.</summary>
internal static class SumoCrossings
{
    /// <summary>The connection by which people on foot step onto a signalled crossing.</summary>
    public static bool Starts(SumoConnection c) => c.FromInside && IsCrossing(c.ToEdge);

    public static bool IsCrossing(string edge) => Mark(edge) > 0;

    /// <summary>The junction in the name of an edge inside it.</summary>
    public static string JunctionOf(string edge) => Mark(edge) is > 0 and int at ? edge[1..at] : "";

    public static int NumberOf(string edge) => int.Parse(edge.AsSpan(Mark(edge) + 2), CultureInfo.InvariantCulture);

    private static int Mark(string edge)
    {
        int at = edge.LastIndexOf("_c", StringComparison.Ordinal);
        bool isOne = edge.StartsWith(':') && at > 0 && at + 2 < edge.Length
            && edge.AsSpan(at + 2).IndexOfAnyExceptInRange('0', '9') < 0;
        return isOne ? at : -1;
    }
}
