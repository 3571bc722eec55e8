using System.Runtime.InteropServices;
using System.Text.Json;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// A camera's or radar's JSON: <c>{"timeMs":1000,"sequence":7,"vehicles":1,"stopped":0,"sightings":[{"distanceM":12.5,
/// "speedMps":8.3,"lengthM":4.5,"class":"car"}]}</c>. timeMs and sightings must be there; vehicles and stopped are
/// counted from the sightings where they are left out, and may be more than them where the sensor sees more vehicles
/// than it can tell apart.
/// </summary>
public static class CameraFeed
{
    /// <summary>Vehicles read from one message; a message with more is malformed.</summary>
    public const int MaxSightings = 256;

    internal struct Fields(VehicleSighting[] room)
    {
        public long TimeMs = -1;
        public long Sequence;
        public double Vehicles = double.NaN, Stopped = double.NaN;
        public int Count = -1;
        public readonly VehicleSighting[] Room = room;

        public bool Finish()
        {
            if (TimeMs < 0 || Count < 0 || Sequence is < 0 or > uint.MaxValue) return false;
            if (double.IsNaN(Vehicles)) Vehicles = Count;
            if (!double.IsNaN(Stopped)) return true;
            Stopped = 0;
            foreach (VehicleSighting s in Room.AsSpan(0, Count)) Stopped += s.Stopped ? 1 : 0;
            return true;
        }
    }

    internal struct Vehicle
    {
        public double Distance = double.NaN, Speed, Length;
        public int Class;

        public Vehicle() { }

        public readonly bool Add(VehicleSighting[] room, ref int count)
        {
            if (!(Distance >= 0) || !(Speed >= 0) || !(Length >= 0) || count >= room.Length) return false;
            room[count++] = VehicleSighting.Of(Distance, Speed, Length, (VehicleClass)Math.Max(0, Class));
            return true;
        }
    }

    /// <summary>Writes the payload; its length, or -1 when the buffer is too short.</summary>
    public static int Write(Span<byte> buffer, long timeMs, uint sequence, int vehicles, int stopped,
        ReadOnlySpan<VehicleSighting> sightings)
    {
        var line = new JsonLine(buffer);
        line.Raw("{\"timeMs\":"u8);
        line.Number(timeMs);
        line.Raw(",\"sequence\":"u8);
        line.Number((long)sequence);
        line.Raw(",\"vehicles\":"u8);
        line.Number((long)vehicles);
        line.Raw(",\"stopped\":"u8);
        line.Number((long)stopped);
        line.Raw(",\"sightings\":["u8);
        for (int i = 0; i < sightings.Length; i++)
        {
            line.Raw(i == 0 ? "{\"distanceM\":"u8 : ",{\"distanceM\":"u8);
            line.Number(sightings[i].DistanceCm / 100.0);
            line.Raw(",\"speedMps\":"u8);
            line.Number(sightings[i].SpeedCmPerS / 100.0);
            line.Raw(",\"lengthM\":"u8);
            line.Number(sightings[i].LengthDm / 10.0);
            line.Raw(",\"class\":\""u8);
            line.Raw(WireNames.Classes[(int)sightings[i].Class]);
            line.Raw("\"}"u8);
        }
        line.Raw("]}"u8);
        return line.Length;
    }

    /// <summary>
    /// Reads a payload into an event of that detector; the sightings are its side data and lie in
    /// <paramref name="room"/>, which takes <see cref="MaxSightings"/> of them.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> json, int detector, VehicleSighting[] room,
        out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        bool read = TryScan(json, room, out Fields f) || TryParse(json, room, out f);
        extra = read ? MemoryMarshal.AsBytes(room.AsSpan(0, f.Count)) : default;
        e = new CityEvent(f.TimeMs, detector, EventKind.Camera, 0, (ushort)extra.Length, (float)f.Vehicles,
            (float)f.Stopped, 0, (uint)f.Sequence);
        return read;
    }

    internal static bool TryScan(ReadOnlySpan<byte> json, VehicleSighting[] room, out Fields f)
    {
        f = new Fields(room);
        var scan = new JsonScan(json);
        if (!scan.Begin()) return false;
        if (scan.Key("\"timeMs\":"u8) && !scan.Integer(out f.TimeMs)) return false;
        if (scan.Key("\"sequence\":"u8) && !scan.Integer(out f.Sequence)) return false;
        if (scan.Key("\"vehicles\":"u8) && !scan.Number(out f.Vehicles)) return false;
        if (scan.Key("\"stopped\":"u8) && !scan.Number(out f.Stopped)) return false;
        if (scan.Key("\"sightings\":"u8) && !ScanVehicles(ref scan, ref f)) return false;
        return scan.End() && scan.AtEnd && f.Finish();
    }

    private static bool ScanVehicles(ref JsonScan scan, ref Fields f)
    {
        if (!scan.Is((byte)'[')) return false;
        f.Count = 0;
        if (scan.Is((byte)']')) return true;
        do
        {
            var v = new Vehicle();
            if (!scan.Enter()) return false;
            if (scan.Key("\"distanceM\":"u8) && !scan.Number(out v.Distance)) return false;
            if (scan.Key("\"speedMps\":"u8) && !scan.Number(out v.Speed)) return false;
            if (scan.Key("\"lengthM\":"u8) && !scan.Number(out v.Length)) return false;
            if (scan.Key("\"class\":"u8))
            {
                if (!scan.Text(out ReadOnlySpan<byte> name)) return false;
                v.Class = WireNames.Classes.Find(name);
                if (v.Class < 0) return false;
            }
            if (!scan.Leave() || !v.Add(f.Room, ref f.Count)) return false;
        }
        while (scan.Comma());
        return scan.Is((byte)']');
    }

    internal static bool TryParse(ReadOnlySpan<byte> json, VehicleSighting[] room, out Fields f)
    {
        f = new Fields(room);
        return JsonFallback.TryRead(json, Read, ref f) && f.Finish();
    }

    private static readonly JsonFallback.Field<Fields> Read = static (ref Utf8JsonReader r, ref Fields f) =>
    {
        if (r.ValueTextEquals("timeMs"u8)) return JsonFallback.Integer(ref r, ref f.TimeMs);
        if (r.ValueTextEquals("sequence"u8)) return JsonFallback.Integer(ref r, ref f.Sequence);
        if (r.ValueTextEquals("vehicles"u8)) return JsonFallback.Number(ref r, ref f.Vehicles);
        if (r.ValueTextEquals("stopped"u8)) return JsonFallback.Number(ref r, ref f.Stopped);
        if (r.ValueTextEquals("sightings"u8)) return ReadVehicles(ref r, ref f);
        return JsonFallback.Skip(ref r);
    };

    private static bool ReadVehicles(ref Utf8JsonReader reader, ref Fields f)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) return false;
        f.Count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var v = new Vehicle();
            if (!JsonFallback.Object(ref reader, ReadVehicle, ref v) || !v.Add(f.Room, ref f.Count)) return false;
        }
        return true;
    }

    private static readonly JsonFallback.Field<Vehicle> ReadVehicle = static (ref Utf8JsonReader r, ref Vehicle v) =>
    {
        if (r.ValueTextEquals("distanceM"u8)) return JsonFallback.Number(ref r, ref v.Distance);
        if (r.ValueTextEquals("speedMps"u8)) return JsonFallback.Number(ref r, ref v.Speed);
        if (r.ValueTextEquals("lengthM"u8)) return JsonFallback.Number(ref r, ref v.Length);
        if (r.ValueTextEquals("class"u8)) return JsonFallback.Name(ref r, WireNames.Classes, ref v.Class);
        return JsonFallback.Skip(ref r);
    };
}
