using System.Globalization;
using System.Text;

namespace CityBrain.Model;

/// <summary>Says a decision's reason in one English sentence. For edges: it allocates.</summary>
public static class ReasonText
{
    public static string English(Intersection where, in DecisionReason reason)
    {
        var text = new StringBuilder();
        string stage = Stage(where, reason.Asked);
        text.Append(reason.Rule switch
        {
            Rule.Programme => $"Stage {stage}: its own programme says so",
            Rule.Extend => $"Stage {stage} goes on: vehicles still come within the gap",
            Rule.GapOut => $"Stage {stage}: no vehicle came within the gap",
            Rule.MaxOut => $"Stage {stage}: the longest green was over",
            Rule.Pressure => $"Stage {stage} has the highest pressure{Score(-reason.Score, "vehicles")}",
            Rule.Plan => $"Stage {stage} leads to the least predicted delay{Score(reason.Score, "vehicle-seconds")}",
            Rule.BlockedExit => $"Stage {stage}: the exit of the better one is blocked",
            Rule.Idle => $"Stage {stage} stays: nobody asks for another",
            Rule.Stale => "Given up: its sensors have said nothing for too long",
            Rule.ControllerFault => "Given up: its controller reports a fault",
            Rule.Invariant => "Given up: a check of the command failed",
            Rule.Operator => $"Stage {stage}: an operator asked for it",
            _ => $"Stage {stage}",
        });
        if (reason.QueueVehicles > 0 || reason.ArrivalsVehicles > 0)
            text.Append(CultureInfo.InvariantCulture,
                $"; {reason.QueueVehicles:0.#} queued, {reason.ArrivalsVehicles:0.#} arriving");
        AppendBeaten(text, where, reason);
        if (reason.LongestWaitS >= 1)
            text.Append(CultureInfo.InvariantCulture,
                $"; longest wait {reason.LongestWaitS:0} s ({Group(where, reason.LongestWaitGroup)})");
        text.Append(reason.Gate switch
        {
            Rule.None => ".",
            Rule.WaitBound => ". The safety gate served another stage: a wait was near its bound.",
            Rule.MinGreen => ". The safety gate waits for the minimum green.",
            Rule.MaxOut => ". The safety gate ended the longest green.",
            Rule.Changing => ". The signals are changing.",
            Rule.Operator => ". An operator's order stands.",
            _ => $". The safety gate decided: {reason.Gate}.",
        });
        return text.ToString();
    }

    private static string Stage(Intersection where, int stage) =>
        (uint)stage < (uint)where.Stages.Length ? where.Stages[stage].Id : "?";

    private static string Group(Intersection where, int group) =>
        (uint)group < (uint)where.Groups.Length ? "group " + where.Groups[group].Id : "no group";

    private static string Score(float score, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $" ({score:0.#} {unit})");

    private static void AppendBeaten(StringBuilder text, Intersection where, in DecisionReason reason)
    {
        if (reason.AlternativeCount == 0) return;
        text.Append("; it beat");
        for (int i = 0; i < reason.AlternativeCount; i++)
        {
            Alternative other = reason.Alternatives[i];
            float score = reason.Rule == Rule.Pressure ? -other.Score : other.Score;
            text.Append(i == 0 ? " " : ", ").Append(Stage(where, other.Stage));
            text.Append(CultureInfo.InvariantCulture, $" ({score:0.#})");
        }
    }
}
