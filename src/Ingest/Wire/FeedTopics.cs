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
    public string ControllerState(string intersection) => $"{Root}/controller/{TopicLevel.Escape(intersection)}/state";
    public string Command(string intersection) => $"{Root}/command/{TopicLevel.Escape(intersection)}";

    /// <summary>The brain's receipts for a button's events.</summary>
    public string Receipt(string detector) => $"{Root}/receipt/{TopicLevel.Escape(detector)}";

    /// <summary>Binary blocks of any kind of reading.</summary>
    public string Batch => $"{Root}/batch";
    /// <summary>Lockstep: everything up to this time has been said.</summary>
    public string Tick => $"{Root}/tick";
    /// <summary>Lockstep: every command of that tick has been published.</summary>
    public string Tock => $"{Root}/tock";

    /// <summary>What a brain subscribes to.</summary>
    public IReadOnlyList<string> BrainFilters =>
        [$"{Root}/loop/+", $"{Root}/camera/+", $"{Root}/button/+", $"{Root}/controller/+/state", Batch, Tick];

    /// <summary>What a sensor that waits for receipts subscribes to.</summary>
    public string ReceiptFilter => $"{Root}/receipt/+";

    /// <summary>What a cabinet, or a simulator that plays all of them, subscribes to.</summary>
    public string CommandFilter => $"{Root}/command/+";
}
