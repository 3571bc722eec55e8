using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Intersections that are planned as one: those joined by links too short for a queue to stand on, as the crossings
/// of a divided road. Most units are a single intersection. A joint stage is one stage of each member.
/// </summary>
public sealed class PlanUnit
{
    private readonly int[] _weight;
    private readonly int[][] _shortestGreenS;

    public PlanUnit(params Intersection[] members)
    {
        Members = members;
        _weight = new int[members.Length];
        Stages = 1;
        FirstGroup = new int[members.Length + 1];
        for (int m = 0; m < members.Length; m++)
        {
            _weight[m] = Stages;
            Stages *= members[m].Stages.Length;
            FirstGroup[m + 1] = FirstGroup[m] + members[m].Groups.Length;
        }
        _shortestGreenS = [.. members.Select(ShortestGreens)];
    }

    /// <summary>In order of index.</summary>
    public Intersection[] Members { get; }
    /// <summary>Number of joint stages: the product of the members' stages.</summary>
    public int Stages { get; }
    /// <summary>Position of a member's first signal group among the unit's; one more at the end.</summary>
    public int[] FirstGroup { get; }

    /// <summary>The stage that a member shows in a joint stage.</summary>
    public int StageOf(int joint, int member) => joint / _weight[member] % Members[member].Stages.Length;

    /// <summary>The joint stage that differs from another in one member's stage.</summary>
    public int With(int joint, int member, int stage) => joint + (stage - StageOf(joint, member)) * _weight[member];

    /// <summary>The member that a signal group of the unit belongs to.</summary>
    public int MemberOf(int group)
    {
        int m = 0;
        while (group >= FirstGroup[m + 1]) m++;
        return m;
    }

    /// <summary>Position of an intersection among the members.</summary>
    public int MemberAt(int intersection)
    {
        int m = 0;
        while (Members[m].Index != intersection) m++;
        return m;
    }

    /// <summary>What a member does of a sequence of joint stages that begins in the present one.</summary>
    public StageSequence Own(StageSequence joint, int present, int member)
    {
        if (Members.Length == 1) return joint;
        int stage = StageOf(present, member);
        var own = default(StageSequence);
        for (int k = 0; k < joint.Count; k++)
        {
            int next = StageOf(joint[k].Stage, member);
            if (next != stage) own = own.With(joint[k].AfterS, next);
            stage = next;
        }
        return own;
    }

    /// <summary>Seconds that a member's stage lasts at least after another of its stages; at least one.</summary>
    public int ShortestGreenS(int member, int from, int to) =>
        _shortestGreenS[member][from * Members[member].Stages.Length + to];

    private static int[] ShortestGreens(Intersection at)
    {
        long Ms(Stage from, Stage to) => at.Groups
            .Where(g => to.Aspects[g.Index].IsGreen() && !from.Aspects[g.Index].IsGreen())
            .Select(g => g.ShortestGreen.Value).Append(1000).Max();
        return [.. at.Stages.SelectMany(from => at.Stages.Select(to => (int)((Ms(from, to) + 999) / 1000)))];
    }

    /// <summary>Members that a unit has at most: as many as bytes of the word that says when they are free.</summary>
    private const int MostMembers = 8;

    /// <summary>At second t, may all members change that differ in the two joint stages?</summary>
    public bool AreFree(int a, int b, ulong freeAt, int t)
    {
        for (int m = 0; m < Members.Length; m++)
            if (StageOf(a, m) != StageOf(b, m) && (byte)(freeAt >> (8 * m)) > t) return false;
        return true;
    }

    /// <summary>When the members are free again, a byte each, after a change from a to b whose greens begin at a second.</summary>
    public ulong FreeAt(int a, int b, ulong freeAt, int greenS)
    {
        for (int m = 0; m < Members.Length; m++)
        {
            int from = StageOf(a, m), to = StageOf(b, m);
            if (from == to) continue;
            int at = Math.Min(byte.MaxValue, greenS + ShortestGreenS(m, from, to));
            freeAt = (freeAt & ~(0xFFUL << (8 * m))) | ((ulong)at << (8 * m));
        }
        return freeAt;
    }

    /// <summary>May joint stage b follow joint stage a at every member?</summary>
    public bool MayFollow(int a, int b)
    {
        for (int m = 0; m < Members.Length; m++)
            if (!Members[m].Stages[StageOf(a, m)].MayBeFollowedBy[StageOf(b, m)]) return false;
        return true;
    }

    /// <summary>
    /// Divides a city: intersections of one district that a link shorter than <see cref="PlannerSettings.JointLinkM"/>
    /// leads between come together, shortest link first, as long as the unit stays small enough to be planned.
    /// </summary>
    public static PlanUnit[] Divide(City city, PlannerSettings settings)
    {
        int[] unit = [.. Enumerable.Range(0, city.Intersections.Length)];
        int[] stages = [.. city.Intersections.Select(i => i.Stages.Length)];
        int[] members = [.. unit.Select(_ => 1)];
        int[] lanes = [.. city.Intersections.Select(i => i.StopLineLanes.Length)];
        foreach ((int a, int b, _) in ShortLinks(city, settings.JointLinkM).OrderBy(l => l.LengthM).ThenBy(l => l))
        {
            int into = Math.Min(unit[a], unit[b]), from = Math.Max(unit[a], unit[b]);
            bool together = city.Intersections[a].District == city.Intersections[b].District
                && members[into] + members[from] <= MostMembers;
            if (into == from || !together || stages[into] * stages[from] > settings.MostJointStages
                || lanes[into] + lanes[from] > settings.MostJointLanes) continue;
            for (int i = 0; i < unit.Length; i++)
                if (unit[i] == from) unit[i] = into;
            stages[into] *= stages[from];
            lanes[into] += lanes[from];
            members[into] += members[from];
        }
        return [.. unit.Distinct().Order().Select(u => new PlanUnit([.. city.Intersections.Where(i => unit[i.Index] == u)]))];
    }

    /// <summary>The unit of each intersection, by dense index.</summary>
    public static int[] Of(City city, PlanUnit[] units)
    {
        var unitOf = new int[city.Intersections.Length];
        for (int u = 0; u < units.Length; u++)
            foreach (Intersection member in units[u].Members) unitOf[member.Index] = u;
        return unitOf;
    }

    private static IEnumerable<(int A, int B, float LengthM)> ShortLinks(City city, float mostM)
    {
        foreach (Intersection at in city.Intersections)
            foreach (int lane in at.StopLineLanes)
            {
                var way = new Stack<(int Lane, float BeforeM)>([(lane, 0f)]);
                while (way.TryPop(out (int Lane, float BeforeM) piece))
                {
                    float length = piece.BeforeM + (float)city.Lanes[piece.Lane].Length.Value;
                    if (length >= mostM) continue;
                    foreach (int up in city.Lanes[piece.Lane].Upstream)
                    {
                        Lane u = city.Lanes[up];
                        if (u.OnFoot) continue;
                        if (u.BoxOf >= 0 && u.BoxOf != at.Index) yield return (at.Index, u.BoxOf, length);
                        else if (u.BoxOf < 0 && u.Intersection < 0) way.Push((up, Math.Max(length, piece.BeforeM + 0.1f)));
                    }
                }
            }
    }
}
