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
/// <param name="From">The neighbouring unit.</param>
/// <param name="ExitLane">Global lane index of the exit.</param>
/// <param name="TravelS">Seconds from entering it to the stop line at free speed.</param>
public readonly record struct Inlet(int Piece, int From, int ExitLane, float TravelS);

/// <summary>A way from an exit of a unit to a row of the same unit.</summary>
/// <param name="Exit">Position in <see cref="JunctionModel.ExitLane"/>.</param>
/// <param name="Row">The row it leads to.</param>
/// <param name="Piece">The row's piece that is that exit.</param>
/// <param name="Inner">Position of the row in <see cref="ApproachReach.InnerRows"/>.</param>
public readonly record struct InnerLink(int Exit, int Row, int Piece, int Inner);

/// <summary>A row that is fed by rows of the same unit.</summary>
/// <param name="Row">The row.</param>
/// <param name="Slot">Where a state of the queue model keeps those under way to it.</param>
/// <param name="DelayS">Seconds under way, from the stop line upstream at free speed.</param>
/// <param name="Storage">Vehicles that can stand on it.</param>
/// <param name="InRing">It is one of a ring of such rows, which locks when all want to go on round it.</param>
public readonly record struct InnerRow(int Row, int Slot, int DelayS, float Storage, bool InRing);

/// <summary>
/// For each row of an intersection, the pieces of road that lead to its stop line. Where a lane leads on to several,
/// the split is by measured flow.
/// </summary>
public sealed class ApproachReach
{
    /// <summary>Pieces of a row, at most.</summary>
    public const int MostPieces = 48;
    private readonly City _city;
    private readonly List<int[]> _forks = [];
    private readonly int[] _unitOf;
    private readonly int _unit;
    private readonly bool _joint;

    /// <param name="city">The city.</param>
    /// <param name="junction">The unit whose approaches are followed.</param>
    /// <param name="unitOf">The unit of each intersection.</param>
    /// <param name="settings">How far.</param>
    public ApproachReach(City city, JunctionModel junction, int[] unitOf, PlannerSettings settings)
    {
        _city = city;
        _unitOf = unitOf;
        _unit = unitOf[junction.Unit.Members[0].Index];
        _joint = junction.Unit.Members.Length > 1;
        Pieces = new ReachPiece[junction.LaneRows][];
        Inlets = new Inlet[junction.LaneRows][];
        SeenToS = new float[junction.LaneRows];
        for (int r = 0; r < junction.LaneRows; r++) Walk(r, junction, settings.ReachM);
        Inner = [.. Pieces.SelectMany((pieces, r) => pieces.Select((p, at) =>
            (Exit: Array.IndexOf(junction.ExitLane, p.Lane), Row: r, Piece: at)))
            .Where(l => _joint && l.Exit >= 0).Select(l => new InnerLink(l.Exit, l.Row, l.Piece, -1))];
        InnerRows = [.. Inner.Select(l => l.Row).Distinct().Select(r => MakeInner(junction, r, settings.JamSpacingM))];
        Inner = [.. Inner.Select(l => l with { Inner = Array.FindIndex(InnerRows, r => r.Row == l.Row) })];
        IsInner = [.. junction.ExitLane.Select((_, e) => Inner.Any(l => l.Exit == e))];
        IsFed = [.. Enumerable.Range(0, junction.LaneRows).Select(r => InnerRows.Any(n => n.Row == r))];
        MaySee = Allowed(junction);
        Forks = [.. _forks];
        Lanes = [.. Pieces.SelectMany(p => p).Select(p => p.Lane).Concat(Forks.SelectMany(f => f)).Distinct().Order()];
    }

    /// <summary>By row, nearest first; position 0 is the stop-line lane.</summary>
    public ReachPiece[][] Pieces { get; }
    /// <summary>By row.</summary>
    public Inlet[][] Inlets { get; }
    /// <summary>Seconds at free speed from the farthest point seen to the stop line, by row.</summary>
    public float[] SeenToS { get; }
    /// <summary>Ways within a unit of several intersections.</summary>
    public InnerLink[] Inner { get; }
    /// <summary>By exit: does it lead to a stop line of the same unit?</summary>
    public bool[] IsInner { get; }
    /// <summary>By row: do rows of the same unit lead to it?</summary>
    public bool[] IsFed { get; }
    /// <summary>Those rows, in the order of their slots.</summary>
    public InnerRow[] InnerRows { get; }
    /// <summary>Numbers that a state keeps for those under way to all of them, for each of its two queues.</summary>
    public int Slots => _slots;
    /// <summary>
    /// By stage: may it be chosen? Not if it lets vehicles in before the red stop line of a ring, which is how such a ring
    /// fills up, or of a link that is too short for a vehicle, which would stand in the box.
    /// </summary>
    public bool[] MaySee { get; }
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
                bool own = u.BoxOf >= 0 && _unitOf[u.BoxOf] == _unit;
                if (u.BoxOf >= 0 && !own) inlets.Add(new Inlet(i, _unitOf[u.BoxOf], p.Lane, beginS));
                if (begin >= reachM || u.Intersection >= 0 || (own && !_joint)) continue;
                if (pieces.Count < MostPieces && met.Add(up))
                    pieces.Add(new ReachPiece(up, begin, beginS, i, Fork(u, p.Lane)));
            }
        }
        Pieces[row] = [.. pieces];
        Inlets[row] = [.. inlets.DistinctBy(n => (n.From, n.ExitLane))];
    }

    /// <summary>The gap before a standing vehicle, which it need not keep to a stop line, metres.</summary>
    private const float GapM = 2.5f;
    private const int MostDelayS = 6;

    private int _slots;

    /// <summary>By the row's nearest link: how many can stand between, and how long it takes to get there.</summary>
    private InnerRow MakeInner(JunctionModel junction, int row, float spacingM)
    {
        ReachPiece piece = Pieces[row][Inner.First(l => l.Row == row).Piece];
        Lane lane = _city.Lanes[piece.Lane];
        float length = piece.OffsetM + (float)lane.Length.Value, free = (float)lane.Limit.MetresPerSecond;
        float boxM = junction.Unit.Members.SelectMany(i => i.Movements).Where(m => m.To == piece.Lane)
            .Average(m => m.Via.Sum(v => (float)_city.Lanes[v].Length.Value));
        int delay = Math.Clamp((int)MathF.Round((boxM + length) / free), 1, MostDelayS), slot = _slots;
        _slots += delay;
        return new InnerRow(
            row, slot, delay, MathF.Floor((length + GapM) / spacingM), Leads(junction, row, row, []));
    }

    /// <summary>Does a row lead to another, within the unit and over at least one inner link?</summary>
    private bool Leads(JunctionModel junction, int from, int to, HashSet<int> met) => Inner
        .Where(l => junction.Links[from].Any(k => k.Exit == l.Exit))
        .Any(l => l.Row == to || (met.Add(l.Row) && Leads(junction, l.Row, to, met)));

    /// <summary>
    /// The stages that let nobody in where he would stand in the way. Where a member could not show one of its stages
    /// then, those with it that do so on the fewest links.
    /// </summary>
    private bool[] Allowed(JunctionModel junction)
    {
        PlanUnit unit = junction.Unit;
        int[] traps = [.. Enumerable.Range(0, junction.Stages).Select(s => Inner.Count(l => Traps(junction, s, l)))];
        bool[] allowed = [.. traps.Select(n => n == 0)];
        for (int m = 0; m < unit.Members.Length; m++)
            for (int own = 0; own < unit.Members[m].Stages.Length; own++)
            {
                int[] with = [.. Enumerable.Range(0, unit.Stages).Where(s => unit.StageOf(s, m) == own)];
                int fewest = with.Min(s => traps[s]);
                foreach (int s in with.Where(s => traps[s] == fewest)) allowed[s] = true;
            }
        return allowed;
    }

    /// <summary>
    /// Does a stage let vehicles onto a link before a red stop line, from outside onto one of a ring, or from anywhere
    /// onto one that is too short for a vehicle?
    /// </summary>
    private bool Traps(JunctionModel junction, int stage, in InnerLink link)
    {
        bool holdsNobody = InnerRows[link.Inner].Storage < 1;
        if ((!InnerRows[link.Inner].InRing && !holdsNobody) || Open(link.Row, -1)) return false;
        for (int r = 0; r < junction.LaneRows; r++)
            if ((holdsNobody || !InnerRows.Any(n => n.Row == r && n.InRing)) && Open(r, link.Exit)) return true;
        return false;

        bool Open(int row, int exit) =>
            junction.Links[row].Any(k => (exit < 0 || k.Exit == exit) && junction.AspectOf(stage, k).IsGreen());
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
