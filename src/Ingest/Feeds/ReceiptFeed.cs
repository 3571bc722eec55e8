using System.Text.Json;
using CityBrain.Ingest.Wire;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// The brain's word that it will not forget an event: <c>{"timeMs":1000,"sequence":7}</c>, as the event had them.
/// </summary>
public static class ReceiptFeed
{
    private struct Fields
    {
        public long TimeMs = -1, Sequence = -1;

        public Fields() { }
    }

    /// <summary>Writes the payload; its length, or -1 when the buffer is too short.</summary>
    public static int Write(Span<byte> buffer, long timeMs, uint sequence)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"timeMs\":"u8);
        line.Number(timeMs);
        line.Raw(",\"sequence\":"u8);
        line.Number((long)sequence);
        line.Raw("}"u8);
        return line.Length;
    }

    public static bool TryRead(ReadOnlySpan<byte> json, out long timeMs, out uint sequence)
    {
        var f = new Fields();
        bool read = JsonFallback.TryRead(json, Read, ref f) && f.TimeMs >= 0 && f.Sequence is > 0 and <= uint.MaxValue;
        timeMs = f.TimeMs;
        sequence = (uint)f.Sequence;
        return read;
    }

    private static readonly JsonFallback.Field<Fields> Read = static (ref Utf8JsonReader r, ref Fields f) =>
    {
        if (r.ValueTextEquals("timeMs"u8)) return JsonFallback.Integer(ref r, ref f.TimeMs);
        if (r.ValueTextEquals("sequence"u8)) return JsonFallback.Integer(ref r, ref f.Sequence);
        return JsonFallback.Skip(ref r);
    };
}
