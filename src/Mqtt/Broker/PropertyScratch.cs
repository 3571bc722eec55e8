using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// Property sections of forwarded messages that differ from the received ones. Built in two buffers that are used
/// again, so a result is valid until the same method is called again. Not thread-safe.
/// </summary>
internal sealed class PropertyScratch
{
    private byte[] _without = [];
    private byte[] _with = [];

    /// <summary>The section without one property, which may come once. Mostly it is not there and nothing is copied.</summary>
    public ReadOnlySpan<byte> Without(ReadOnlySpan<byte> properties, PropertyId id)
    {
        int start = properties.IsEmpty ? -1 : PropertyReader.OffsetOf(properties, id);
        if (start < 0)
        {
            return properties;
        }

        var reader = new PropertyReader(properties[start..]);
        reader.MoveNext();
        int end = properties.Length - reader.Remaining;
        Grow(ref _without, properties.Length);
        properties[..start].CopyTo(_without);
        properties[end..].CopyTo(_without.AsSpan(start));
        return _without.AsSpan(0, properties.Length - (end - start));
    }

    /// <summary>The section and a subscription identifier, unless that is 0.</summary>
    public ReadOnlySpan<byte> With(ReadOnlySpan<byte> properties, uint identifier)
    {
        if (identifier == 0)
        {
            return properties;
        }

        PropertyWriter writer = Begin(properties, 1);
        writer.Add(PropertyId.SubscriptionIdentifier, identifier);
        return writer.Written;
    }

    /// <summary>The section and several subscription identifiers.</summary>
    public ReadOnlySpan<byte> With(ReadOnlySpan<byte> properties, List<uint> identifiers)
    {
        if (identifiers.Count == 0)
        {
            return properties;
        }

        PropertyWriter writer = Begin(properties, identifiers.Count);
        foreach (uint identifier in identifiers)
        {
            writer.Add(PropertyId.SubscriptionIdentifier, identifier);
        }

        return writer.Written;
    }

    private PropertyWriter Begin(ReadOnlySpan<byte> properties, int identifiers)
    {
        Grow(ref _with, properties.Length + (5 * identifiers));
        var writer = new PropertyWriter(_with);
        writer.AddRaw(properties);
        return writer;
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[Math.Max(256, length)];
        }
    }
}
