using System.Globalization;
using System.Text;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// Ids as levels of a topic. Letters, digits and - _ . ~ stay; every other byte of the id's UTF-8 becomes % and two
/// upper-case hexadecimal digits (percent-encoding, RFC 3986 §2.1), so that an id with '/', '+', '#', ':', a space or
/// '%' is one level and comes back as it was.
/// </summary>
public static class TopicLevel
{
    private const string Hex = "0123456789ABCDEF";

    public static string Escape(string id)
    {
        if (id.All(IsPlain)) return id;
        var text = new StringBuilder(id.Length + 8);
        foreach (byte b in Encoding.UTF8.GetBytes(id))
        {
            if (IsPlain((char)b)) text.Append((char)b);
            else text.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
        }
        return text.ToString();
    }

    /// <summary>Gives the id back; false when the level is not one that <see cref="Escape"/> can write.</summary>
    public static bool TryUnescape(string level, out string id)
    {
        var bytes = new byte[level.Length];
        int n = 0;
        id = "";
        for (int i = 0; i < level.Length; i++)
        {
            if (level[i] != '%')
            {
                if (!IsPlain(level[i])) return false;
                bytes[n++] = (byte)level[i];
                continue;
            }
            if (i + 2 >= level.Length || !byte.TryParse(
                level.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[n++]))
            {
                return false;
            }
            i += 2;
        }
        id = Encoding.UTF8.GetString(bytes, 0, n);
        return Escape(id) == level;
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~';
}
