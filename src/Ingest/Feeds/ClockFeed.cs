using System.Text.Json;
using CityBrain.Ingest.Wire;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// The two messages of lockstep. Tick: <c>{"timeMs":1000}</c>, everything up to then has been said. Tock:
/// <c>{"timeMs":1000,"commands":3}</c>, the commands of that tick have been published.
/// </summary>
public static class ClockFeed
{
    internal struct Fields
    {
        public long TimeMs = -1, Commands;

        public Fields() { }
    }

    /// <summary>Writes a tick; its length, or -1 when the buffer is too short.</summary>
    public static int WriteTick(Span<byte> buffer, long timeMs)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"timeMs\":"u8);
        line.Number(timeMs);
        line.Raw("}"u8);
        return line.Length;
    }

    /// <summary>Writes a tock; its length, or -1 when the buffer is too short.</summary>
    public static int WriteTock(Span<byte> buffer, long timeMs, int commands)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"timeMs\":"u8);
        line.Number(timeMs);
        line.Raw(",\"commands\":"u8);
        line.Number((long)commands);
        line.Raw("}"u8);
        return line.Length;
    }

    public static bool TryReadTick(ReadOnlySpan<byte> json, out long timeMs) => TryReadTock(json, out timeMs, out _);

    public static bool TryReadTock(ReadOnlySpan<byte> json, out long timeMs, out int commands)
    {
        bool read = TryScan(json, out Fields f) || TryParse(json, out f);
        timeMs = f.TimeMs;
        commands = (int)Math.Clamp(f.Commands, 0, int.MaxValue);
        return read;
    }

    internal static bool TryScan(ReadOnlySpan<byte> json, out Fields f)
    {
        f = new Fields();
        var scan = new JsonScan(json);
        if (!scan.Begin()) return false;
        if (scan.Key("\"timeMs\":"u8) && !scan.Integer(out f.TimeMs)) return false;
        if (scan.Key("\"commands\":"u8) && !scan.Integer(out f.Commands)) return false;
        return scan.End() && scan.AtEnd && f.TimeMs >= 0;
    }

    internal static bool TryParse(ReadOnlySpan<byte> json, out Fields f)
    {
        f = new Fields();
        return JsonFallback.TryRead(json, Read, ref f) && f.TimeMs >= 0;
    }

    private static readonly JsonFallback.Field<Fields> Read = static (ref Utf8JsonReader r, ref Fields f) =>
    {
        if (r.ValueTextEquals("timeMs"u8)) return JsonFallback.Integer(ref r, ref f.TimeMs);
        if (r.ValueTextEquals("commands"u8)) return JsonFallback.Integer(ref r, ref f.Commands);
        return JsonFallback.Skip(ref r);
    };
}
