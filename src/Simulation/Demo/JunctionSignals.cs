using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// Signal groups, conflicts, intergreens, stages and the day programme of one junction. Each leg has a group for
/// straight on (T), right (R) and left (L) and one for people who cross the leg (P). Left turns off a ring road go
/// on an arrow only; off an avenue on a permissive green and then an arrow; off other streets permissively.
/// </summary>
internal sealed class JunctionSignals
{
    private const double AllRedS = 2, WalkingMps = 1.2, WalkS = 6, CrossedByFootS = 2;

    private readonly Junction _junction;
    private readonly List<(string Id, int Leg, Turn Turn)> _groups = [];
    private readonly List<(string Id, string Aspects, double Weight)> _stages = [];

    public JunctionSignals(Junction junction)
    {
        _junction = junction;
        for (int leg = 0; leg < junction.Count; leg++)
            foreach (Turn turn in new[] { Turn.Straight, Turn.Right, Turn.Left })
                if (junction.Has(leg, turn)) _groups.Add(($"{Letter(turn)}{leg}", leg, turn));
        for (int leg = 0; leg < junction.Count; leg++) _groups.Add(($"P{leg}", leg, Turn.Crossing));
        if (junction.Count == 4) FourLegs();
        else ThreeLegs();
    }

    public List<SignalGroupDescription> Groups => [.. _groups.Select(g => new SignalGroupDescription
    {
        Id = g.Id,
        Kind = g.Turn == Turn.Crossing ? GroupKind.Pedestrian : GroupKind.Vehicle,
        MinGreenS = g.Turn == Turn.Left ? 5 : _junction.Street(g.Leg).Rank >= StreetRank.Arterial ? 8 : 6,
        YellowS = Yellow(g),
        WalkS = g.Turn == Turn.Crossing ? WalkS : 0,
        ClearanceS = g.Turn == Turn.Crossing ? Math.Ceiling(_junction.Street(g.Leg).WidthM / WalkingMps) : 0,
    })];

    public static string Letter(Turn turn) => turn switch
    {
        Turn.Left => "L",
        Turn.Right => "R",
        Turn.Crossing => "P",
        _ => "T",
    };

    public List<ConflictDescription> Conflicts()
    {
        var result = new List<ConflictDescription>();
        for (int a = 0; a < _groups.Count; a++)
            for (int b = a + 1; b < _groups.Count; b++)
                if (Cross(_groups[a], _groups[b]))
                    result.Add(new() { A = _groups[a].Id, B = _groups[b].Id, Yields = Yields(_groups[a], _groups[b]) });
        return result;
    }

    public List<IntergreenDescription> Intergreens()
    {
        var result = new List<IntergreenDescription>();
        foreach (var a in _groups)
            foreach (var b in _groups)
                if (Cross(a, b))
                    result.Add(new(a.Id, b.Id, a.Turn == Turn.Crossing ? CrossedByFootS : Yellow(a) + AllRedS));
        return result;
    }

    public List<StageDescription> Stages => [.. _stages.Select(s => new StageDescription { Id = s.Id, Aspects = s.Aspects })];

    /// <summary>The stages one after the other, greens shared out by the weight of the streets.</summary>
    public ProgrammeDescription Programme(double leastCycleS, Func<double, double> offsetS)
    {
        double[] least = [.. _stages.Select(s => LeastGreen(s.Aspects))];
        double change = Enumerable.Range(0, _stages.Count).Sum(i => Change(i).Sum(v => v.DurationS));
        double spare = Math.Max(0, leastCycleS - change - least.Sum()), weights = _stages.Sum(s => s.Weight);
        var intervals = new List<IntervalDescription>();
        double given = 0;
        for (int i = 0; i < _stages.Count; i++)
        {
            bool last = i == _stages.Count - 1;
            double extra = last ? spare - given : Math.Floor(spare * _stages[i].Weight / weights);
            given += extra;
            intervals.Add(new(_stages[i].Aspects, least[i] + extra, _stages[i].Id));
            intervals.AddRange(Change(i));
        }
        return new() { Id = "day", OffsetS = offsetS(intervals.Sum(v => v.DurationS)), Intervals = intervals };
    }

    private void FourLegs()
    {
        for (int axis = 0; axis < 2; axis++)
        {
            StreetRank rank = Max(_junction.Street(axis).Rank, _junction.Street(axis + 2).Rank);
            char left = rank == StreetRank.Ring ? 'r' : 'g';
            string name = axis == 0 ? "a" : "b";
            int legA = axis, legB = axis + 2;
            AddStage(name, Weight(rank), g => g.Turn switch
            {
                Turn.Crossing => g.Leg != legA && g.Leg != legB ? 'G' : 'r',
                _ when g.Leg != legA && g.Leg != legB => 'r',
                Turn.Straight => 'G',
                Turn.Right => 'g',
                _ => left,
            });
            if (rank < StreetRank.Arterial) continue;
            AddStage(name + "-left", 0.8, g => g.Turn == Turn.Left && (g.Leg == legA || g.Leg == legB) ? 'G' : 'r');
        }
    }

    private void ThreeLegs()
    {
        int stem = _junction.Stem, into = (stem + 1) % 3;
        StreetRank rank = Max(_junction.Street(into).Rank, _junction.Street(3 - stem - into).Rank);
        char left = rank == StreetRank.Ring ? 'r' : 'g';
        AddStage("main", Weight(rank), g => g.Turn switch
        {
            Turn.Crossing => g.Leg == stem ? 'G' : 'r',
            _ when g.Leg == stem => 'r',
            Turn.Straight => 'G',
            Turn.Right => 'g',
            _ => left,
        });
        if (rank >= StreetRank.Arterial)
            AddStage("main-left", 0.8, g => g.Leg == into && g.Turn is Turn.Left or Turn.Straight && g.Leg == into ? 'G' : 'r');
        AddStage("stem", Weight(_junction.Street(stem).Rank), g => g.Turn switch
        {
            Turn.Crossing => g.Leg != stem ? 'G' : 'r',
            _ => g.Leg == stem ? 'g' : 'r',
        });
    }

    private void AddStage(string id, double weight, Func<(string Id, int Leg, Turn Turn), char> aspect) =>
        _stages.Add((id, string.Concat(_groups.Select(aspect)), weight));

    /// <summary>From a stage to the next one: yellow, then all-red until the longest intergreen is over.</summary>
    private List<IntervalDescription> Change(int stage)
    {
        string from = _stages[stage].Aspects, to = _stages[(stage + 1) % _stages.Count].Aspects;
        double yellow = 0, change = 0;
        for (int a = 0; a < from.Length; a++)
        {
            if (!Ends(from[a], to[a])) continue;
            yellow = Math.Max(yellow, Yellow(_groups[a]));
            change = Math.Max(change, _groups[a].Turn == Turn.Crossing ? CrossedByFootS : Yellow(_groups[a]) + AllRedS);
        }
        var intervals = new List<IntervalDescription>();
        if (yellow > 0) intervals.Add(new(Between(from, to, 'y'), yellow, null));
        if (change > yellow) intervals.Add(new(Between(from, to, 'r'), change - yellow, null));
        return intervals;
    }

    private string Between(string from, string to, char ending) => string.Concat(from.Select((c, i) =>
        Ends(c, to[i]) ? _groups[i].Turn == Turn.Crossing ? 'r' : ending : c));

    private static bool Ends(char from, char to) => from is 'g' or 'G' && to is not ('g' or 'G');

    private double LeastGreen(string aspects)
    {
        List<SignalGroupDescription> groups = Groups;
        double least = 0;
        for (int g = 0; g < aspects.Length; g++)
            if (aspects[g] is 'g' or 'G')
                least = Math.Max(least, Math.Max(groups[g].MinGreenS, groups[g].WalkS + groups[g].ClearanceS));
        return least;
    }

    private bool Cross((string Id, int Leg, Turn Turn) a, (string Id, int Leg, Turn Turn) b)
    {
        if (a.Turn == Turn.Crossing && b.Turn == Turn.Crossing) return false;
        if (a.Turn == Turn.Crossing) return Walks(a.Leg, WayOf(b));
        if (b.Turn == Turn.Crossing) return Walks(b.Leg, WayOf(a));
        return _junction.Cross(WayOf(a), WayOf(b));
    }

    private static bool Walks(int leg, Way way) => way.From == leg || way.To == leg;

    /// <summary>Turning traffic gives way to people in the street it turns into, left turns to oncoming traffic.</summary>
    private string? Yields((string Id, int Leg, Turn Turn) a, (string Id, int Leg, Turn Turn) b)
    {
        if (b.Turn == Turn.Crossing) return WayOf(a) is { Turn: not Turn.Straight } way && way.To == b.Leg ? a.Id : null;
        if (a.Turn == Turn.Crossing) return Yields(b, a);
        if (_junction.Opposite(a.Leg) != b.Leg) return null;
        return a.Turn == Turn.Left && b.Turn != Turn.Left ? a.Id : b.Turn == Turn.Left && a.Turn != Turn.Left ? b.Id : null;
    }

    private Way WayOf((string Id, int Leg, Turn Turn) g) =>
        _junction.Ways.First(w => w.From == g.Leg && w.Turn == g.Turn);

    private double Yellow((string Id, int Leg, Turn Turn) g) =>
        g.Turn == Turn.Crossing ? 0 : _junction.Street(g.Leg).Rank == StreetRank.Ring ? 4 : 3;

    private static StreetRank Max(StreetRank a, StreetRank b) => a > b ? a : b;

    private static double Weight(StreetRank rank) => rank switch
    {
        StreetRank.Ring => 3,
        StreetRank.Arterial => 2.6,
        StreetRank.Collector => 1.5,
        _ => 1,
    };
}
