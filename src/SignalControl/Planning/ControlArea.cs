using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Intersections of one district that roads join: what lies between their signals is inside, and fills up; a
/// row that no signal leads to is an entry.
/// </summary>
public sealed class ControlArea
{
    /// <summary>A lane inside an area, and how much of it the sensors at its stop line see.</summary>
    /// <param name="Lane">Global lane index.</param>
    /// <param name="SeenM">Metres of it within reach, from its downstream end.</param>
    public readonly record struct AreaLane(int Lane, float SeenM);

    private ControlArea(AreaLane[] lanes) => Lanes = lanes;

    /// <summary>Each lane once.</summary>
    public AreaLane[] Lanes { get; }

    /// <summary>
    /// Divides a city, or one district of it, into areas. The area of each unit, -1 for those of other
    /// districts and those that stand alone, and by unit and row whether it is an entry.
    /// </summary>
    public static ControlArea[] Divide(City city, PlannerSettings settings, JunctionModel[] junctions,
        ApproachReach[] reaches, int[] unitOf, int district, out int[] areaOf, out bool[][] isEntry)
    {
        int[][][] feeders = [.. junctions.Select(j => Enumerable.Range(0, j.LaneRows)
            .Select(r => Feeders(city, j.Lane[r], unitOf)).ToArray())];
        int[] group = [.. Enumerable.Range(0, junctions.Length)];
        for (int u = 0; u < junctions.Length; u++)
            foreach (int from in feeders[u].SelectMany(f => f))
                if (IsMine(u) && IsMine(from) && group[u] != group[from]) Join(group, group[u], group[from]);
        int[] groups = [.. group.GroupBy(g => g).Where(g => g.Count() > 1).Select(g => g.Key)];
        areaOf = [.. group.Select(g => Array.IndexOf(groups, g))];
        isEntry = [.. feeders.Select(rows => rows.Select(f => f.Length == 0).ToArray())];
        bool[][] entries = isEntry;
        return [.. groups.Select(g => new ControlArea([.. Enumerable.Range(0, junctions.Length)
            .Where(u => group[u] == g)
            .SelectMany(u => reaches[u].Pieces.Where((_, r) => !entries[u][r])).SelectMany(p => p)
            .Where(p => p.OffsetM < settings.ReachM)
            .GroupBy(p => p.Lane, (lane, p) => Seen(city, settings, lane, p.Min(x => x.OffsetM)))]))];

        bool IsMine(int u) => district < 0 || junctions[u].Unit.Members[0].District == district;
    }

    private static AreaLane Seen(City city, PlannerSettings settings, int lane, float offsetM) =>
        new(lane, Math.Min(settings.ReachM - offsetM, (float)city.Lanes[lane].Length.Value));

    private static void Join(int[] group, int a, int b)
    {
        for (int u = 0; u < group.Length; u++)
            if (group[u] == a || group[u] == b) group[u] = Math.Min(a, b);
    }

    /// <summary>
    /// The units from whose signals vehicles come to a lane without passing another one, however far.
    /// </summary>
    private static int[] Feeders(City city, int lane, int[] unitOf)
    {
        var met = new HashSet<int> { lane };
        var ahead = new Stack<int>([lane]);
        var from = new SortedSet<int>();
        while (ahead.TryPop(out int at))
            foreach (int up in city.Lanes[at].Upstream)
            {
                Lane u = city.Lanes[up];
                if (u.BoxOf >= 0) from.Add(unitOf[u.BoxOf]);
                else if (!u.OnFoot && met.Add(up)) ahead.Push(up);
            }
        return [.. from];
    }
}
