using System.Text;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// Somebody whom the broker let in, and what they may do: topic filters that cover what they may publish and what they
/// may subscribe to. Without a filter that covers it, nothing is allowed.
/// </summary>
public sealed class MqttIdentity
{
    private readonly byte[][] _publish;
    private readonly byte[][] _subscribe;
    private readonly Func<bool>? _isRevoked;

    /// <param name="name">The user's. Sessions belong to it: another user with the same client id has its own.</param>
    /// <param name="publish">Filters of the topics that may be published to.</param>
    /// <param name="subscribe">Filters that subscriptions must lie within.</param>
    /// <param name="isRevoked">True once the identity must go; asked four times a second. Null for never.</param>
    /// <exception cref="ArgumentException">A filter that is none, or a shared one.</exception>
    public MqttIdentity(
        string name, IEnumerable<string> publish, IEnumerable<string> subscribe, Func<bool>? isRevoked = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        _publish = [.. publish.Select(Parse)];
        _subscribe = [.. subscribe.Select(Parse)];
        _isRevoked = isRevoked;
    }

    public string Name { get; }

    /// <summary>True once what was granted has been taken back; the connection is then closed.</summary>
    public bool IsRevoked => _isRevoked?.Invoke() ?? false;

    /// <param name="topic">A valid topic name.</param>
    public bool MayPublish(ReadOnlySpan<byte> topic)
    {
        foreach (byte[] filter in _publish)
        {
            if (TopicFilter.Matches(filter, topic))
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="filter">A valid filter, shared or not. One rule alone must cover it.</param>
    public bool MaySubscribe(ReadOnlySpan<byte> filter)
    {
        ReadOnlySpan<byte> unshared = TopicFilter.IsShared(filter) ? TopicFilter.Unshare(filter, out _) : filter;
        foreach (byte[] rule in _subscribe)
        {
            if (TopicFilter.Covers(rule, unshared))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True when both may do the same, so that what one was granted can go on for the other.</summary>
    internal static bool HaveSameRights(MqttIdentity? one, MqttIdentity? other) =>
        one is null || other is null ? one == other : Same(one._publish, other._publish) && Same(one._subscribe, other._subscribe);

    private static bool Same(byte[][] one, byte[][] other) =>
        one.Length == other.Length && one.Zip(other).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    private static byte[] Parse(string filter)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(filter);
        return bytes.Length <= ushort.MaxValue && TopicFilter.IsValid(bytes) && !TopicFilter.IsShared(bytes)
            ? bytes
            : throw new ArgumentException($"'{filter}' is not a topic filter", nameof(filter));
    }
}

/// <summary>The answer to a login: an identity, or the reason of a refusal.</summary>
public readonly record struct MqttAdmission
{
    private MqttAdmission(ReasonCode reason, MqttIdentity? identity)
    {
        Reason = reason;
        Identity = identity;
    }

    /// <summary>Success, or why not.</summary>
    public ReasonCode Reason { get; }

    /// <summary>What is allowed; null for everything.</summary>
    public MqttIdentity? Identity { get; }

    /// <summary>Lets the client in; without an identity it may do everything.</summary>
    public static MqttAdmission Admit(MqttIdentity? identity = null) => new(ReasonCode.Success, identity);

    /// <exception cref="ArgumentException">The reason is no error.</exception>
    public static MqttAdmission Refuse(ReasonCode reason) => reason.IsError()
        ? new(reason, null)
        : throw new ArgumentException($"{reason} is no refusal", nameof(reason));
}
