using System.Globalization;
using System.Text;

namespace CityBrain.Model;

/// <summary>
/// Says in one English sentence why a decision was taken: the only place that does. For edges: it allocates. The
/// dashboard's front end says it in other languages from the same fields.
/// </summary>
public static class ReasonText
{
    public static string English(Intersection where, in DecisionReason reason)
    {
        string rule = Sentence(RuleText(reason, where));
        return reason.Gate == Rule.None || reason.Gate == reason.Rule ? rule
            : $"{rule} The safety gate decided otherwise: {GateText(reason.Gate, reason, where)}.";
    }

    /// <summary>A planned sequence in words: "stage A for 7 s more, then B, after 31 s C".</summary>
    /// <param name="where">The intersection.</param>
    /// <param name="sequence">The changes.</param>
    /// <param name="present">The stage shown, -1 where it is not known.</param>
    public static string Sequence(Intersection where, StageSequence sequence, int present)
    {
        string now = present < 0 ? "the present stage" : Stage(where, present);
        if (sequence.Count == 0) return $"{now} throughout";
        var text = new StringBuilder();
        SequenceStep first = sequence[0];
        text.Append(first.AfterS == 0 ? $"{Stage(where, first.Stage)} now"
            : string.Create(CultureInfo.InvariantCulture,
                $"{now} for {first.AfterS} s more, then {Id(where, first.Stage)}"));
        for (int i = 1; i < sequence.Count; i++)
            text.Append(CultureInfo.InvariantCulture, $", after {sequence[i].AfterS} s {Id(where, sequence[i].Stage)}");
        return text.ToString();
    }

    /// <summary>The stage shown when a plan was made: the one asked for if the plan stays in it, else -1.</summary>
    public static int PresentStage(in DecisionReason reason) =>
        reason.Sequence.Count == 0 || reason.Sequence[0].AfterS > 0 ? reason.Asked : -1;

    /// <summary>
    /// A score as people read it: pressure is better the higher it is and is kept negated; the rest are losses.
    /// </summary>
    public static string Score(Rule rule, float score) => Number(rule == Rule.Pressure ? -score : score);

    /// <summary>The unit of a rule's scores; empty where it has none.</summary>
    public static string Unit(Rule rule) => rule switch
    {
        Rule.Plan => "weighted vehicle-seconds",
        Rule.Pressure => "vehicles",
        _ => "",
    };

    private static string RuleText(in DecisionReason r, Intersection where)
    {
        string stage = Stage(where, r.Asked);
        return r.Rule switch
        {
            Rule.Programme => $"The fixed programme shows {stage} now.",
            Rule.Extend => $"{stage} stays green because vehicles are still arriving{Queue(r)}.",
            Rule.GapOut => $"{stage} is next because no vehicle came within the gap.",
            Rule.MaxOut => $"{stage} is next because the longest green was used up.",
            Rule.Pressure => $"{stage} has the highest pressure{Queue(r)}{NextBest(r, where)}.",
            Rule.Plan => $"{stage} costs the least delay over the horizon{Queue(r)}{Planned(r, where)}"
                + $"{NextBest(r, where)}.{Held(r)}",
            Rule.Operator => $"An operator asked for {stage}.",
            Rule.BlockedExit => $"{stage} was taken because the exit of another stage is blocked.",
            Rule.Idle => $"Nobody asks for another stage, so {stage} stays.",
            Rule.Stale => "The sensors are silent for too long, so the intersection runs its own programme.",
            Rule.ControllerFault => "The controller reports a fault or runs its own programme.",
            Rule.None => "No decision has been taken yet.",
            _ => GateText(r.Rule, r, where) + ".",
        };
    }

    private static string GateText(Rule gate, in DecisionReason r, Intersection where) => gate switch
    {
        Rule.WaitBound => $"{Group(where, r.LongestWaitGroup)} has waited {Number(r.LongestWaitS)} s, close to its bound",
        Rule.MinGreen => "the present green has not lasted its minimum yet",
        Rule.Changing => "a change is under way",
        Rule.MaxOut => "the longest green was used up",
        Rule.Invariant => "a check failed, so the intersection was given to its own programme",
        Rule.Stale => "the data are too old",
        Rule.ControllerFault => "the controller does not obey",
        Rule.Operator => "an operator's override is in force",
        Rule.BlockedExit => "the exit is blocked",
        Rule other => $"{other}",
    };

    private static string Queue(in DecisionReason r) => r.QueueVehicles <= 0 && r.ArrivalsVehicles <= 0 ? ""
        : $": {Number(r.QueueVehicles)} queued and {Number(r.ArrivalsVehicles)} arriving";

    private static string Planned(in DecisionReason r, Intersection where) =>
        r.Sequence.Count == 0 ? "" : $"; the plan is {Sequence(where, r.Sequence, PresentStage(r))}";

    private static string Held(in DecisionReason r) => r.EntryHeld <= 0 ? ""
        : $" Entries count {Percent(r.EntryHeld)} less: the links inside the area are {Percent(r.AreaFill)} full.";

    private static string Percent(float share) => Number(MathF.Round(share * 100)) + " %";

    private static string NextBest(in DecisionReason r, Intersection where)
    {
        if (r.AlternativeCount == 0) return "";
        Alternative best = r.Alternatives[0];
        for (int i = 1; i < r.AlternativeCount; i++)
            if (r.Alternatives[i].Score < best.Score) best = r.Alternatives[i];
        string other = r.Rule == Rule.Plan ? Sequence(where, best.Sequence, PresentStage(r)) : Stage(where, best.Stage);
        return $"; the next best, {other}, scored {Score(r.Rule, best.Score)} against {Score(r.Rule, r.Score)}";
    }

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Id(Intersection where, int stage) =>
        (uint)stage < (uint)where.Stages.Length ? where.Stages[stage].Id : "?";

    private static string Stage(Intersection where, int stage) =>
        (uint)stage < (uint)where.Stages.Length ? $"stage {where.Stages[stage].Id}" : "no stage";

    private static string Group(Intersection where, int group) =>
        (uint)group < (uint)where.Groups.Length ? $"group {where.Groups[group].Id}" : "a group";

    private static string Number(float value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
