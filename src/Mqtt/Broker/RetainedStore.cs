using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// The last retained message of each topic (MQTT 5 §3.3.1.3), bounded in number and bytes. Not thread-safe.
/// </summary>
internal sealed class RetainedStore(int maxMessages, long maxBytes)
{
    private readonly Dictionary<byte[], Retained> _messages = new(Utf8Comparer.Instance);
    private long _bytes;

    private sealed record Retained(byte[] Topic, byte[] Payload, byte[] Properties, Qos Qos, long ExpiresAtMs)
    {
        public long Bytes => Topic.Length + Payload.Length + Properties.Length;
    }

    public int Count => _messages.Count;

    /// <summary>
    /// Keeps the message as its topic's last; an empty payload removes that. False when the store is full: then the
    /// topic has no retained message any more, rather than an outdated one.
    /// </summary>
    public bool TrySet(in PublishView message, ReadOnlySpan<byte> properties, long nowMs)
    {
        var lookup = _messages.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.Remove(message.Topic, out byte[]? topic, out Retained? old))
        {
            _bytes -= old.Bytes;
        }

        if (message.Payload.IsEmpty)
        {
            return true;
        }

        long bytes = message.Topic.Length + message.Payload.Length + properties.Length;
        if (_messages.Count >= maxMessages || _bytes + bytes > maxBytes)
        {
            return false;
        }

        uint expiry = PropertyReader.Find(properties, PropertyId.MessageExpiryInterval, uint.MaxValue);
        topic ??= message.Topic.ToArray();
        _messages.Add(topic, new Retained(
            topic, message.Payload.ToArray(), properties.ToArray(), message.Qos,
            expiry == uint.MaxValue ? long.MaxValue : nowMs + (expiry * 1000L)));
        _bytes += bytes;
        return true;
    }

    /// <summary>Hands each message that matches an unshared filter and has not expired to <paramref name="deliver"/>.</summary>
    public void ForEachMatch(ReadOnlySpan<byte> filter, long nowMs, MqttMessageHandler deliver)
    {
        if (filter.IndexOfAny((byte)'+', (byte)'#') < 0)
        {
            if (_messages.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(filter, out Retained? exact))
            {
                Deliver(exact, nowMs, deliver);
            }

            return;
        }

        foreach (Retained message in _messages.Values)
        {
            if (TopicFilter.Matches(filter, message.Topic))
            {
                Deliver(message, nowMs, deliver);
            }
        }
    }

    /// <summary>Forgets messages whose expiry has passed.</summary>
    public void Sweep(long nowMs)
    {
        foreach (Retained message in _messages.Values)
        {
            if (message.ExpiresAtMs <= nowMs)
            {
                _messages.Remove(message.Topic); // allowed during enumeration
                _bytes -= message.Bytes;
            }
        }
    }

    private static void Deliver(Retained message, long nowMs, MqttMessageHandler deliver)
    {
        if (message.ExpiresAtMs <= nowMs)
        {
            return;
        }

        Span<byte> properties = message.Properties;
        int expiry = PropertyReader.OffsetOf(properties, PropertyId.MessageExpiryInterval);
        if (expiry >= 0)
        {
            properties = properties.ToArray();
            uint left = (uint)((message.ExpiresAtMs - nowMs + 999) / 1000);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(properties[(expiry + 1)..], left);
        }

        deliver(new PublishView(
            message.Topic, message.Payload, message.Qos, retain: true, properties: properties));
    }
}
