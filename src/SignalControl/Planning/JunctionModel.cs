using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>One way out of a row: a movement of the city, and where it goes.</summary>
/// <param name="Movement">Global movement index.</param>
/// <param name="Group">Signal group at the intersection.</param>
/// <param name="Exit">Position in <see cref="JunctionModel.ExitLane"/>, -1 on foot.</param>
/// <param name="Opposing">Pairs of row and link in that row which this movement gives way to.</param>
public sealed record RowLink(int Movement, int Group, int Exit, (int Row, int Link)[] Opposing);

/// <summary>
/// What never changes about planning one intersection. Each stop-line lane is a row of the discharge model, then
/// each pedestrian group, then the vehicles of a lane that give way inside the junction box; rows
/// are padded to <see cref="Width"/>, a multiple of sixteen, for vector arithmetic.
/// </summary>
public sealed class JunctionModel
{
    public JunctionModel(City city, Intersection intersection)
    {
        Intersection = intersection;
        int[] lanes = [.. intersection.StopLineLanes.Where(l => !city.Lanes[l].OnFoot)];
        int[] walkers = [.. intersection.Groups.Where(g => g.Kind == GroupKind.Pedestrian).Select(g => g.Index)];
        LaneRows = lanes.Length;
        FirstBoxRow = lanes.Length + walkers.Length;
        BoxSource = [.. Enumerable.Range(0, LaneRows).Where(r => GivesWay(intersection, lanes[r]))];
        Rows = FirstBoxRow + BoxSource.Length;
        Width = (Rows + 15) / 16 * 16;
        Lane = [.. lanes, .. walkers.Select(_ => -1), .. BoxSource.Select(_ => -1)];
        WalkGroup = [.. lanes.Select(_ => -1), .. walkers, .. BoxSource.Select(_ => -1)];
        ExitLane = [.. intersection.Movements.Where(m => m.Turn != Turn.Crossing).Select(m => m.To).Distinct()];
        Links = MakeLinks(city, lanes, walkers);
        Stages = intersection.Stages.Length;
        ChangeS = new int[Stages * Stages];
        MinGreenS = new int[Stages * Stages];
        Both = new float[Stages * Stages * Width];
        for (int a = 0; a < Stages; a++)
            for (int b = 0; b < Stages; b++) DescribeChange(a, b);
    }

    public Intersection Intersection { get; }
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
    /// <summary>Pedestrian group by row, -1 where the row has none.</summary>
    public int[] WalkGroup { get; }
    public RowLink[][] Links { get; }
    /// <summary>Global lane indices of the exits.</summary>
    public int[] ExitLane { get; }
    public int Stages { get; }
    /// <summary>Seconds from the end of stage a to the begin of stage b, at [a * Stages + b]; 0 if nothing ends.</summary>
    public int[] ChangeS { get; }
    /// <summary>Seconds that stage b must last after stage a.</summary>
    public int[] MinGreenS { get; }
    /// <summary>1 where a row keeps a green through the change from a to b, at [(a * Stages + b) * Width + row].</summary>
    public float[] Both { get; }

    public Aspect AspectOf(int stage, in RowLink link) => Intersection.Stages[stage].Aspects[link.Group];

    private RowLink[][] MakeLinks(City city, int[] lanes, int[] walkers)
    {
        Movement[][] byRow = [.. lanes.Select(l => intersectionMovements(l))];
        Movement[] intersectionMovements(int lane) =>
            [.. Intersection.Movements.Where(m => m.From == lane && m.Turn != Turn.Crossing)];
        (int, int)[] Opposing(Movement m) => [.. m.YieldsTo
            .Select(y => city.Movements[y])
            .Where(y => y.From != m.From)
            .Select(y => (Row: Array.IndexOf(lanes, y.From), y))
            .Where(p => p.Row >= 0)
            .Select(p => (p.Row, Array.FindIndex(byRow[p.Row], x => x.Index == p.y.Index)))];
        RowLink[] LinksOf(Movement[] movements) => [.. movements.Select(m =>
            new RowLink(m.Index, m.Group, Array.IndexOf(ExitLane, m.To), Opposing(m)))];
        return [
            .. byRow.Select(LinksOf),
            .. walkers.Select(g => new[] { new RowLink(-1, g, -1, []) }),
            .. BoxSource.Select(r => LinksOf(byRow[r])),
        ];
    }

    private static bool GivesWay(Intersection at, int lane) => at.Movements.Any(m =>
        m.From == lane && m.Turn != Turn.Crossing && m.YieldsTo.Length > 0
        && at.Stages.Any(s => s.Aspects[m.Group] == Aspect.GreenYield));

    private void DescribeChange(int a, int b)
    {
        Aspect[] from = Intersection.Stages[a].Aspects, to = Intersection.Stages[b].Aspects;
        long changeMs = 0, minMs = 1000;
        for (int g = 0; g < from.Length; g++)
        {
            SignalGroup group = Intersection.Groups[g];
            if (to[g].IsGreen() && !from[g].IsGreen()) minMs = Math.Max(minMs, group.ShortestGreen.Value);
            if (!from[g].IsGreen() || to[g].IsGreen()) continue;
            changeMs = Math.Max(changeMs, group.Yellow.Value);
            for (int h = 0; h < to.Length; h++)
                if (to[h].IsGreen() && !from[h].IsGreen())
                    changeMs = Math.Max(changeMs, Intersection.Intergreens.Ms(g, h));
        }
        ChangeS[a * Stages + b] = (int)((changeMs + 999) / 1000);
        MinGreenS[a * Stages + b] = (int)((minMs + 999) / 1000);
        for (int r = 0; r < Rows; r++)
            foreach (RowLink link in Links[r])
                if (from[link.Group].IsGreen() && to[link.Group].IsGreen())
                    Both[(a * Stages + b) * Width + r] = 1;
    }
}
