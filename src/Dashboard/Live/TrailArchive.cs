using System.Buffers.Binary;

namespace CityBrain.Dashboard;

/// <summary>
/// Where vehicles were during the last five minutes, for time-space diagrams: the messages of vehicles in view, one
/// every two seconds of data time, within a bound of bytes.
/// </summary>
internal sealed class TrailArchive(int boundBytes)
{
    public const int StepMs = 2_000, KeptMs = 300_000, DotBytes = 8;
    private const int HeadBytes = 16;

    private readonly Queue<(long TimeMs, byte[] Vehicles)> _kept = new();
    private long _bytes, _lastMs;

    public void Note(long timeMs, byte[] vehicles)
    {
        long since = timeMs - _lastMs;
        if (_kept.Count > 0 && since is >= 0 and < StepMs) return;
        if (since < 0) Clear();
        _lastMs = timeMs;
        _kept.Enqueue((timeMs, vehicles));
        _bytes += vehicles.Length;
        while (_kept.Count > 0 && (_bytes > boundBytes || _kept.Peek().TimeMs < timeMs - KeptMs))
            _bytes -= _kept.Dequeue().Vehicles.Length;
    }

    /// <summary>
    /// The dots on some lanes after an instant, as docs/WIRE-DASHBOARD.md says: f64 first instant, u32 dots, u32 0; a
    /// dot is u32 milliseconds after it, u16 position in the list of lanes, u16 decimetres before the lane's end.
    /// </summary>
    public byte[] Of(int[] lanes, long afterMs)
    {
        var positions = new Dictionary<int, ushort>();
        for (int k = 0; k < lanes.Length; k++) positions.TryAdd(lanes[k], (ushort)k);
        var dots = new MemoryStream();
        dots.SetLength(HeadBytes);
        dots.Position = HeadBytes;
        long begin = 0;
        foreach ((long timeMs, byte[] vehicles) in _kept)
        {
            if (timeMs <= afterMs) continue;
            if (begin == 0) begin = timeMs;
            Add(dots, vehicles, positions, (uint)(timeMs - begin));
        }
        byte[] result = dots.ToArray();
        BinaryPrimitives.WriteDoubleLittleEndian(result, begin);
        BinaryPrimitives.WriteUInt32LittleEndian(result.AsSpan(8), (uint)((result.Length - HeadBytes) / DotBytes));
        return result;
    }

    /// <summary>Reads a message of kind 3 and writes the dots that are asked for.</summary>
    private static void Add(MemoryStream dots, byte[] vehicles, Dictionary<int, ushort> positions, uint afterMs)
    {
        Span<byte> dot = stackalloc byte[DotBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(dot, afterMs);
        int lanes = BinaryPrimitives.ReadInt32LittleEndian(vehicles.AsSpan(16)), at = 24;
        for (int k = 0; k < lanes; k++)
        {
            int lane = BinaryPrimitives.ReadInt32LittleEndian(vehicles.AsSpan(at)), count = vehicles[at + 4];
            at += 5;
            if (positions.TryGetValue(lane, out ushort position))
                for (int v = 0; v < count; v++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(dot[4..], position);
                    ushort cm = BinaryPrimitives.ReadUInt16LittleEndian(vehicles.AsSpan(at + v * 5));
                    BinaryPrimitives.WriteUInt16LittleEndian(dot[6..], (ushort)(cm / 10));
                    dots.Write(dot);
                }
            at += count * 5;
        }
    }

    private void Clear()
    {
        _kept.Clear();
        _bytes = 0;
    }
}
