using System.Runtime.InteropServices;
using CityBrain.Mqtt.Topics;

namespace CityBrain.Mqtt.Broker;

/// <summary>The members of one <c>$share/name/filter</c>: each message goes to one of them in turn.</summary>
internal sealed class ShareGroup(byte[] name)
{
    private int _next;

    public byte[] Name { get; } = name;

    public List<Subscription> Members { get; } = [];

    /// <summary>The next member that is connected; without one, the next that is not.</summary>
    public Subscription Pick()
    {
        for (int i = 0; i < Members.Count; i++)
        {
            Subscription member = Members[(_next + i) % Members.Count];
            if (member.Session.Connection is not null)
            {
                _next = (_next + i + 1) % Members.Count;
                return member;
            }
        }

        _next = (_next + 1) % Members.Count;
        return Members[_next];
    }
}

/// <summary>
/// Topic filters as a tree of their levels (MQTT 5 §4.7). Finding the subscriptions of a topic walks one branch for
/// each literal level and one for each <c>+</c>, without allocating. Not thread-safe.
/// </summary>
internal sealed class SubscriptionTree
{
    /// <summary>Filters with more levels are refused, which bounds the depth of every walk.</summary>
    public const int MaxLevels = 128;

    private readonly Node _root = new();

    private sealed class Node
    {
        public Dictionary<byte[], Node>? Children { get; set; }

        public Node? Plus { get; set; }

        public Node? Hash { get; set; }

        public List<Subscription> Here { get; } = [];

        public List<ShareGroup> Groups { get; } = [];

        public bool IsEmpty =>
            Here.Count == 0 && Groups.Count == 0 && Plus is null && Hash is null && Children is not { Count: > 0 };
    }

    public int Count { get; private set; }

    /// <summary>Adds a subscription whose client does not have its filter yet.</summary>
    public void Add(Subscription subscription)
    {
        ReadOnlySpan<byte> filter = Unshared(subscription.Filter, out ReadOnlySpan<byte> share);
        Node node = _root;
        for (bool more = true; more;)
        {
            node = Child(node, TopicFilter.Level(ref filter, out more));
        }

        Count++;
        if (share.IsEmpty)
        {
            node.Here.Add(subscription);
            return;
        }

        ShareGroup? group = Find(node.Groups, share);
        if (group is null)
        {
            group = new ShareGroup(share.ToArray());
            node.Groups.Add(group);
        }

        group.Members.Add(subscription);
    }

    /// <summary>Removes a subscription and the branches that only it needed.</summary>
    public void Remove(Subscription subscription)
    {
        ReadOnlySpan<byte> filter = Unshared(subscription.Filter, out ReadOnlySpan<byte> share);
        Remove(_root, filter, true, share, subscription);
        Count--;
    }

    /// <summary>Appends the subscriptions that match a topic; of each share group, one.</summary>
    public void Match(ReadOnlySpan<byte> topic, List<Subscription> matches)
    {
        bool reserved = topic[0] == (byte)'$'; // a leading wildcard does not match it (MQTT-4.7.2-1)
        Match(_root, topic, true, !reserved, matches);
    }

    /// <summary>Levels of a filter or topic.</summary>
    public static int Levels(ReadOnlySpan<byte> text) => text.Count((byte)'/') + 1;

    private static void Match(
        Node node, ReadOnlySpan<byte> topic, bool more, bool wildcards, List<Subscription> matches)
    {
        if (node.Hash is not null && wildcards)
        {
            Collect(node.Hash, matches);
        }

        if (!more)
        {
            Collect(node, matches);
            return;
        }

        ReadOnlySpan<byte> level = TopicFilter.Level(ref topic, out more);
        if (node.Children is not null
            && node.Children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(level, out Node? child))
        {
            Match(child, topic, more, true, matches);
        }

        if (node.Plus is not null && wildcards)
        {
            Match(node.Plus, topic, more, true, matches);
        }
    }

    private static void Collect(Node node, List<Subscription> matches)
    {
        matches.AddRange(CollectionsMarshal.AsSpan(node.Here));
        foreach (ShareGroup group in node.Groups)
        {
            matches.Add(group.Pick());
        }
    }

    private static ReadOnlySpan<byte> Unshared(ReadOnlySpan<byte> filter, out ReadOnlySpan<byte> share)
    {
        share = default;
        return TopicFilter.IsShared(filter) ? TopicFilter.Unshare(filter, out share) : filter;
    }

    private static Node Child(Node node, ReadOnlySpan<byte> level)
    {
        if (level.SequenceEqual("+"u8))
        {
            return node.Plus ??= new Node();
        }

        if (level.SequenceEqual("#"u8))
        {
            return node.Hash ??= new Node();
        }

        node.Children ??= new Dictionary<byte[], Node>(Utf8Comparer.Instance);
        ref Node? child = ref CollectionsMarshal.GetValueRefOrAddDefault(
            node.Children.GetAlternateLookup<ReadOnlySpan<byte>>(), level, out _);
        return child ??= new Node();
    }

    private static void Remove(
        Node node, ReadOnlySpan<byte> filter, bool more, ReadOnlySpan<byte> share, Subscription subscription)
    {
        if (!more)
        {
            RemoveHere(node, share, subscription);
            return;
        }

        ReadOnlySpan<byte> level = TopicFilter.Level(ref filter, out more);
        Node child = Child(node, level);
        Remove(child, filter, more, share, subscription);
        if (!child.IsEmpty)
        {
            return;
        }

        if (child == node.Plus)
        {
            node.Plus = null;
        }
        else if (child == node.Hash)
        {
            node.Hash = null;
        }
        else
        {
            node.Children!.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(level);
        }
    }

    private static void RemoveHere(Node node, ReadOnlySpan<byte> share, Subscription subscription)
    {
        if (share.IsEmpty)
        {
            node.Here.Remove(subscription);
        }
        else if (Find(node.Groups, share) is { } group)
        {
            group.Members.Remove(subscription);
            if (group.Members.Count == 0)
            {
                node.Groups.Remove(group);
            }
        }
    }

    private static ShareGroup? Find(List<ShareGroup> groups, ReadOnlySpan<byte> name)
    {
        foreach (ShareGroup group in groups)
        {
            if (name.SequenceEqual(group.Name))
            {
                return group;
            }
        }

        return null;
    }
}
