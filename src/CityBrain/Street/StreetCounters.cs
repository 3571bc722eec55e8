namespace CityBrain.Street;

/// <summary>What the street side has done so far; read from any thread, each field by itself.</summary>
internal sealed class StreetCounters
{
    /// <summary>Messages handed to the client, and those it had no room for.</summary>
    public long Published, PublishDropped;
    /// <summary>Commands that came, those that found the inbox full, and those for no controller here.</summary>
    public long Commands, InboxDropped, UnknownTopic;
    /// <summary>Commands that controllers refused.</summary>
    public long Refused;
    /// <summary>Ticks said again because no tock came.</summary>
    public long TicksRepeated;
    /// <summary>Presses of buttons that the brain acknowledged, and those given up without.</summary>
    public long Acknowledged, GivenUp;
    /// <summary>Seconds played late by more than one.</summary>
    public long Late;
}
