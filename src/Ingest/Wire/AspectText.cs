using System.Runtime.InteropServices;
using System.Text.Json;
using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>Aspects as letters, one per signal group: r u y G g s o O.</summary>
internal static class AspectText
{
    /// <summary>Most groups of one intersection on the wire.</summary>
    public const int MaxGroups = 256;

    public static void Write(ref JsonLine line, ReadOnlySpan<Aspect> aspects)
    {
        foreach (Aspect aspect in aspects) line.Raw([(byte)aspect.Letter()]);
    }

    public static bool TryRead(ReadOnlySpan<byte> letters, Span<Aspect> into, out int count)
    {
        count = letters.Length;
        if (count > into.Length) return false;
        for (int i = 0; i < count; i++)
            if (!Aspects.TryParse((char)letters[i], out into[i])) return false;
        return true;
    }

    public static bool TryRead(ref Utf8JsonReader reader, Span<Aspect> into, ref int count)
    {
        Span<byte> letters = stackalloc byte[MaxGroups];
        int length = 0;
        return JsonFallback.Text(ref reader, letters, ref length) && TryRead(letters[..length], into, out count);
    }

    /// <summary>Aspects of a binary record: one byte each, 0 to 7.</summary>
    public static bool AreValid(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)0, (byte)Aspect.Off) < 0;

    public static ReadOnlySpan<Aspect> Of(ReadOnlySpan<byte> bytes) => MemoryMarshal.Cast<byte, Aspect>(bytes);
}
