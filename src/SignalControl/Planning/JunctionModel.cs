using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>One way out of a row: a movement of the city, and where it goes.</summary>
/// <param name="Movement">Global movement index.</param>
/// <param name="Group">Signal group of the unit.</param>
/// <param name="Exit">Position in <see cref="JunctionModel.ExitLane"/>, -1 on foot.</param>
/// <param name="Opposing">Pairs of row and link in that row which this movement gives way to.</param>
public sealed record RowLink(int Movement, int Group, int Exit, (int Row, int Link)[] Opposing);

/// <summary>
/// What never changes about planning one unit. Each stop-line lane is a row of the discharge model, then
/// each pedestrian group, then the vehicles of a lane that give way inside the junction box; rows
/// are padded to <see cref="Width"/>, a multiple of sixteen, for vector arithmetic.
/// </summary>
public sealed class JunctionModel
{
    private readonly SignalGroup[] _groups;
    private readonly Movement[] _movements;
    private readonly Aspect[] _aspects;

    public JunctionModel(City city, PlanUnit unit)
    {
        Unit = unit;
        _groups = [.. unit.Members.SelectMany(i => i.Groups)];
        _movements = [.. unit.Members.SelectMany(i => i.Movements).Where(m => m.Turn != Turn.Crossing)];
        Stages = unit.Stages;
        _aspects = new Aspect[Stages * _groups.Length];
        for (int s = 0; s < Stages; s++)
            for (int m = 0; m < unit.Members.Length; m++)
                unit.Members[m].Stages[unit.StageOf(s, m)].Aspects.CopyTo(
                    _aspects, s * _groups.Length + unit.FirstGroup[m]);
        int[] lanes = [.. unit.Members.SelectMany(i => i.StopLineLanes).Where(l => !city.Lanes[l].OnFoot)];
        int[] walkers = [.. Enumerable.Range(0, _groups.Length).Where(g => _groups[g].Kind == GroupKind.Pedestrian)];
        LaneRows = lanes.Length;
        FirstBoxRow = lanes.Length + walkers.Length;
        BoxSource = [.. Enumerable.Range(0, LaneRows).Where(r => GivesWay(lanes[r]))];
        Rows = FirstBoxRow + BoxSource.Length;
        Width = (Rows + 15) / 16 * 16;
        Lane = [.. lanes, .. walkers.Select(_ => -1), .. BoxSource.Select(_ => -1)];
        WalkGroup = [.. lanes.Select(_ => -1), .. walkers, .. BoxSource.Select(_ => -1)];
        ExitLane = [.. _movements.Select(m => m.To).Distinct()];
        Links = MakeLinks(city, lanes, walkers);
        ChangeS = new int[Stages * Stages];
        MinGreenS = new int[Stages * Stages];
        MayFollow = new bool[Stages * Stages];
        Both = new float[Stages * Stages * Width];
        for (int a = 0; a < Stages; a++)
            for (int b = 0; b < Stages; b++) DescribeChange(a, b);
    }

    /// <summary>The intersection, or those that are planned as one.</summary>
    public PlanUnit Unit { get; }
    /// <summary>Rows that are lanes; the rows after them are pedestrian groups.</summary>
    public int LaneRows { get; }
    /// <summary>First of the rows for vehicles that wait in the junction box.</summary>
    public int FirstBoxRow { get; }
    /// <summary>The lane's row that such a row's vehicles come from, at [row - FirstBoxRow].</summary>
    public int[] BoxSource { get; }
    public int Rows { get; }
    public int Width { get; }
    /// <summary>Global lane index by row, -1 where the row is no lane.</summary>
    public int[] Lane { get; }
    /// <summary>Pedestrian group of the unit by row, -1 where the row has none.</summary>
    public int[] WalkGroup { get; }
    public RowLink[][] Links { get; }
    /// <summary>Global lane indices of the exits.</summary>
    public int[] ExitLane { get; }
    /// <summary>Position of a lane among the exits, -1 where it is none.</summary>
    public int ExitAt(int lane) => Array.IndexOf(ExitLane, lane);
    public int Stages { get; }
    /// <summary>Seconds from the end of stage a to the begin of stage b, at [a * Stages + b]; 0 if nothing ends.</summary>
    public int[] ChangeS { get; }
    /// <summary>May stage b follow stage a? At [a * Stages + b].</summary>
    public bool[] MayFollow { get; }
    /// <summary>Seconds that stage b must last after stage a.</summary>
    public int[] MinGreenS { get; }
    /// <summary>1 where a row keeps a green through the change from a to b, at [(a * Stages + b) * Width + row].</summary>
    public float[] Both { get; }

    public Aspect AspectOf(int stage, in RowLink link) => _aspects[stage * _groups.Length + link.Group];

    private RowLink[][] MakeLinks(City city, int[] lanes, int[] walkers)
    {
        Movement[][] byRow = [.. lanes.Select(l => intersectionMovements(l))];
        Movement[] intersectionMovements(int lane) => [.. _movements.Where(m => m.From == lane)];
        int First(Movement m) => Unit.FirstGroup[Array.FindIndex(Unit.Members, i => i.Index == m.Intersection)];
        (int, int)[] Opposing(Movement m) => [.. m.YieldsTo
            .Select(y => city.Movements[y])
            .Where(y => y.From != m.From)
            .Select(y => (Row: Array.IndexOf(lanes, y.From), y))
            .Where(p => p.Row >= 0)
            .Select(p => (p.Row, Array.FindIndex(byRow[p.Row], x => x.Index == p.y.Index)))];
        RowLink[] LinksOf(Movement[] movements) => [.. movements.Select(m =>
            new RowLink(m.Index, First(m) + m.Group, Array.IndexOf(ExitLane, m.To), Opposing(m)))];
        return [
            .. byRow.Select(LinksOf),
            .. walkers.Select(g => new[] { new RowLink(-1, g, -1, []) }),
            .. BoxSource.Select(r => LinksOf(byRow[r])),
        ];
    }

    private bool GivesWay(int lane) => _movements.Any(m => m.From == lane && m.YieldsTo.Length > 0
        && Unit.Members.First(i => i.Index == m.Intersection).Stages.Any(s => s.Aspects[m.Group] == Aspect.GreenYield));

    private void DescribeChange(int a, int b)
    {
        int groups = _groups.Length;
        ReadOnlySpan<Aspect> from = _aspects.AsSpan(a * groups, groups), to = _aspects.AsSpan(b * groups, groups);
        long changeMs = 0;
        int minS = 1;
        for (int m = 0; m < Unit.Members.Length; m++)
            minS = Math.Max(minS, Unit.ShortestGreenS(m, Unit.StageOf(a, m), Unit.StageOf(b, m)));
        for (int g = 0; g < from.Length; g++)
        {
            if (!from[g].IsGreen() || to[g].IsGreen()) continue;
            changeMs = Math.Max(changeMs, _groups[g].Yellow.Value);
            for (int h = 0; h < to.Length; h++)
                if (to[h].IsGreen() && !from[h].IsGreen())
                    changeMs = Math.Max(changeMs, IntergreenMs(g, h));
        }
        MayFollow[a * Stages + b] = Unit.MayFollow(a, b);
        ChangeS[a * Stages + b] = (int)((changeMs + 999) / 1000);
        MinGreenS[a * Stages + b] = minS;
        for (int r = 0; r < Rows; r++)
            foreach (RowLink link in Links[r])
                if (from[link.Group].IsGreen() && to[link.Group].IsGreen())
                    Both[(a * Stages + b) * Width + r] = 1;
    }

    private int IntergreenMs(int ending, int starting)
    {
        int m = Unit.MemberOf(ending), first = Unit.FirstGroup[m];
        return m == Unit.MemberOf(starting) ? Unit.Members[m].Intergreens.Ms(ending - first, starting - first) : 0;
    }
}
