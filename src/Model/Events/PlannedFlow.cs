using System.Buffers.Binary;

namespace CityBrain.Model;

/// <summary>Where a planned flow passes.</summary>
public enum PlannedPlace : byte
{
    /// <summary>Over the stop line at the end of the lane.</summary>
    StopLine = 0,
    /// <summary>Into the lane, which is an exit.</summary>
    Exit = 1,
}

/// <summary>
/// What an intersection plans to let over one stop line or into one exit, second by second from the instant
/// of the plan on: one of the records that an <see cref="EventKind.Outflow"/> carries as side data, and on
/// the wire the same.
/// <code>
///     0   i32      lane, dense index
///     4   u8       place, 0 stop line, 1 exit
///     5   3 bytes  0
///     8   80 u8    vehicles in each second, in 64ths
/// </code>
/// A rounding error is carried on to the next second, so the vehicles up to any second are right to 1/128. No
/// value can be negative, infinite or not a number; a second holds at most 3.98 vehicles, which no lane
/// discharges.
/// </summary>
public readonly ref struct PlannedFlow
{
    /// <summary>Bytes of one record.</summary>
    public const int Size = 88;
    /// <summary>Seconds that a plan tells of.</summary>
    public const int Seconds = 80;
    /// <summary>Flows that fit into the side data of one event.</summary>
    public const int MostFlows = ushort.MaxValue / Size;

    private const int Head = Size - Seconds;
    private const float PartsOfVehicle = 64;

    private readonly ReadOnlySpan<byte> _bytes;

    private PlannedFlow(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public int Lane => BinaryPrimitives.ReadInt32LittleEndian(_bytes);
    public PlannedPlace Place => (PlannedPlace)_bytes[4];

    /// <summary>Vehicles that pass in a second of the plan; none after its end.</summary>
    public float this[int second] => second < Seconds ? _bytes[Head + second] / PartsOfVehicle : 0;

    /// <summary>Record <paramref name="i"/> of an event's side data.</summary>
    public static PlannedFlow Of(ReadOnlySpan<byte> extra, int i) => new(extra.Slice(i * Size, Size));

    /// <summary>
    /// True when the side data are whole records, at least one, with nothing in them that has no meaning.
    /// </summary>
    public static bool AreValid(ReadOnlySpan<byte> extra)
    {
        if (extra.IsEmpty || extra.Length % Size != 0) return false;
        for (; extra.Length > 0; extra = extra[Size..])
            if (extra[4] > (byte)PlannedPlace.Exit || (extra[5] | extra[6] | extra[7]) != 0) return false;
        return true;
    }

    /// <summary>
    /// Writes one record of <see cref="Size"/> bytes. Of the flow, vehicles a second, what is not there is 0,
    /// and so is what is negative or no number; more than a second can hold is cut off.
    /// </summary>
    public static void Write(Span<byte> to, int lane, PlannedPlace place, ReadOnlySpan<float> flow)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, lane);
        to[4] = (byte)place;
        to[5..Size].Clear();
        float carried = 0;
        for (int t = 0; t < Math.Min(flow.Length, Seconds); t++)
        {
            float due = (flow[t] > 0 ? flow[t] * PartsOfVehicle : 0) + carried;
            float parts = Math.Clamp(MathF.Round(due), 0, byte.MaxValue);
            to[Head + t] = (byte)parts;
            carried = Math.Clamp(due - parts, -0.5f, 0.5f);
        }
    }
}
