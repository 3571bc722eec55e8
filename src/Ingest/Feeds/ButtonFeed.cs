using System.Text.Json;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Feeds;

/// <summary>A push button's JSON: <c>{"timeMs":1000,"pressed":true,"sequence":7}</c>. timeMs must be there.</summary>
public static class ButtonFeed
{
    internal struct Fields
    {
        public long TimeMs = -1;
        public long Sequence;
        public bool Pressed = true;

        public Fields() { }

        public readonly bool Complete => TimeMs >= 0 && Sequence is >= 0 and <= uint.MaxValue;
    }

    /// <summary>Writes the payload; its length, or -1 when the buffer is too short.</summary>
    public static int Write(Span<byte> buffer, long timeMs, bool pressed = true, uint sequence = 0)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"timeMs\":"u8);
        line.Number(timeMs);
        line.Raw(pressed ? ",\"pressed\":true"u8 : ",\"pressed\":false"u8);
        if (sequence != 0)
        {
            line.Raw(",\"sequence\":"u8);
            line.Number((long)sequence);
        }
        line.Raw("}"u8);
        return line.Length;
    }

    public static bool TryRead(ReadOnlySpan<byte> json, int detector, out CityEvent e)
    {
        bool read = TryScan(json, out Fields f) || TryParse(json, out f);
        e = new CityEvent(
            f.TimeMs, detector, EventKind.Button, (byte)(f.Pressed ? 1 : 0), 0, 0, 0, 0, (uint)f.Sequence);
        return read;
    }

    internal static bool TryScan(ReadOnlySpan<byte> json, out Fields f)
    {
        f = new Fields();
        var scan = new JsonScan(json);
        if (!scan.Begin()) return false;
        if (scan.Key("\"timeMs\":"u8) && !scan.Integer(out f.TimeMs)) return false;
        if (scan.Key("\"pressed\":"u8) && !scan.Bool(out f.Pressed)) return false;
        if (scan.Key("\"sequence\":"u8) && !scan.Integer(out f.Sequence)) return false;
        return scan.End() && scan.AtEnd && f.Complete;
    }

    internal static bool TryParse(ReadOnlySpan<byte> json, out Fields f)
    {
        f = new Fields();
        return JsonFallback.TryRead(json, Read, ref f) && f.Complete;
    }

    private static readonly JsonFallback.Field<Fields> Read = static (ref Utf8JsonReader r, ref Fields f) =>
    {
        if (r.ValueTextEquals("timeMs"u8)) return JsonFallback.Integer(ref r, ref f.TimeMs);
        if (r.ValueTextEquals("pressed"u8)) return JsonFallback.Bool(ref r, ref f.Pressed);
        if (r.ValueTextEquals("sequence"u8)) return JsonFallback.Integer(ref r, ref f.Sequence);
        return JsonFallback.Skip(ref r);
    };
}
