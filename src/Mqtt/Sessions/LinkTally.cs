using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>
/// Counts shared by all connections of one client or broker. Hot paths count in locals and add once for each batch.
/// </summary>
internal sealed class LinkTally
{
    public long PacketsReceived;
    public long BytesReceived;
    public long PacketsSent;
    public long BytesSent;
    public long MessagesReceived;
    public long MessagesQueued;
    public long MessagesAcknowledged;
    public long DuplicatesReceived;
    public long MessagesResent;
    public long DroppedFull;
    public long DroppedOffline;
    public long DroppedOversize;
    public long DroppedExpired;
    public long Malformed;
    public long ProtocolErrors;

    public static void Add(ref long counter, long amount = 1)
    {
        if (amount != 0)
        {
            Interlocked.Add(ref counter, amount);
        }
    }

    /// <summary>Counts a message that an outbox did not take.</summary>
    public void CountDrop(OfferResult result)
    {
        switch (result)
        {
            case OfferResult.Full:
                Add(ref DroppedFull);
                break;
            case OfferResult.Offline:
                Add(ref DroppedOffline);
                break;
            case OfferResult.Oversize:
                Add(ref DroppedOversize);
                break;
        }
    }

    /// <summary>Counts a packet for which a connection is closed, by what kind of reason that is.</summary>
    public void CountBadPacket(ReasonCode reason)
    {
        bool malformed = reason is ReasonCode.MalformedPacket or ReasonCode.PacketTooLarge;
        Add(ref malformed ? ref Malformed : ref ProtocolErrors);
    }
}
