using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>Says in one English sentence why a decision was taken. The front end says it in other languages.</summary>
internal static class ReasonSentence
{
    public static string Of(in DecisionReason r, Intersection place)
    {
        string rule = RuleText(r, place);
        if (r.Gate != Rule.None && r.Gate != r.Rule) rule += $" The safety gate decided otherwise: {GateText(r, place)}";
        return rule;
    }

    private static string RuleText(in DecisionReason r, Intersection place)
    {
        string stage = StageName(place, r.Asked);
        return r.Rule switch
        {
            Rule.Programme => $"The fixed programme shows {stage} now.",
            Rule.Extend => $"{stage} stays green because vehicles are still arriving{Queue(r)}.",
            Rule.GapOut => $"{stage} is next because no vehicle came within the gap.",
            Rule.MaxOut => $"{stage} is next because the longest green was used up.",
            Rule.Pressure => $"{stage} has the highest pressure{Queue(r)}{Beaten(r, place)}.",
            Rule.Plan => $"{stage} costs the least delay over the horizon{Queue(r)}{Beaten(r, place)}.",
            Rule.Operator => $"An operator asked for {stage}.",
            Rule.BlockedExit => $"{stage} was taken because the exit of another stage is blocked.",
            Rule.Stale => "The sensors are silent for too long, so the intersection runs its own programme.",
            Rule.ControllerFault => "The controller reports a fault or runs its own programme.",
            Rule.Idle => $"Nobody asks for another stage, so {stage} stays.",
            Rule.WaitBound or Rule.MinGreen or Rule.Changing or Rule.Invariant => GateText(r, place),
            _ => "No decision has been taken yet.",
        };
    }

    private static string GateText(in DecisionReason r, Intersection place) => (r.Gate == Rule.None ? r.Rule : r.Gate) switch
    {
        Rule.WaitBound => $"{GroupName(place, r.LongestWaitGroup)} has waited {Number(r.LongestWaitS)} s, close to its bound.",
        Rule.MinGreen => "the present green has not lasted its minimum yet.",
        Rule.Changing => "a change is under way.",
        Rule.MaxOut => "the longest green was used up.",
        Rule.Invariant => "a check failed, so the intersection was given to its own programme.",
        Rule.Stale => "the data are too old.",
        Rule.ControllerFault => "the controller does not obey.",
        Rule.Operator => "an operator's override is in force.",
        Rule.BlockedExit => "the exit is blocked.",
        Rule other => $"{other}.",
    };

    private static string Queue(in DecisionReason r)
    {
        if (r.QueueVehicles <= 0 && r.ArrivalsVehicles <= 0) return "";
        return $": {Number(r.QueueVehicles)} queued and {Number(r.ArrivalsVehicles)} arriving";
    }

    private static string Beaten(in DecisionReason r, Intersection place)
    {
        if (r.AlternativeCount == 0) return "";
        Alternative best = r.Alternatives[0];
        for (int i = 1; i < r.AlternativeCount; i++)
            if (r.Alternatives[i].Score < best.Score) best = r.Alternatives[i];
        return $"; the next best, {StageName(place, best.Stage)}, scored {Number(best.Score)} against {Number(r.Score)}";
    }

    private static string StageName(Intersection place, int stage) =>
        (uint)stage < (uint)place.Stages.Length ? $"stage {place.Stages[stage].Id}" : "no stage";

    private static string GroupName(Intersection place, int group) =>
        (uint)group < (uint)place.Groups.Length ? $"group {place.Groups[group].Id}" : "a group";

    private static string Number(float value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
