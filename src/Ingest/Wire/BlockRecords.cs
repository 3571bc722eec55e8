using System.Buffers.Binary;
using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// Reads the records of a block one by one from the front of a span. False, with the span wherever it was, when a
/// record is cut short or holds a value that its field does not have.
/// </summary>
internal static class BlockRecords
{
    public static bool TryLoop(scoped ref ReadOnlySpan<byte> rest, out CityEvent e)
    {
        e = default;
        if (rest.Length < 24) return false;
        e = new CityEvent(BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt32LittleEndian(rest[8..]),
            EventKind.Loop, 0, 0, BinaryPrimitives.ReadSingleLittleEndian(rest[12..]),
            BinaryPrimitives.ReadSingleLittleEndian(rest[16..]), BinaryPrimitives.ReadSingleLittleEndian(rest[20..]), 0);
        rest = rest[24..];
        return true;
    }

    public static bool TryCamera(scoped ref ReadOnlySpan<byte> rest, out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        e = default;
        extra = default;
        if (rest.Length < 24) return false;
        int bytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[20..]) * VehicleSighting.Size;
        if (BinaryPrimitives.ReadUInt16LittleEndian(rest[22..]) != 0 || bytes > rest.Length - 24
            || bytes > ushort.MaxValue)
        {
            return false;
        }
        extra = rest.Slice(24, bytes);
        e = new CityEvent(BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt32LittleEndian(rest[8..]),
            EventKind.Camera, 0, (ushort)bytes, BinaryPrimitives.ReadUInt16LittleEndian(rest[16..]),
            BinaryPrimitives.ReadUInt16LittleEndian(rest[18..]), 0, BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]));
        rest = rest[(24 + bytes)..];
        return Sightings.AreValid(extra);
    }

    public static bool TryButton(scoped ref ReadOnlySpan<byte> rest, out CityEvent e)
    {
        e = default;
        if (rest.Length < 16) return false;
        uint code = BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]);
        e = new CityEvent(BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt32LittleEndian(rest[8..]),
            EventKind.Button, (byte)code, 0, 0, 0, 0, 0);
        rest = rest[16..];
        return code <= 1;
    }

    public static bool TryController(
        scoped ref ReadOnlySpan<byte> rest, out ControllerReport report, out ReadOnlySpan<byte> aspects)
    {
        report = default;
        aspects = default;
        if (rest.Length < 24) return false;
        int groups = BinaryPrimitives.ReadUInt16LittleEndian(rest[20..]), padded = BlockWriter.Padded(groups);
        if (BinaryPrimitives.ReadUInt16LittleEndian(rest[22..]) != 0 || padded > rest.Length - 24) return false;
        report = new ControllerReport(BinaryPrimitives.ReadInt64LittleEndian(rest),
            BinaryPrimitives.ReadInt32LittleEndian(rest[8..]), (ControllerMode)rest[18],
            BinaryPrimitives.ReadInt16LittleEndian(rest[16..]), BinaryPrimitives.ReadUInt32LittleEndian(rest[12..]),
            (Refusal)rest[19]);
        aspects = rest.Slice(24, groups);
        rest = rest[(24 + padded)..];
        return report.Mode <= ControllerMode.Off && report.Refusal <= Refusal.Malformed && report.Stage >= -1
            && AspectText.AreValid(aspects);
    }

    public static bool TryOutflow(
        scoped ref ReadOnlySpan<byte> rest, out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        e = default;
        extra = default;
        if (rest.Length < 16) return false;
        long timeMs = BinaryPrimitives.ReadInt64LittleEndian(rest);
        int intersection = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
        int flows = BinaryPrimitives.ReadUInt16LittleEndian(rest[12..]), bytes = flows * PlannedFlow.Size;
        if (BinaryPrimitives.ReadUInt16LittleEndian(rest[14..]) != 0 || flows > PlannedFlow.MostFlows
            || bytes > rest.Length - 16)
        {
            return false;
        }
        extra = rest.Slice(16, bytes);
        e = new CityEvent(timeMs, intersection, EventKind.Outflow, 0, (ushort)bytes, 0, 0, 0, 0);
        rest = rest[(16 + bytes)..];
        return PlannedFlow.AreValid(extra);
    }

    public static bool TryCommand(
        scoped ref ReadOnlySpan<byte> rest, out ReceivedCommand command, out ReadOnlySpan<Aspect> aspects)
    {
        command = default;
        aspects = default;
        if (rest.Length < 32) return false;
        int groups = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]), padded = BlockWriter.Padded(groups);
        if (BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]) != 0 || padded > rest.Length - 32) return false;
        command = new ReceivedCommand((CommandKind)rest[26], BinaryPrimitives.ReadInt32LittleEndian(rest[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]), BinaryPrimitives.ReadInt64LittleEndian(rest),
            BinaryPrimitives.ReadInt64LittleEndian(rest[8..]), BinaryPrimitives.ReadInt16LittleEndian(rest[24..]));
        ReadOnlySpan<byte> bytes = rest.Slice(32, groups);
        aspects = AspectText.Of(bytes);
        rest = rest[(32 + padded)..];
        return command.Kind is CommandKind.Show or CommandKind.Release && command.TargetStage >= -1
            && AspectText.AreValid(bytes);
    }
}
