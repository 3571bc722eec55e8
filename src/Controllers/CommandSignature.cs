using System.Security.Cryptography;

namespace CityBrain.Controllers;

/// <summary>
/// Signs a command's payload as it lies on the wire and checks it before anything of it is read. HMAC-SHA256 (RFC 2104)
/// over topic, a zero byte, and the payload without its signature; the topic binds it to its intersection. JSON ends
/// with <c>,"hmac":"64 hexadecimal digits"}</c>, a binary block is followed by <c>CBS1</c> and 32 bytes. What keeps a
/// signed command from being sent again is inside of it: sequence, time and validity.
/// </summary>
public static class CommandSignature
{
    private const int TagBytes = 32, LongestSigned = 16 << 10;

    private static ReadOnlySpan<byte> JsonHead => ",\"hmac\":\""u8;
    private static ReadOnlySpan<byte> JsonEnd => "\"}"u8;
    private static ReadOnlySpan<byte> BinaryHead => "CBS1"u8;
    private static int JsonBytes => JsonHead.Length + 2 * TagBytes + JsonEnd.Length;
    private static int BinaryBytes => BinaryHead.Length + TagBytes;

    /// <summary>
    /// Signs the first <paramref name="length"/> bytes of a buffer in place; the new length, or -1 when it has no room.
    /// </summary>
    public static int Append(Span<byte> buffer, int length, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> key)
    {
        bool json = length > 0 && buffer[0] == '{';
        int signed = json ? length - 1 : length;    // the object's last brace moves behind the signature
        int total = signed + (json ? JsonBytes : BinaryBytes);
        Span<byte> tag = stackalloc byte[TagBytes];
        if (length <= 0 || total > buffer.Length || !TryCompute(topic, buffer[..signed], key, tag)) return -1;
        Span<byte> rest = buffer[signed..total];
        (json ? JsonHead : BinaryHead).CopyTo(rest);
        rest = rest[(json ? JsonHead : BinaryHead).Length..];
        if (!json)
        {
            tag.CopyTo(rest);
            return total;
        }
        Convert.TryToHexStringLower(tag, rest, out _);
        JsonEnd.CopyTo(rest[(2 * TagBytes)..]);
        return total;
    }

    /// <summary>True when the payload ends with the signature that the key gives it. Takes as long for any wrong one.</summary>
    public static bool Verify(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> key)
    {
        Span<byte> said = stackalloc byte[TagBytes];
        Span<byte> right = stackalloc byte[TagBytes];
        return TrySplit(payload, said, out int signed) && TryCompute(topic, payload[..signed], key, right)
            && CryptographicOperations.FixedTimeEquals(said, right);
    }

    /// <summary>A binary payload without its signature; JSON as it is, since a reader skips keys it does not know.</summary>
    public static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> payload) =>
        payload.Length > BinaryBytes && payload[0] == 'C' && payload[^BinaryBytes..].StartsWith(BinaryHead)
            ? payload[..^BinaryBytes] : payload;

    private static bool TrySplit(ReadOnlySpan<byte> payload, Span<byte> tag, out int signed)
    {
        bool json = payload.Length > 0 && payload[0] == '{';
        signed = payload.Length - (json ? JsonBytes : BinaryBytes);
        if (signed <= 0) return false;
        ReadOnlySpan<byte> rest = payload[signed..];
        ReadOnlySpan<byte> head = json ? JsonHead : BinaryHead;
        if (!rest.StartsWith(head)) return false;
        rest = rest[head.Length..];
        if (json) return rest.EndsWith(JsonEnd) && Hex(rest[..(2 * TagBytes)], tag);
        rest.CopyTo(tag);
        return true;
    }

    private static bool Hex(ReadOnlySpan<byte> digits, Span<byte> tag) =>
        Convert.FromHexString(digits, tag, out _, out int written) == System.Buffers.OperationStatus.Done
        && written == tag.Length;

    private static bool TryCompute(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key, Span<byte> tag)
    {
        int length = topic.Length + 1 + payload.Length;
        if (length > LongestSigned) return false;
        Span<byte> text = stackalloc byte[length];
        topic.CopyTo(text);
        text[topic.Length] = 0;
        payload.CopyTo(text[(topic.Length + 1)..]);
        HMACSHA256.HashData(key, text, tag);
        return true;
    }
}
