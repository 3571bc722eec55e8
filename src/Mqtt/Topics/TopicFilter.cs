using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Topics;

/// <summary>Topic filters (MQTT 5 §4.7) as UTF-8 bytes: rules and matching, without allocation.</summary>
public static class TopicFilter
{
    private static ReadOnlySpan<byte> SharePrefix => "$share/"u8;

    /// <summary>
    /// True when the filter is not empty, is valid text, each <c>+</c> is alone in its level and <c>#</c> is alone in
    /// the last one; for <c>$share/name/filter</c> the name has no wildcard and the filter behind it is valid too.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> filter)
    {
        if (filter.IsEmpty || !Utf8Text.IsValid(filter))
        {
            return false;
        }

        if (!filter.StartsWith(SharePrefix))
        {
            return WildcardsStandAlone(filter);
        }

        ReadOnlySpan<byte> rest = filter[SharePrefix.Length..];
        int slash = rest.IndexOf((byte)'/');
        return slash > 0 && slash < rest.Length - 1
            && rest[..slash].IndexOfAny((byte)'+', (byte)'#') < 0 && WildcardsStandAlone(rest[(slash + 1)..]);
    }

    /// <summary>True for <c>$share/name/filter</c> (MQTT 5 §4.8.2).</summary>
    public static bool IsShared(ReadOnlySpan<byte> filter) => filter.StartsWith(SharePrefix);

    /// <summary>Splits a valid shared filter into the share's name and the filter behind it.</summary>
    public static ReadOnlySpan<byte> Unshare(ReadOnlySpan<byte> filter, out ReadOnlySpan<byte> shareName)
    {
        ReadOnlySpan<byte> rest = filter[SharePrefix.Length..];
        int slash = rest.IndexOf((byte)'/');
        shareName = rest[..slash];
        return rest[(slash + 1)..];
    }

    /// <summary>
    /// True when a valid, unshared filter matches a valid topic name. A filter that begins with a wildcard does not
    /// match a topic that begins with <c>$</c> (MQTT-4.7.2-1); <c>a/#</c> matches <c>a</c> too (§4.7.1.2).
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        if (topic[0] == (byte)'$' && (filter[0] is (byte)'+' or (byte)'#'))
        {
            return false;
        }

        int f = 0;
        int t = 0;
        while (f < filter.Length)
        {
            if (filter[f] == (byte)'#')
            {
                return true;
            }

            if (filter[f] == (byte)'+')
            {
                int slash = topic[t..].IndexOf((byte)'/');
                t = slash < 0 ? topic.Length : t + slash;
                f++;
            }
            else
            {
                while (f < filter.Length && t < topic.Length && filter[f] != (byte)'/' && filter[f] == topic[t])
                {
                    f++;
                    t++;
                }
            }

            bool filterAtLevelEnd = f == filter.Length || filter[f] == (byte)'/';
            bool topicAtLevelEnd = t == topic.Length || topic[t] == (byte)'/';
            if (!filterAtLevelEnd || !topicAtLevelEnd)
            {
                return false;
            }

            if (t == topic.Length)
            {
                return f == filter.Length || (f == filter.Length - 2 && filter[f + 1] == (byte)'#');
            }

            if (f == filter.Length)
            {
                return false;
            }

            f++;
            t++;
            if (f == filter.Length)
            {
                return t == topic.Length; // both end in an empty level
            }
        }

        return false;
    }

    /// <summary>
    /// True when every topic that <paramref name="filter"/> matches is matched by <paramref name="rule"/> too. Both are
    /// valid and unshared. A rule that begins with a wildcard covers no filter that begins with <c>$</c>.
    /// </summary>
    public static bool Covers(ReadOnlySpan<byte> rule, ReadOnlySpan<byte> filter)
    {
        if (filter[0] == (byte)'$' && rule[0] is (byte)'+' or (byte)'#')
        {
            return false;
        }

        while (true)
        {
            ReadOnlySpan<byte> wide = Level(ref rule, out bool moreRule);
            if (wide.SequenceEqual("#"u8))
            {
                return true;
            }

            ReadOnlySpan<byte> narrow = Level(ref filter, out bool moreFilter);
            bool covered = wide.SequenceEqual("+"u8) ? !narrow.SequenceEqual("#"u8) : wide.SequenceEqual(narrow);
            if (!covered || (moreFilter && !moreRule))
            {
                return false;
            }

            if (!moreFilter)
            {
                return !moreRule || rule.SequenceEqual("#"u8); // a/# covers a too
            }
        }
    }

    /// <summary>Cuts the first level off; more is false when it was the last.</summary>
    internal static ReadOnlySpan<byte> Level(ref ReadOnlySpan<byte> text, out bool more)
    {
        int slash = text.IndexOf((byte)'/');
        more = slash >= 0;
        ReadOnlySpan<byte> level = more ? text[..slash] : text;
        text = more ? text[(slash + 1)..] : default;
        return level;
    }

    private static bool WildcardsStandAlone(ReadOnlySpan<byte> filter)
    {
        for (int i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ((byte)'+' or (byte)'#'))
            {
                continue;
            }

            bool opensLevel = i == 0 || filter[i - 1] == (byte)'/';
            bool closesLevel = i == filter.Length - 1 || (filter[i] == (byte)'+' && filter[i + 1] == (byte)'/');
            if (!opensLevel || !closesLevel)
            {
                return false;
            }
        }

        return true;
    }
}
