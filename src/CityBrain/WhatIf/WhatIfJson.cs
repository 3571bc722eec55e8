using System.Text.Json;

namespace CityBrain.WhatIf;

/// <summary>The answer for programs; seconds a vehicle.</summary>
internal static class WhatIfJson
{
    public static void Write(Utf8JsonWriter w, WhatIfPage.Question q, WhatIfAnswer a, string page)
    {
        w.WriteString("city", q.City);
        w.WriteString("baseline", q.Baseline);
        w.WriteString("alternative", q.Alternative);
        w.WriteString("street", q.Street);
        w.WriteString("drivers", q.Drivers);
        Number("baseline_delay", a.BaselineS);
        Number("alternative_delay", a.AlternativeS);
        Number("change", a.ChangeS);
        if (double.IsFinite(a.ConfidenceS)) Number("change_confidence95", a.ConfidenceS);
        Number("change_least", a.Range.LeastS);
        Number("change_greatest", a.Range.GreatestS);
        w.WriteBoolean("sensitive", a.IsSensitive);
        w.WriteStartArray("variations");
        foreach (VariedChange v in a.Varied)
        {
            w.WriteStartObject();
            w.WriteString("assumed", v.Variation.Name);
            Number("change", v.ChangeS);
            w.WriteEndObject();
        }
        w.WriteEndArray();
        Number("geh_below_5_share", a.GoodFitShare);
        Number("lost_in_view_recorded", a.RecordedLost);
        Number("lost_in_view_simulated", a.SimulatedLost);
        Number("blind_share", a.Recorded.BlindShare);
        w.WriteBoolean("supported", a.Doubts.Count == 0);
        w.WriteStartArray("doubts");
        foreach (string doubt in a.Doubts) w.WriteStringValue(doubt);
        w.WriteEndArray();
        w.WriteString("report", page);

        void Number(string name, double value) => w.WriteNumber(name, Math.Round(value, 3));
    }
}
