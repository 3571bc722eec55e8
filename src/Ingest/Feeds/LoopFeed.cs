using System.Text.Json;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// A loop's JSON: <c>{"timeMs":1000,"count":2,"occupancy":0.31,"speedMps":12.5,"sequence":7}</c>. timeMs, count and
/// occupancy must be there.
/// </summary>
public static class LoopFeed
{
    internal struct Fields
    {
        public long TimeMs = -1;
        public double Count = double.NaN, Occupancy = double.NaN, Speed = double.NaN;
        public long Sequence;

        public Fields() { }

        public readonly bool Complete => TimeMs >= 0 && !double.IsNaN(Count) && !double.IsNaN(Occupancy)
            && Sequence is >= 0 and <= uint.MaxValue;
    }

    /// <summary>Writes the payload; its length, or -1 when the buffer is too short.</summary>
    public static int Write(Span<byte> buffer, in LoopReading reading, uint sequence = 0)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"timeMs\":"u8);
        line.Number(reading.TimeMs);
        line.Raw(",\"count\":"u8);
        line.Number(reading.Count);
        line.Raw(",\"occupancy\":"u8);
        line.Number(reading.Occupancy);
        if (float.IsFinite(reading.SpeedMps))
        {
            line.Raw(",\"speedMps\":"u8);
            line.Number(reading.SpeedMps);
        }
        if (sequence != 0)
        {
            line.Raw(",\"sequence\":"u8);
            line.Number((long)sequence);
        }
        line.Raw("}"u8);
        return line.Length;
    }

    /// <summary>Reads a payload into an event of that detector.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, int detector, out CityEvent e)
    {
        bool read = TryLean(json, out Fields f) || TryScan(json, out f) || TryParse(json, out f);
        e = new CityEvent(f.TimeMs, detector, EventKind.Loop, 0, 0, (float)f.Count, (float)f.Occupancy,
            (float)f.Speed, (uint)f.Sequence);
        return read;
    }

    /// <summary>As <see cref="Write"/> writes it.</summary>
    internal static bool TryLean(ReadOnlySpan<byte> json, out Fields f)
    {
        f = new Fields();
        var scan = new LeanScan(json);
        if (scan.Failed || !scan.Next("{\"timeMs\":"u8)) return false;
        f.TimeMs = scan.Integer();
        if (!scan.Next(",\"count\":"u8)) return false;
        f.Count = scan.Number();
        if (!scan.Next(",\"occupancy\":"u8)) return false;
        f.Occupancy = scan.Number();
        if (scan.Next(",\"speedMps\":"u8)) f.Speed = scan.Number();
        if (scan.Next(",\"sequence\":"u8)) f.Sequence = scan.Integer();
        return scan.AtEnd && !scan.Failed && f.Sequence <= uint.MaxValue;
    }

    internal static bool TryScan(ReadOnlySpan<byte> json, out Fields f)
    {
        f = new Fields();
        var scan = new JsonScan(json);
        if (!scan.Begin()) return false;
        if (scan.Key("\"timeMs\":"u8) && !scan.Integer(out f.TimeMs)) return false;
        if (scan.Key("\"count\":"u8) && !scan.Number(out f.Count)) return false;
        if (scan.Key("\"occupancy\":"u8) && !scan.Number(out f.Occupancy)) return false;
        if (scan.Key("\"speedMps\":"u8) && !scan.Number(out f.Speed)) return false;
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
        if (r.ValueTextEquals("count"u8)) return JsonFallback.Number(ref r, ref f.Count);
        if (r.ValueTextEquals("occupancy"u8)) return JsonFallback.Number(ref r, ref f.Occupancy);
        if (r.ValueTextEquals("speedMps"u8)) return JsonFallback.Number(ref r, ref f.Speed);
        if (r.ValueTextEquals("sequence"u8)) return JsonFallback.Integer(ref r, ref f.Sequence);
        return JsonFallback.Skip(ref r);
    };
}
