using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace CityBrain.Mqtt.Codec;

/// <summary>
/// UTF-8 Encoded Strings of MQTT 5 §1.5.4: well-formed, no surrogates, no U+0000. Most topics are ASCII, so the
/// vector path proves that first and only other text pays for the full check.
/// </summary>
public static class Utf8Text
{
    /// <summary>True for well-formed UTF-8 without U+0000.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) =>
        IsPlain(text, 0, 0) || (Utf8.IsValid(text) && !text.Contains((byte)0));

    /// <summary>True for a topic name: valid text, not empty, no wildcard (MQTT 5 §4.7.1, §4.7.3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsTopicName(ReadOnlySpan<byte> topic) =>
        IsPlain(topic, (byte)'+', (byte)'#') ? !topic.IsEmpty : IsOtherTopicName(topic);

    private static bool IsOtherTopicName(ReadOnlySpan<byte> topic) =>
        topic.IndexOfAny((byte)0, (byte)'+', (byte)'#') < 0 && Utf8.IsValid(topic);

    /// <summary>True when every byte is ASCII, none is zero and none is one of the two given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPlain(ReadOnlySpan<byte> text, byte not1, byte not2)
    {
        if (text.Length < Vector128<byte>.Count)
        {
            return IsShortPlain(text, not1, not2);
        }

        ref byte start = ref MemoryMarshal.GetReference(text);
        nuint last = (nuint)(text.Length - Vector128<byte>.Count);
        Vector128<byte> bad = Suspects(Vector128.LoadUnsafe(ref start, last), not1, not2);
        for (nuint i = 0; i < last; i += (nuint)Vector128<byte>.Count)
        {
            bad |= Suspects(Vector128.LoadUnsafe(ref start, i), not1, not2);
        }

        return bad.ExtractMostSignificantBits() == 0;
    }

    /// <summary>The high bit of each byte that is not plain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Suspects(Vector128<byte> bytes, byte not1, byte not2) =>
        bytes | Vector128.Equals(bytes, Vector128<byte>.Zero) | Vector128.Equals(bytes, Vector128.Create(not1))
              | Vector128.Equals(bytes, Vector128.Create(not2));

    private static bool IsShortPlain(ReadOnlySpan<byte> text, byte not1, byte not2)
    {
        foreach (byte b in text)
        {
            if (b == 0 || b >= 0x80 || b == not1 || b == not2)
            {
                return false;
            }
        }

        return true;
    }
}
