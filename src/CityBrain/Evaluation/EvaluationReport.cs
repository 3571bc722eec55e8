using System.Globalization;
using System.Text.Json;

namespace CityBrain.Evaluation;

/// <summary>Results for people and for programs.</summary>
internal static class EvaluationReport
{
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

    /// <summary>A table, one line per run, and what is wrong with it.</summary>
    public static void Print(TextWriter to, IReadOnlyList<EvaluationResult> results)
    {
        EvaluationOptions of = results[0].Options;
        to.WriteLine($"{of.Scenario.Name}, seed {of.Seed}, {of.Rules.Name} rules, "
            + $"{results[0].Intersections} intersections, {results[0].Score.Demand} vehicles");
        to.WriteLine($"{"policy",-14}{"mean delay s",13}{"p95 s",9}{"arrived",9}{"safe",6}{"valid",7}{"wall s",8}{"us/tick",9}");
        foreach (EvaluationResult r in results)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{r.Options.Policy,-14}{r.Score.MeanDelayS,13:0.00}{r.Score.P95DelayS,9:0.0}{r.Score.Arrived,9}")
                + string.Create(CultureInfo.InvariantCulture,
                $"{(r.Safety.Safe ? "yes" : "NO"),6}{(r.Score.Problems.Count == 0 ? "yes" : "NO"),7}")
                + string.Create(CultureInfo.InvariantCulture, $"{r.WallS,8:0.0}{r.DecisionP50Us,9:0}"));
        }
        foreach (EvaluationResult r in results)
            foreach (string wrong in r.Score.Problems.Concat(r.Safety.Examples))
                to.WriteLine($"{r.Options.Policy}: {wrong}");
        to.WriteLine($"outputs: {of.Output}");
    }
}
