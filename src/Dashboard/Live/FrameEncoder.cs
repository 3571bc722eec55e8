using System.Buffers.Binary;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// Writes live frames as docs/WIRE-DASHBOARD.md says: fixed rows, little-endian; a key frame has all rows, a
/// delta those that differ from the frame before.
/// </summary>
internal sealed class FrameEncoder
{
    public const byte KeyKind = 1, DeltaKind = 2, VehiclesKind = 3, Version = 2;
    public const int HeaderSize = 64, LaneSize = 10, IntersectionFixedSize = 44;

    private const ushort NoValue = ushort.MaxValue;

    private readonly City _city;
    private readonly UsualCity? _usual;
    private readonly int[] _rowStart;
    private byte[] _rows, _previous;
    private bool _any;

    /// <param name="city">The city of the frames.</param>
    /// <param name="usual">What is usual in it; null: nothing is known of that.</param>
    public FrameEncoder(City city, UsualCity? usual = null)
    {
        _city = city;
        _usual = usual;
        _rowStart = new int[city.Intersections.Length + 1];
        _rowStart[0] = city.Lanes.Length * LaneSize;
        for (int i = 0; i < city.Intersections.Length; i++)
            _rowStart[i + 1] = _rowStart[i] + IntersectionFixedSize + city.Intersections[i].Groups.Length;
        _rows = new byte[_rowStart[^1]];
        _previous = new byte[_rows.Length];
    }

    /// <summary>Encodes a frame; the delta is null for the first one.</summary>
    public (byte[] Key, byte[]? Delta) Encode(CityFrame frame, uint number)
    {
        (_rows, _previous) = (_previous, _rows);
        for (int l = 0; l < _city.Lanes.Length; l++)
            WriteLane(_rows.AsSpan(l * LaneSize, LaneSize), frame.Lanes[l], _city.Lanes[l], _usual?.Judge(l) ?? Unusual.Unknown);
        for (int i = 0; i < _city.Intersections.Length; i++) WriteIntersection(frame, i);
        var key = new byte[HeaderSize + _rows.Length];
        WriteHeader(key, KeyKind, number, frame, _city.Lanes.Length, _city.Intersections.Length);
        _rows.CopyTo(key.AsSpan(HeaderSize));
        byte[]? delta = _any ? Delta(frame, number) : null;
        _any = true;
        return (key, delta);
    }

    /// <summary>The vehicles in view, lane by lane; kind 3.</summary>
    public byte[] EncodeVehicles(CityFrame frame, uint number)
    {
        int count = 0, lanes = 0;
        for (int l = 0; l < frame.Lanes.Length; l++)
        {
            count += frame.Lanes[l].SightingCount;
            if (frame.Lanes[l].SightingCount > 0) lanes++;
        }
        var bytes = new byte[24 + lanes * 5 + count * 5];
        bytes[0] = VehiclesKind;
        bytes[1] = Version;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), number);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), frame.TimeMs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), lanes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), count);
        int at = 24;
        for (int l = 0; l < frame.Lanes.Length; l++)
        {
            ReadOnlySpan<VehicleSighting> seen = frame.SightingsOf(l);
            if (seen.IsEmpty) continue;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), l);
            bytes[at + 4] = (byte)seen.Length;
            at += 5;
            foreach (VehicleSighting v in seen)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), v.DistanceCm);
                bytes[at + 2] = Quantise(v.SpeedMps, 0.2f);
                bytes[at + 3] = v.LengthDm;
                bytes[at + 4] = (byte)v.Class;
                at += 5;
            }
        }
        return bytes;
    }

    private byte[] Delta(CityFrame frame, uint number)
    {
        int lanes = 0, intersections = 0, size = HeaderSize;
        for (int l = 0; l < _city.Lanes.Length; l++)
            if (Differs(l * LaneSize, LaneSize)) { lanes++; size += 4 + LaneSize; }
        for (int i = 0; i < _city.Intersections.Length; i++)
            if (Differs(_rowStart[i], RowLength(i))) { intersections++; size += 4 + RowLength(i); }
        var delta = new byte[size];
        WriteHeader(delta, DeltaKind, number, frame, lanes, intersections);
        int at = HeaderSize;
        for (int l = 0; l < _city.Lanes.Length; l++) CopyRow(delta, ref at, l, l * LaneSize, LaneSize);
        for (int i = 0; i < _city.Intersections.Length; i++)
            CopyRow(delta, ref at, i, _rowStart[i], RowLength(i));
        return delta;
    }

    private int RowLength(int i) => _rowStart[i + 1] - _rowStart[i];

    private bool Differs(int start, int length) =>
        !_rows.AsSpan(start, length).SequenceEqual(_previous.AsSpan(start, length));

    private void CopyRow(byte[] to, ref int at, int index, int start, int length)
    {
        if (!Differs(start, length)) return;
        BinaryPrimitives.WriteInt32LittleEndian(to.AsSpan(at), index);
        _rows.AsSpan(start, length).CopyTo(to.AsSpan(at + 4));
        at += 4 + length;
    }

    private static void WriteHeader(Span<byte> to, byte kind, uint number, CityFrame frame, int lanes, int intersections)
    {
        to[0] = kind;
        to[1] = Version;
        to[2] = (byte)frame.Clock;
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], number);
        BinaryPrimitives.WriteDoubleLittleEndian(to[8..], frame.TimeMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], lanes);
        BinaryPrimitives.WriteInt32LittleEndian(to[20..], intersections);
        ref readonly CityTotals t = ref frame.Totals;
        ReadOnlySpan<float> totals =
            [t.Vehicles, t.Stopped, t.SpeedMps, t.FlowVph, t.DelayRate, t.QueueM, t.LongestWaitS];
        for (int i = 0; i < totals.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(to[(24 + 4 * i)..], totals[i]);
        BinaryPrimitives.WriteInt32LittleEndian(to[52..], t.LongestWaitIntersection);
        BinaryPrimitives.WriteInt32LittleEndian(to[56..], t.SpillbackLanes);
        BinaryPrimitives.WriteUInt16LittleEndian(to[60..], (ushort)Math.Min(t.Fallback, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(to[62..], (ushort)Math.Min(t.Faulty, ushort.MaxValue));
    }

    private static void WriteLane(Span<byte> row, in LaneState s, Lane lane, Unusual unusual)
    {
        row[0] = Quantise(s.Vehicles, 1);
        row[1] = Quantise(s.Stopped, 1);
        row[2] = s.Vehicles > 0 ? Math.Min((byte)254, Quantise(s.SpeedMps, 0.2f)) : (byte)255;
        row[3] = Quantise(s.Occupancy, 1 / 255f);
        row[4] = Quantise(s.Confidence, 1 / 255f);
        bool spilled = s.QueueTailM > 0 && s.QueueTailM >= CityFrame.SpillbackShare * lane.Length.Value;
        row[5] = (byte)((spilled ? 1 : 0) | (s.SeenMs > 0 ? 2 : 0) | (int)unusual << 2);
        BinaryPrimitives.WriteUInt16LittleEndian(row[6..], Wide(s.QueueTailM * 10));
        BinaryPrimitives.WriteUInt16LittleEndian(row[8..], Wide(s.FlowVph));
    }

    private void WriteIntersection(CityFrame frame, int i)
    {
        Span<byte> row = _rows.AsSpan(_rowStart[i], RowLength(i));
        ref readonly IntersectionFrame s = ref frame.Intersections[i];
        row[0] = Small(s.Stage);
        row[1] = Small(s.PreviousStage);
        row[2] = (byte)((s.Changing ? 1 : 0) | (s.Commanded ? 2 : 0));
        row[3] = (byte)s.Mode;
        row[4] = (byte)s.Reason.Rule;
        row[5] = (byte)s.Reason.Gate;
        row[6] = (byte)s.Override;
        row[7] = Small(s.OverrideStage);
        BinaryPrimitives.WriteDoubleLittleEndian(row[8..], s.StageSinceMs);
        BinaryPrimitives.WriteDoubleLittleEndian(row[16..], s.WaitSinceMs);
        BinaryPrimitives.WriteDoubleLittleEndian(row[24..], s.OverrideUntilMs);
        row[32] = Small(s.WaitGroup);
        row[33] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(row[34..], Wide(s.Vehicles));
        BinaryPrimitives.WriteUInt16LittleEndian(row[36..], Wide(s.Stopped));
        bool silent = s.SeenMs <= 0 || frame.TimeMs - s.SeenMs > _city.Intersections[i].Limits.Fallback.Value;
        row[38] = (byte)(silent ? 1 : 0);
        row[39] = 0;
        (float now, float usual) = _usual?.DelayOf(_city.Intersections[i]) ?? (0, -1);
        BinaryPrimitives.WriteUInt16LittleEndian(row[40..], Math.Min(Wide(now * 100), (ushort)(NoValue - 1)));
        BinaryPrimitives.WriteUInt16LittleEndian(row[42..], usual < 0 ? NoValue : Math.Min(Wide(usual * 100), (ushort)(NoValue - 1)));
        for (int g = 0; g < _city.Intersections[i].Groups.Length; g++)
            row[IntersectionFixedSize + g] = (byte)frame.Groups[i * frame.MaxGroups + g].Reported;
    }

    private static byte Small(short value) => value is < 0 or > 254 ? (byte)255 : (byte)value;

    private static byte Quantise(float value, float unit) => (byte)Math.Clamp(MathF.Round(value / unit), 0, 255);

    private static ushort Wide(float value) => (ushort)Math.Clamp(MathF.Round(value), 0, ushort.MaxValue);
}
