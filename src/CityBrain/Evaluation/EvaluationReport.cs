using System.Globalization;
using System.Text.Json;

namespace CityBrain.Evaluation;

/// <summary>Results for programs.</summary>
internal static class EvaluationReport
{
    private const int WaitsSaid = 5;

    /// <summary>One run as the properties of a JSON object; seconds unless the name says otherwise.</summary>
    public static void Write(Utf8JsonWriter w, EvaluationResult r)
    {
        w.WriteString("scenario", r.Options.Scenario.Name);
        w.WriteString("policy", r.Options.Policy);
        w.WriteNumber("seed", r.Options.Seed);
        w.WriteString("rules", r.Options.Rules.Name);
        w.WriteString("out", r.Options.Output);
        Number("mean_delay", r.Score.MeanDelayS);
        Number("mean_waitingTime", r.Score.MeanWaitS);
        Number("p95_delay", r.Score.P95DelayS);
        Number("max_waitingTime", r.Score.MaxWaitS);
        Number("mean_stops", r.Score.MeanStops);
        Number("longest_wait", r.Waits.Count == 0 ? 0 : r.Waits[0].WaitS);
        w.WriteNumber("waits_over_bound", r.Waits.Count(x => x.OverBound));
        Waits(w, r);
        w.WriteNumber("n_demand", r.Score.Demand);
        w.WriteNumber("n_departed", r.Score.Departed);
        w.WriteNumber("n_arrived", r.Score.Arrived);
        w.WriteBoolean("valid", r.Score.Problems.Count == 0);
        Texts("problems", r.Score.Problems);
        w.WriteBoolean("safe", r.Safety.Safe);
        w.WriteStartObject("safety_violations");
        foreach ((string kind, int count) in r.Safety.Violations) w.WriteNumber(kind, count);
        w.WriteEndObject();
        Texts("safety_examples", r.Safety.Examples);
        w.WriteNumber("intersections", r.Intersections);
        w.WriteNumber("ticks", r.Ticks);
        w.WriteNumber("commands", r.Commands);
        w.WriteNumber("commands_refused_by_controllers", r.Refusals);
        w.WriteNumber("fallbacks", r.Fallbacks);
        w.WriteString("digest", r.Digest.ToString("x16", CultureInfo.InvariantCulture));
        w.WriteNumber("districts", r.Districts);
        w.WriteNumber("outflow_messages", r.OutflowMessages);
        w.WriteNumber("outflow_bytes", r.OutflowBytes);
        w.WriteNumber("outflows_accepted", r.OutflowsAccepted);
        w.WriteNumber("outflows_refused", r.OutflowsRefused);
        Number("wall_s", r.WallS);
        Number("wall_sumo_s", r.SumoS);
        Number("wall_sensors_s", r.SensorS);
        Number("wall_brain_s", r.BrainS);
        Number("tick_p50_us", r.DecisionP50Us);
        Number("tick_p99_us", r.DecisionP99Us);
        Number("tick_max_us", r.DecisionMaxUs);

        void Number(string name, double value) => w.WriteNumber(name, Math.Round(value, 2));
        void Texts(string name, IReadOnlyList<string> texts)
        {
            w.WriteStartArray(name);
            foreach (string text in texts) w.WriteStringValue(text);
            w.WriteEndArray();
        }
    }

    private static void Waits(Utf8JsonWriter w, EvaluationResult r)
    {
        w.WriteStartArray("longest_waits");
        foreach (MovementWait wait in r.Waits.Where(x => x.WaitS > 0).Take(WaitsSaid))
        {
            w.WriteStartObject();
            w.WriteString("intersection", r.City.Intersections[wait.Movement.Intersection].Id);
            w.WriteString("movement", wait.Movement.Id);
            w.WriteString("kind", wait.OnFoot ? "pedestrian" : "vehicle");
            w.WriteNumber("wait", Math.Round(wait.WaitS, 1));
            w.WriteNumber("until", Math.Round(wait.UntilS, 1));
            w.WriteNumber("bound", wait.BoundS);
            w.WriteEndObject();
        }
        w.WriteEndArray();
    }
}
