using System.Runtime.InteropServices;
using System.Text.Json;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// A controller's state: <c>{"intersection":"j1","timeMs":1000,"mode":"remote","aspects":"Grr","stage":0,
/// "lastSequence":7,"refusal":"none","fault":"lamp 3"}</c>. timeMs, mode and aspects must be there. The topic says
/// which controller it is; "intersection" and "fault" are for people.
/// </summary>
public static class ControllerFeed
{
    internal ref struct Fields(Span<Aspect> aspects)
    {
        public long TimeMs = -1, Stage = -1, LastSequence;
        public int Mode = -1, Refusal, Groups = -1;
        public readonly Span<Aspect> Aspects = aspects;

        public readonly bool Complete => TimeMs >= 0 && Mode >= 0 && Groups >= 0
            && Stage is >= -1 and <= short.MaxValue && LastSequence is >= 0 and <= uint.MaxValue;
    }

    /// <summary>Writes the payload; its length, or -1 when the buffer is too short.</summary>
    public static int Write(Span<byte> buffer, in ControllerReport report, ReadOnlySpan<Aspect> aspects,
        ReadOnlySpan<byte> intersectionId, ReadOnlySpan<byte> fault = default)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"intersection\":"u8);
        line.Text(intersectionId);
        line.Raw(",\"timeMs\":"u8);
        line.Number(report.TimeMs);
        line.Raw(",\"mode\":\""u8);
        line.Raw(WireNames.Modes[(int)report.Mode]);
        line.Raw("\",\"aspects\":\""u8);
        AspectText.Write(ref line, aspects);
        line.Raw("\",\"stage\":"u8);
        line.Number((long)report.Stage);
        line.Raw(",\"lastSequence\":"u8);
        line.Number((long)report.LastSequence);
        line.Raw(",\"refusal\":\""u8);
        line.Raw(WireNames.Refusals[(int)report.Refusal]);
        line.Raw("\""u8);
        if (fault.Length > 0)
        {
            line.Raw(",\"fault\":"u8);
            line.Text(fault);
        }
        line.Raw("}"u8);
        return line.Length;
    }

    /// <summary>
    /// Reads a payload into an event of that intersection; the aspects are its side data and lie in
    /// <paramref name="room"/>, where 256 are enough.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> json, int intersection, Span<Aspect> room,
        out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        bool read = TryScan(json, room, out Fields f) || TryParse(json, room, out f);
        extra = read ? MemoryMarshal.AsBytes(room[..f.Groups]) : default;
        e = Event(new ControllerReport(f.TimeMs, intersection, (ControllerMode)Math.Max(0, f.Mode), (int)f.Stage,
            (uint)f.LastSequence, (Refusal)Math.Max(0, f.Refusal)), extra.Length);
        return read;
    }

    /// <summary>The event that carries a report; its side data are the aspects.</summary>
    public static CityEvent Event(in ControllerReport report, int groups) =>
        new(report.TimeMs, report.Intersection, EventKind.Controller, (byte)report.Mode, (ushort)groups,
            report.Stage, (float)report.Refusal, 0, report.LastSequence);

    internal static bool TryScan(ReadOnlySpan<byte> json, Span<Aspect> room, out Fields f)
    {
        f = new Fields(room);
        var scan = new JsonScan(json);
        if (!scan.Begin()) return false;
        if (scan.Key("\"intersection\":"u8) && !scan.Text(out _)) return false;
        if (scan.Key("\"timeMs\":"u8) && !scan.Integer(out f.TimeMs)) return false;
        if (scan.Key("\"mode\":"u8) && !Name(ref scan, WireNames.Modes, out f.Mode)) return false;
        if (scan.Key("\"aspects\":"u8)
            && (!scan.Text(out ReadOnlySpan<byte> letters) || !AspectText.TryRead(letters, room, out f.Groups)))
        {
            return false;
        }
        if (scan.Key("\"stage\":"u8) && !scan.Integer(out f.Stage)) return false;
        if (scan.Key("\"lastSequence\":"u8) && !scan.Integer(out f.LastSequence)) return false;
        if (scan.Key("\"refusal\":"u8) && !Name(ref scan, WireNames.Refusals, out f.Refusal)) return false;
        if (scan.Key("\"fault\":"u8) && !scan.Text(out _)) return false;
        return scan.End() && scan.AtEnd && f.Complete;
    }

    internal static bool TryParse(ReadOnlySpan<byte> json, Span<Aspect> room, out Fields f)
    {
        f = new Fields(room);
        return JsonFallback.TryRead(json, Read, ref f) && f.Complete;
    }

    private static bool Name(ref JsonScan scan, WireNames names, out int value)
    {
        value = scan.Text(out ReadOnlySpan<byte> name) ? names.Find(name) : -1;
        return value >= 0;
    }

    private static readonly JsonFallback.Field<Fields> Read = static (ref Utf8JsonReader r, ref Fields f) =>
    {
        if (r.ValueTextEquals("timeMs"u8)) return JsonFallback.Integer(ref r, ref f.TimeMs);
        if (r.ValueTextEquals("mode"u8)) return JsonFallback.Name(ref r, WireNames.Modes, ref f.Mode);
        if (r.ValueTextEquals("aspects"u8)) return AspectText.TryRead(ref r, f.Aspects, ref f.Groups);
        if (r.ValueTextEquals("stage"u8)) return JsonFallback.Integer(ref r, ref f.Stage);
        if (r.ValueTextEquals("lastSequence"u8)) return JsonFallback.Integer(ref r, ref f.LastSequence);
        if (r.ValueTextEquals("refusal"u8)) return JsonFallback.Name(ref r, WireNames.Refusals, ref f.Refusal);
        return JsonFallback.Skip(ref r);
    };
}
