using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>The 8-byte sightings of a camera record; the same bytes travel as an event's side data.</summary>
internal static class Sightings
{
    public static void Write(ReadOnlySpan<VehicleSighting> from, Span<byte> to)
    {
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(from).CopyTo(to);
            return;
        }
        foreach (VehicleSighting s in from)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to, s.DistanceCm);
            BinaryPrimitives.WriteUInt16LittleEndian(to[2..], s.SpeedCmPerS);
            to[4] = s.LengthDm;
            to[5] = (byte)s.Class;
            BinaryPrimitives.WriteUInt16LittleEndian(to[6..], 0);
            to = to[VehicleSighting.Size..];
        }
    }

    /// <summary>True when every class is one we know and the reserved bytes are zero.</summary>
    public static bool AreValid(ReadOnlySpan<byte> bytes)
    {
        ulong bad = 0;
        foreach (ulong s in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            ulong kind = (s >> 40) & 0xFF;
            bad |= (s >> 48) | (kind > (ulong)VehicleClass.Emergency ? 1UL : 0);
        }
        return bad == 0;
    }
}
