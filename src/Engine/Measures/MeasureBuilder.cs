namespace CityBrain.Engine.Measures;

/// <summary>Makes the operators of a plan.</summary>
internal sealed class MeasureBuilder(MeasurePlan plan)
{
    /// <summary>The one that tells which bins have data, when a measure of the plan asks.</summary>
    public HasData? HasData { get; private set; }

    /// <summary>The operator, or null for has_data, which listens to <see cref="HasData"/> only.</summary>
    public IMeasure? Build(MeasureDefinition measure, IRowSink sink)
    {
        switch (measure.Name)
        {
            case "has_data":
                Listen(new HasDataRows(sink));
                return null;
            case "coordination":
                var coordination = new Coordination(sink);
                Listen(coordination);
                return coordination;
            case "terminations": return new Terminations(sink);
            case "splits": return new Splits(sink);
            case "ped_delay": return new PedDelay(sink);
            case "actuations":
                return new Actuations(
                    sink, plan.Bin, plan.Detectors, Number(measure, "fill_in_missing") != 0);
            default:
                return BuildWithLimits(measure, sink);
        }
    }

    private IMeasure BuildWithLimits(MeasureDefinition measure, IRowSink sink) => measure.Name switch
    {
        "arrival_on_green" => new ArrivalOnGreen(
            sink, plan.Bin, plan.Detectors, Ms(measure, "latency_offset_seconds")),
        "yellow_red" => new YellowRed(
            sink, plan.Bin, plan.Detectors, Ms(measure, "latency_offset_seconds"),
            Number(measure, "min_red_offset")),
        "split_failures" => new SplitFailures(
            sink, plan.Bin, plan.Detectors,
            new SplitFailureLimits(
                Ms(measure, "red_time"), Number(measure, "green_occupancy_threshold"),
                Number(measure, "red_occupancy_threshold"))),
        "ped" => new Ped(sink, Ms(measure, "seconds_between_actuations")),
        "phase_wait" => new PhaseWait(
            sink, Ms(measure, "preempt_recovery_seconds"), Number(measure, "assumed_cycle_length"),
            Number(measure, "skip_multiplier")),
        "communications" => new Communications(
            sink, [.. plan.Settings.List(measure, "event_codes").Select(id => (ushort)id)]),
        "timeline" => new Timeline(sink, Ms(measure, "min_duration"), Ms(measure, "cushion_time")),
        _ => throw new ArgumentException($"no operator for {measure.Name}", nameof(measure)),
    };

    private void Listen(IHasDataListener listener)
    {
        HasData ??= new HasData(
            plan.Bin,
            (long)(Number(MeasureCatalog.HasData, "no_data_min") * 60_000),
            (int)Number(MeasureCatalog.HasData, "min_data_points"));
        HasData.Tell(listener);
    }

    private double Number(MeasureDefinition measure, string parameter) =>
        plan.Settings.Number(measure, parameter);

    private long Ms(MeasureDefinition measure, string parameter) => plan.Settings.Ms(measure, parameter);
}
