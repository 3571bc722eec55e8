namespace CityBrain.Model;

public sealed partial class CityBuilder
{
    private Intersection? BuildIntersection(int index, List<Movement> all, Lane[] lanes)
    {
        IntersectionDescription d = _city.Intersections[index];
        string place = $"intersections[{index}]";
        int errorsBefore = _errors.Count;
        if (!_districts.TryGetValue(d.District, out int district))
            Error($"{place}.district", $"no district '{d.District}'");
        if (d.Groups.Count == 0) Error($"{place}.groups", "is empty");
        var groups = new Dictionary<string, int>(StringComparer.Ordinal);
        IndexIds(d.Groups.Select(g => g.Id), groups, $"{place}.groups");
        SignalGroup[] signalGroups = [.. d.Groups.Select((g, i) => Group(g, i, $"{place}.groups[{i}]"))];
        Movement[] movements = Movements(d, place, index, all.Count, groups);
        Stage[] stages = Stages(d, place, signalGroups.Length);
        Programme? programme = Programme(d, place, stages);
        if (_errors.Count > errorsBefore) return null;

        ConflictMatrix conflicts = Conflicts(d, place, groups, stages, programme);
        CheckStages(place, stages, conflicts, signalGroups.Length);
        IntergreenMatrix intergreens = Intergreens(d, place, groups, signalGroups, conflicts);
        CheckLimits(d.Limits, $"{place}.limits");
        LinkMovements(movements, conflicts, lanes, index);
        all.AddRange(movements);
        int[] stopLine = [.. movements.Where(m => m.Turn != Turn.Crossing).Select(m => m.From).Distinct()];
        return new Intersection
        {
            Index = index,
            Id = d.Id,
            Name = d.Name ?? d.Id,
            District = district,
            Position = new Point(d.X, d.Y),
            Groups = signalGroups,
            Movements = movements,
            Approaches = Approaches(stopLine, lanes),
            Stages = stages,
            Conflicts = conflicts,
            Intergreens = intergreens,
            Programme = programme,
            Limits = new Limits(Millis.FromSeconds(d.Limits.MaxGreenS),
                Millis.FromSeconds(d.Limits.MaxWaitS), Millis.FromSeconds(d.Limits.FallbackS)),
            StopLineLanes = stopLine,
            ExitLanes = [.. movements.Where(m => m.Turn != Turn.Crossing).Select(m => m.To).Distinct()],
            BoxLanes = [.. movements.SelectMany(m => m.Via).Distinct()],
        };
    }

    private SignalGroup Group(SignalGroupDescription g, int i, string place)
    {
        if (!(g.MinGreenS >= 0)) Error($"{place}.minGreenS", "is 0 or more");
        if (!(g.YellowS >= 0)) Error($"{place}.yellowS", "is 0 or more");
        if (!(g.WalkS >= 0)) Error($"{place}.walkS", "is 0 or more");
        if (!(g.ClearanceS >= 0)) Error($"{place}.clearanceS", "is 0 or more");
        return new SignalGroup(i, g.Id, g.Kind, Millis.FromSeconds(g.MinGreenS), Millis.FromSeconds(g.YellowS),
            Millis.FromSeconds(g.WalkS), Millis.FromSeconds(g.ClearanceS));
    }

    private Movement[] Movements(
        IntersectionDescription d, string place, int intersection, int first, Dictionary<string, int> groups)
    {
        IndexIds(d.Movements.Select(m => m.Id), new(StringComparer.Ordinal), $"{place}.movements");
        var result = new List<Movement>();
        for (int i = 0; i < d.Movements.Count; i++)
        {
            MovementDescription m = d.Movements[i];
            string at = $"{place}.movements[{i}]";
            int group = Find(groups, m.Group, $"{at}.group", "group");
            int from = Find(_lanes, m.From, $"{at}.from", "lane");
            int to = Find(_lanes, m.To, $"{at}.to", "lane");
            int[] via = [.. m.Via.Select((v, k) => Find(_lanes, v, $"{at}.via[{k}]", "lane"))];
            result.Add(new Movement
            {
                Index = first + i, Id = m.Id, Intersection = intersection, Group = group,
                From = from, To = to, Via = via, Turn = m.Turn,
            });
        }
        return [.. result];
    }

    private int Find(Dictionary<string, int> ids, string id, string place, string kind)
    {
        if (ids.TryGetValue(id, out int index)) return index;
        Error(place, $"no {kind} '{id}'");
        return -1;
    }

    private Stage[] Stages(IntersectionDescription d, string place, int groups)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        IndexIds(d.Stages.Select(s => s.Id), ids, $"{place}.stages");
        if (d.Stages.Count == 0) Error($"{place}.stages", "is empty");
        bool[][]? byRings = RingOrder.MayFollow(d, (where, message) => Error($"{place}.{where}", message));
        var result = new Stage[d.Stages.Count];
        for (int i = 0; i < result.Length; i++)
        {
            StageDescription s = d.Stages[i];
            string at = $"{place}.stages[{i}]";
            bool[] next = byRings?[i] ?? new bool[result.Length];
            if (byRings is null && s.Next.Count == 0) Array.Fill(next, true);
            foreach (string id in s.Next)
            {
                int k = Find(ids, id, $"{at}.next", "stage");
                if (k >= 0) next[k] = true;
            }
            next[i] = true;
            result[i] = new Stage
            {
                Index = i, Id = s.Id, Aspects = ReadAspects(s.Aspects, groups, $"{at}.aspects"),
                MayBeFollowedBy = next,
            };
        }
        return result;
    }

    private const double LongestIntervalS = 86_400;

    private Programme? Programme(IntersectionDescription d, string place, Stage[] stages)
    {
        if (d.Programme is not { } p) return null;
        if (p.Intervals.Count == 0) Error($"{place}.programme.intervals", "is empty");
        var intervals = new Interval[p.Intervals.Count];
        for (int i = 0; i < intervals.Length; i++)
        {
            IntervalDescription v = p.Intervals[i];
            string at = $"{place}.programme.intervals[{i}]";
            Positive($"{at}.durationS", v.DurationS);
            if (v.DurationS > LongestIntervalS) Error($"{at}.durationS", $"is longer than a day, {LongestIntervalS:0} s");
            int stage = v.Stage is null ? -1 : Array.FindIndex(stages, s => s.Id == v.Stage);
            if (v.Stage is not null && stage < 0) Error($"{at}.stage", $"no stage '{v.Stage}'");
            Aspect[] aspects = ReadAspects(v.Aspects, d.Groups.Count, $"{at}.aspects");
            intervals[i] = new Interval(aspects, Millis.FromSeconds(Math.Min(v.DurationS, LongestIntervalS)), stage);
        }
        return new Programme
        {
            Id = p.Id,
            Offset = Millis.FromSeconds(p.OffsetS),
            Intervals = intervals,
            Cycle = new Millis(intervals.Sum(v => v.Duration.Value)),
        };
    }

    private Aspect[] ReadAspects(string letters, int groups, string place)
    {
        Aspect[]? aspects = Aspects.Parse(letters);
        if (aspects is null) Error(place, $"'{letters}' has a letter other than r u y g G s o O");
        else if (aspects.Length != groups) Error(place, $"has {aspects.Length} letters for {groups} groups");
        return aspects ?? new Aspect[groups];
    }

    private ConflictMatrix Conflicts(IntersectionDescription d, string place, Dictionary<string, int> groups,
        Stage[] stages, Programme? programme)
    {
        var matrix = new ConflictMatrix(d.Groups.Count);
        for (int i = 0; i < d.Conflicts.Count; i++)
        {
            ConflictDescription c = d.Conflicts[i];
            string at = $"{place}.conflicts[{i}]";
            int a = Find(groups, c.A, $"{at}.a", "group"), b = Find(groups, c.B, $"{at}.b", "group");
            if (a < 0 || b < 0) continue;
            if (a == b) Error(at, $"group '{c.A}' conflicts with itself");
            if (c.Yields is not null && c.Yields != c.A && c.Yields != c.B)
                Error($"{at}.yields", $"'{c.Yields}' is neither '{c.A}' nor '{c.B}'");
            matrix.Set(a, b, c.Yields == c.A, c.Yields == c.B);
        }
        // What the source's own programme shows is the measure of what may be shown together.
        IEnumerable<Aspect[]> shown = programme is null
            ? stages.Select(s => s.Aspects)
            : programme.Intervals.Select(v => v.Aspects);
        foreach (Aspect[] aspects in shown) MarkShown(matrix, aspects);
        return matrix;
    }

    private static void MarkShown(ConflictMatrix matrix, Aspect[] aspects)
    {
        for (int a = 0; a < aspects.Length; a++)
            for (int b = a + 1; b < aspects.Length; b++)
                if (aspects[a].IsGreen() && aspects[b].IsGreen() && matrix.Conflicts(a, b))
                    matrix.Shown(a, b, aspects[a] == Aspect.Green && aspects[b] == Aspect.Green);
    }

    private void CheckStages(string place, Stage[] stages, ConflictMatrix conflicts, int groups)
    {
        foreach (Stage stage in stages)
        {
            if (stage.Aspects.Any(a => a is Aspect.Yellow or Aspect.RedYellow))
                Error($"{place}.stages[{stage.Index}].aspects", "a stage shows no yellow");
            for (int a = 0; a < groups; a++)
                for (int b = a + 1; b < groups; b++)
                    if (!conflicts.Compatible(a, stage.Aspects[a], b, stage.Aspects[b]))
                        Error($"{place}.stages[{stage.Index}].aspects",
                            $"groups {a} and {b} conflict and the programme never shows both green");
        }
    }

    private IntergreenMatrix Intergreens(IntersectionDescription d, string place,
        Dictionary<string, int> groups, SignalGroup[] signalGroups, ConflictMatrix conflicts)
    {
        var matrix = new IntergreenMatrix(signalGroups.Length);
        for (int a = 0; a < signalGroups.Length; a++)
            for (int b = 0; b < signalGroups.Length; b++)
                if (conflicts.Conflicts(a, b)) matrix.Set(a, b, (int)signalGroups[a].Yellow.Value);
        for (int i = 0; i < d.Intergreens.Count; i++)
        {
            IntergreenDescription g = d.Intergreens[i];
            string at = $"{place}.intergreens[{i}]";
            int a = Find(groups, g.Ending, $"{at}.ending", "group");
            int b = Find(groups, g.Starting, $"{at}.starting", "group");
            if (a < 0 || b < 0) continue;
            int ms = (int)Millis.FromSeconds(g.Seconds).Value;
            if (ms < signalGroups[a].Yellow.Value)
                Error($"{at}.seconds", $"is shorter than the yellow of group '{g.Ending}'");
            matrix.Set(a, b, ms);
        }
        return matrix;
    }

    private void CheckLimits(LimitsDescription limits, string place)
    {
        Positive($"{place}.maxGreenS", limits.MaxGreenS);
        Positive($"{place}.maxWaitS", limits.MaxWaitS);
        Positive($"{place}.fallbackS", limits.FallbackS);
    }

    private static void LinkMovements(Movement[] movements, ConflictMatrix conflicts, Lane[] lanes, int index)
    {
        foreach (Movement m in movements)
        {
            m.YieldsTo = [.. movements.Where(o => conflicts.Yields(m.Group, o.Group)).Select(o => o.Index)];
            foreach (int via in m.Via) lanes[via].BoxOf = index;
            if (m.Turn == Turn.Crossing) continue;
            lanes[m.From].Intersection = index;
            lanes[m.From].Movements = [.. lanes[m.From].Movements, m.Index];
        }
    }

    private static Approach[] Approaches(int[] stopLine, Lane[] lanes) =>
        [.. stopLine.GroupBy(l => lanes[l].Road ?? lanes[l].Id, StringComparer.Ordinal)
            .Select((g, i) => new Approach(i, g.Key, [.. g]))];
}
