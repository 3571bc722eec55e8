namespace CityBrain.Ingest;

/// <summary>
/// What became of every message: Messages = Read + UnknownTopic + Malformed + WrongNumbering. And of every reading in
/// the messages that could be read: it is one of Events, UnknownIndex, Beyond or Impossible.
/// </summary>
public struct FeedCounters
{
    public long Messages;
    /// <summary>Messages whose every record was readable.</summary>
    public long Read;
    /// <summary>No detector or intersection of this district has that topic.</summary>
    public long UnknownTopic;
    /// <summary>The payload is not what the topic promises. Records before the bad one count as usual.</summary>
    public long Malformed;
    /// <summary>A binary block made with another city file.</summary>
    public long WrongNumbering;
    /// <summary>Events handed on.</summary>
    public long Events;
    /// <summary>Records about a detector or intersection that is not there, of another kind or of another district.</summary>
    public long UnknownIndex;
    /// <summary>
    /// Records of neighbouring districts' batches about sensors that this district has no need of.
    /// </summary>
    public long Beyond;
    /// <summary>Records with an instant before 1970 or after the year 9999.</summary>
    public long Impossible;
    /// <summary>Clock ticks ignored because this brain keeps its own time.</summary>
    public long TicksIgnored;
}

/// <summary>What became of one message.</summary>
public enum MessageFate : byte { Read, UnknownTopic, Malformed, WrongNumbering }
