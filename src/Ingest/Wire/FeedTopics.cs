using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// The topics of one district, <c>citybrain/1/{district}/...</c>; the 1 is the version of the layout. Ids are
/// escaped as <see cref="TopicLevel"/> says.
/// </summary>
public sealed class FeedTopics(string district)
{
    public string Root { get; } = $"citybrain/1/{TopicLevel.Escape(district)}";

    public string Loop(string detector) => $"{Root}/loop/{TopicLevel.Escape(detector)}";
    public string Camera(string detector) => $"{Root}/camera/{TopicLevel.Escape(detector)}";
    public string Button(string detector) => $"{Root}/button/{TopicLevel.Escape(detector)}";
    public string Sensor(Detector detector) => detector.Kind switch
    {
        DetectorKind.Loop => Loop(detector.Id),
        DetectorKind.Camera => Camera(detector.Id),
        _ => Button(detector.Id),
    };
    public string ControllerState(string intersection) => $"{Root}/controller/{TopicLevel.Escape(intersection)}/state";
    public string Command(string intersection) => $"{Root}/command/{TopicLevel.Escape(intersection)}";

    /// <summary>The brain's receipts for a button's events.</summary>
    public string Receipt(string detector) => $"{Root}/receipt/{TopicLevel.Escape(detector)}";

    /// <summary>
    /// What the intersection plans to send, from its brain to those of neighbouring districts.
    /// </summary>
    public string Outflow(string intersection) => $"{Root}/outflow/{TopicLevel.Escape(intersection)}";

    /// <summary>Binary blocks of any kind of reading.</summary>
    public string Batch => $"{Root}/batch";
    /// <summary>Lockstep: everything up to this time has been said.</summary>
    public string Tick => $"{Root}/tick";
    /// <summary>Lockstep: every command of that tick has been published.</summary>
    public string Tock => $"{Root}/tock";

    /// <summary>What a brain subscribes to.</summary>
    public IReadOnlyList<string> BrainFilters =>
        [$"{Root}/loop/+", $"{Root}/camera/+", $"{Root}/button/+", $"{Root}/controller/+/state", Batch, Tick];

    /// <summary>
    /// What a brain subscribes to besides, beyond its district: the sensors and plans that it needs of
    /// others.
    /// </summary>
    public static IEnumerable<string> BorderFilters(City city, DistrictBorder border)
    {
        FeedTopics[] topics = [.. city.Districts.Select(d => new FeedTopics(d.Id))];
        FeedTopics Of(int intersection) => topics[city.Intersections[intersection].District];
        Detector[] sensors = [.. border.Detectors.Select(d => city.Detectors[d])];
        return sensors.Select(d => Of(d.Intersection).Sensor(d))
            .Concat(sensors.Select(d => Of(d.Intersection).Batch).Distinct())
            .Concat(border.Neighbours.Select(i => Of(i).Outflow(city.Intersections[i].Id)));
    }

    /// <summary>What a sensor that waits for receipts subscribes to.</summary>
    public string ReceiptFilter => $"{Root}/receipt/+";

    /// <summary>What a cabinet, or a simulator that plays all of them, subscribes to.</summary>
    public string CommandFilter => $"{Root}/command/+";
}
