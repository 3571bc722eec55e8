namespace CityBrain.Mqtt.Sessions;

/// <summary>
/// Packet identifiers of QoS 2 messages that were received and not yet released (MQTT 5 §4.3.3, method B): a bit
/// each, so a repeated PUBLISH is recognised and not delivered twice.
/// </summary>
internal sealed class ReceivedIds
{
    private ulong[]? _bits;

    public int Count { get; private set; }

    /// <summary>False when the identifier was already there.</summary>
    public bool Add(ushort id)
    {
        _bits ??= new ulong[65_536 / 64];
        ulong bit = 1UL << (id & 63);
        if ((_bits[id >> 6] & bit) != 0)
        {
            return false;
        }

        _bits[id >> 6] |= bit;
        Count++;
        return true;
    }

    public bool Contains(ushort id) => _bits is not null && (_bits[id >> 6] & (1UL << (id & 63))) != 0;

    /// <summary>False when the identifier was not there.</summary>
    public bool Remove(ushort id)
    {
        if (!Contains(id))
        {
            return false;
        }

        _bits![id >> 6] &= ~(1UL << (id & 63));
        Count--;
        return true;
    }

    public void Clear()
    {
        _bits = null;
        Count = 0;
    }
}
