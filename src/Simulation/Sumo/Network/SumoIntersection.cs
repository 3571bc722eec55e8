using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>One signal of a network: a tlLogic with the links it controls, at one junction or at several.</summary>
internal sealed class SumoIntersection(
    SumoProgramme programme, List<SumoConnection> links, SumoLaneGraph graph, SumoRightOfWay rightOfWay)
{
    private readonly List<ConflictDescription> _conflicts = rightOfWay.Conflicts(programme.Signal);

    public IntersectionDescription Describe()
    {
        var plan = new SumoSignalPlan(
            programme, links.Select(c => c.LinkIndex + 1).DefaultIfEmpty().Max(), _conflicts);
        (double x, double y) = Position();
        SignalGroupDescription[] groups = [.. Enumerable.Range(0, plan.Links).Select(i => Group(i, plan))];
        return new IntersectionDescription
        {
            Id = programme.Signal,
            District = SumoDistricts.Main,
            X = x,
            Y = y,
            Groups = groups,
            Movements = [.. links.Where(Usable).OrderBy(c => c.LinkIndex).Select(Movement)],
            Conflicts = _conflicts,
            Intergreens = Intergreens(plan, groups),
            Stages = [.. plan.Stages.Select((s, i) => new StageDescription { Id = SumoNetwork.Text(i), Aspects = s })],
            Programme = plan.Intervals.Count == 0 ? null : new ProgrammeDescription
            {
                Id = programme.Id, OffsetS = programme.OffsetS, Intervals = plan.Intervals,
            },
            Limits = Limits(plan),
        };
    }

    private SignalGroupDescription Group(int link, SumoSignalPlan plan)
    {
        SumoConnection[] own = [.. links.Where(c => c.LinkIndex == link)];
        bool onFoot = own.Length > 0 && own.All(SumoCrossings.Starts);
        double yellow = plan.YellowS[link];
        var group = new SignalGroupDescription
        {
            Id = SumoNetwork.Text(link),
            Kind = Kind(own, onFoot),
            // People on foot see no yellow unless the programme shows one.
            YellowS = double.IsNaN(yellow) ? onFoot ? 0 : SumoSignalPlan.YellowFloorS
                : Math.Max(SumoSignalPlan.YellowFloorS, yellow),
        };
        if (!onFoot) return group;
        double crossing = own.Select(c => graph[c.ToLane].LengthM).DefaultIfEmpty().Max();
        return group with
        {
            WalkS = SumoNetwork.WalkS, ClearanceS = Math.Ceiling(crossing / SumoNetwork.WalkingMps),
        };
    }

    private GroupKind Kind(SumoConnection[] own, bool onFoot)
    {
        if (onFoot) return GroupKind.Pedestrian;
        string[] words = [.. own.Where(Usable).SelectMany(c =>
            SumoPermissions.Allows(graph[c.FromLane]) is { Count: > 0 } some ? some : ["car"]).Distinct()];
        return words is ["bicycle"] ? GroupKind.Bicycle : words is ["tram"] ? GroupKind.Tram : GroupKind.Vehicle;
    }

    private bool Usable(SumoConnection c) => graph.Has(c.FromLane) && graph.Has(c.ToLane);

    private MovementDescription Movement(SumoConnection c)
    {
        string id = $"{SumoNetwork.Text(c.LinkIndex)}:{c.FromLane}>{c.ToLane}";
        if (!SumoCrossings.Starts(c))
            return new MovementDescription
            {
                Id = id, Group = SumoNetwork.Text(c.LinkIndex), From = c.FromLane, To = c.ToLane,
                Via = graph.Inside(c), Turn = TurnOf(c.Direction),
            };
        // On foot: from the walking area over the crossing to the walking area on the other side.
        string far = graph.Downstream(c.ToLane).FirstOrDefault(l => l != c.FromLane) ?? c.FromLane;
        return new MovementDescription
        {
            Id = id, Group = SumoNetwork.Text(c.LinkIndex), From = c.FromLane, To = far, Via = [c.ToLane],
            Turn = Turn.Crossing,
        };
    }

    private static Turn TurnOf(string direction) => direction switch
    {
        "l" => Turn.Left,
        "r" => Turn.Right,
        "t" => Turn.UTurn,
        "L" => Turn.SlightLeft,
        "R" => Turn.SlightRight,
        _ => Turn.Straight,
    };

    /// <summary>
    /// As the programme shows them; for pairs that never follow each other, yellow plus the all-red that is usual
    /// (the median) between vehicles at this signal. Pairs that get the yellow alone need no entry.
    /// </summary>
    private List<IntergreenDescription> Intergreens(SumoSignalPlan plan, SignalGroupDescription[] groups)
    {
        Dictionary<(int Ending, int Starting), double> observed = plan.ObservedIntergreens();
        double[] allRed = [.. observed
            .Where(o => groups[o.Key.Ending].Kind != GroupKind.Pedestrian)
            .Select(o => Math.Max(0, o.Value - groups[o.Key.Ending].YellowS)).Order()];
        double usual = allRed.Length == 0 ? 0 : allRed[(allRed.Length - 1) / 2];
        var result = new List<IntergreenDescription>();
        for (int a = 0; a < groups.Length; a++)
            for (int b = 0; b < groups.Length; b++)
            {
                if (!Conflicting.Contains((groups[a].Id, groups[b].Id))) continue;
                double seconds = observed.TryGetValue((a, b), out double seen)
                    ? Math.Max(seen, groups[a].YellowS) : groups[a].YellowS + usual;
                if (seconds > groups[a].YellowS)
                    result.Add(new IntergreenDescription(groups[a].Id, groups[b].Id, seconds));
            }
        return result;
    }

    private HashSet<(string, string)> Conflicting => field ??=
        [.. _conflicts.SelectMany(c => new[] { (c.A, c.B), (c.B, c.A) })];

    // No stricter than what the signal's own programme does.
    private static LimitsDescription Limits(SumoSignalPlan plan)
    {
        var usual = new LimitsDescription();
        double longestGreen = plan.Intervals.Where(i => i.Stage is not null).Select(i => i.DurationS)
            .DefaultIfEmpty().Max();
        double longestRed = Enumerable.Range(0, plan.Links)
            .Select(i => plan.LongestS(i, c => !SumoSignalPlan.IsGreen(c))).Where(s => s < plan.CycleS)
            .DefaultIfEmpty().Max();
        return usual with
        {
            MaxGreenS = Math.Max(usual.MaxGreenS, longestGreen), MaxWaitS = Math.Max(usual.MaxWaitS, longestRed),
        };
    }

    private (double X, double Y) Position()
    {
        SumoJunction[] junctions = [.. rightOfWay.Junctions(programme.Signal)];
        if (junctions.Length > 0) return (junctions.Average(j => j.X), junctions.Average(j => j.Y));
        double[][] ends = [.. links.Where(Usable).Select(c => graph[c.FromLane].Shape).Where(s => s.Length > 0)
            .Select(s => s[^1])];
        return ends.Length == 0 ? (0, 0) : (ends.Average(p => p[0]), ends.Average(p => p[1]));
    }
}
