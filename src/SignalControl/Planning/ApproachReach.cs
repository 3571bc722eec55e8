using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>A lane from which vehicles run to a row's stop line without crossing another signal.</summary>
/// <param name="Lane">Global lane index.</param>
/// <param name="OffsetM">Metres from its downstream end to the stop line.</param>
/// <param name="OffsetS">Seconds for that at free speed.</param>
/// <param name="Next">Position of the piece downstream of it, -1 for the stop-line lane.</param>
/// <param name="Fork">Position in <see cref="ApproachReach.Forks"/> of its way to that piece, -1 if there is no choice.</param>
public readonly record struct ReachPiece(int Lane, float OffsetM, float OffsetS, int Next, int Fork);

/// <summary>A neighbour's exit that feeds a row.</summary>
/// <param name="Piece">The piece that is that exit.</param>
/// <param name="From">The neighbouring intersection.</param>
/// <param name="ExitLane">Global lane index of the exit.</param>
/// <param name="TravelS">Seconds from entering it to the stop line at free speed.</param>
public readonly record struct Inlet(int Piece, int From, int ExitLane, float TravelS);

/// <summary>
/// For each row of an intersection, the pieces of road that lead to its stop line. Where a lane leads on to several,
/// the split is by measured flow.
/// </summary>
public sealed class ApproachReach
{
    private const int MostPieces = 48;
    private readonly City _city;
    private readonly List<int[]> _forks = [];

    public ApproachReach(City city, JunctionModel junction, PlannerSettings settings)
    {
        _city = city;
        Pieces = new ReachPiece[junction.LaneRows][];
        Inlets = new Inlet[junction.LaneRows][];
        SeenToS = new float[junction.LaneRows];
        for (int r = 0; r < junction.LaneRows; r++) Walk(r, junction, settings.ReachM);
        Forks = [.. _forks];
        Lanes = [.. Pieces.SelectMany(p => p).Select(p => p.Lane).Concat(Forks.SelectMany(f => f)).Distinct().Order()];
    }

    /// <summary>By row, nearest first; position 0 is the stop-line lane.</summary>
    public ReachPiece[][] Pieces { get; }
    /// <summary>By row.</summary>
    public Inlet[][] Inlets { get; }
    /// <summary>Seconds at free speed from the farthest point seen to the stop line, by row.</summary>
    public float[] SeenToS { get; }
    /// <summary>Lanes between which a lane's vehicles choose; the first is the one of the piece.</summary>
    public int[][] Forks { get; }
    /// <summary>All lanes whose flow is needed, each once.</summary>
    public int[] Lanes { get; }

    private void Walk(int row, JunctionModel junction, float reachM)
    {
        var pieces = new List<ReachPiece> { new(junction.Lane[row], 0, 0, -1, -1) };
        var inlets = new List<Inlet>();
        var met = new HashSet<int> { junction.Lane[row] };
        for (int i = 0; i < pieces.Count; i++)
        {
            ReachPiece p = pieces[i];
            Lane lane = _city.Lanes[p.Lane];
            float begin = p.OffsetM + (float)lane.Length.Value;
            float beginS = p.OffsetS + (float)(lane.Length.Value / lane.Limit.MetresPerSecond);
            SeenToS[row] = Math.Max(SeenToS[row], begin > reachM ? beginS * reachM / begin : beginS);
            foreach (int up in lane.Upstream)
            {
                Lane u = _city.Lanes[up];
                if (u.OnFoot) continue;
                if (u.BoxOf >= 0 && u.BoxOf != junction.Intersection.Index)
                    inlets.Add(new Inlet(i, u.BoxOf, p.Lane, beginS));
                if (begin >= reachM || u.Intersection >= 0 || u.BoxOf == junction.Intersection.Index) continue;
                if (pieces.Count < MostPieces && met.Add(up))
                    pieces.Add(new ReachPiece(up, begin, beginS, i, Fork(u, p.Lane)));
            }
        }
        Pieces[row] = [.. pieces];
        Inlets[row] = [.. inlets.DistinctBy(n => (n.From, n.ExitLane))];
    }

    /// <summary>The choice of a lane's vehicles; lanes beside a successor that nothing leads to are reached by a change of lane.</summary>
    private int Fork(Lane from, int to)
    {
        int[] ways = [to, .. from.Downstream
            .SelectMany(d => _city.Lanes[d].Beside.Where(b => _city.Lanes[b].Upstream.Length == 0).Prepend(d))
            .Where(d => d != to && !_city.Lanes[d].OnFoot).Distinct()];
        if (ways.Length == 1) return -1;
        _forks.Add(ways);
        return _forks.Count - 1;
    }
}
