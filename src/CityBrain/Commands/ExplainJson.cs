using System.Text.Json;
using CityBrain.Model;

namespace CityBrain.Commands;

/// <summary>An explanation for programs: what was shown, why, and what else was considered.</summary>
internal static class ExplainJson
{
    /// <param name="w">Inside an object.</param>
    /// <param name="where">The intersection.</param>
    /// <param name="change">The last command that changed what is shown.</param>
    /// <param name="aspects">What it showed, one letter a group.</param>
    /// <param name="decision">The last command with alternatives; null where no rule looked at any.</param>
    public static void Write(
        Utf8JsonWriter w, Intersection where, SignalCommand change, string aspects, SignalCommand? decision)
    {
        w.WriteString("intersection", where.Id);
        w.WriteNumber("sinceMs", change.TimeMs);
        w.WriteString("aspects", aspects);
        w.WriteString("reason", ReasonText.English(where, change.Reason));
        if (decision is not { } d) return;
        DecisionReason r = d.Reason;
        w.WriteStartObject("decision");
        w.WriteNumber("timeMs", d.TimeMs);
        w.WriteString("reason", ReasonText.English(where, r));
        w.WriteString("rule", r.Rule.ToString());
        w.WriteString("unit", ReasonText.Unit(r.Rule));
        if (r.EntryHeld > 0)
        {
            w.WriteNumber("areaFill", Math.Round(r.AreaFill, 3));
            w.WriteNumber("entryHeld", Math.Round(r.EntryHeld, 3));
        }
        w.WriteStartObject("taken");
        Write(w, where, new Alternative(r.Asked, r.Score, r.Sequence));
        w.WriteEndObject();
        w.WriteStartArray("rejected");
        for (int i = 0; i < r.AlternativeCount; i++)
        {
            w.WriteStartObject();
            Write(w, where, r.Alternatives[i]);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter w, Intersection where, in Alternative a)
    {
        w.WriteString("stage", Id(where, a.Stage));
        w.WriteNumber("score", Math.Round(a.Score, 3));
        w.WriteStartArray("sequence");
        for (int i = 0; i < a.Sequence.Count; i++)
        {
            w.WriteStartObject();
            w.WriteNumber("afterS", a.Sequence[i].AfterS);
            w.WriteString("stage", Id(where, a.Sequence[i].Stage));
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }

    private static string? Id(Intersection where, int stage) =>
        (uint)stage < (uint)where.Stages.Length ? where.Stages[stage].Id : null;
}
