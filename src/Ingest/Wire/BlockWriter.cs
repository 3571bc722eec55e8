using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// Writes one binary block into a given buffer; layouts are in docs/WIRE.md. Every TryAdd is false when the record
/// does not fit; what was added before stays. Finish writes the header and says how long the block is.
/// </summary>
public ref struct BlockWriter
{
    private readonly Span<byte> _buffer;
    private readonly BlockKind _kind;
    private readonly uint _numbering;
    private readonly uint _sequence;
    private int _at = BlockHeader.Size;

    /// <param name="buffer">At least 16 bytes.</param>
    /// <param name="kind">Every record of a block is of this kind.</param>
    /// <param name="numbering">See <see cref="Numbering"/>; 0 to leave it unsaid.</param>
    /// <param name="sequence">The sender's running number of blocks.</param>
    public BlockWriter(Span<byte> buffer, BlockKind kind, uint numbering = 0, uint sequence = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, BlockHeader.Size);
        _buffer = buffer;
        _kind = kind;
        _numbering = numbering;
        _sequence = sequence;
    }

    public int Count { get; private set; }

    /// <summary>Writes the header; returns the length of the block in bytes.</summary>
    public readonly int Finish()
    {
        new BlockHeader(_kind, Count, _numbering, _sequence).Write(_buffer);
        return _at;
    }

    public bool TryAdd(in LoopReading reading)
    {
        if (!Room(BlockKind.Loops, 0, out Span<byte> to)) return false;
        BinaryPrimitives.WriteInt64LittleEndian(to, reading.TimeMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], reading.Detector);
        BinaryPrimitives.WriteSingleLittleEndian(to[12..], reading.Count);
        BinaryPrimitives.WriteSingleLittleEndian(to[16..], reading.Occupancy);
        BinaryPrimitives.WriteSingleLittleEndian(to[20..], reading.SpeedMps);
        return true;
    }

    /// <summary>One picture of a zone; at most 65,535 vehicles.</summary>
    public bool TryAddCamera(long timeMs, int detector, uint sequence, int vehicles, int stopped,
        scoped ReadOnlySpan<VehicleSighting> sightings)
    {
        if (sightings.Length > ushort.MaxValue
            || !Room(BlockKind.Cameras, sightings.Length * VehicleSighting.Size, out Span<byte> to))
        {
            return false;
        }
        BinaryPrimitives.WriteInt64LittleEndian(to, timeMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], detector);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], sequence);
        BinaryPrimitives.WriteUInt16LittleEndian(to[16..], (ushort)Math.Clamp(vehicles, 0, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(to[18..], (ushort)Math.Clamp(stopped, 0, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(to[20..], (ushort)sightings.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(to[22..], 0);
        Sightings.Write(sightings, to[24..]);
        return true;
    }

    public bool TryAddButton(long timeMs, int detector, bool pressed)
    {
        if (!Room(BlockKind.Buttons, 0, out Span<byte> to)) return false;
        BinaryPrimitives.WriteInt64LittleEndian(to, timeMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], detector);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], pressed ? 1 : 0);
        return true;
    }

    /// <summary>What a controller says of itself, one aspect per group.</summary>
    public bool TryAdd(in ControllerReport report, scoped ReadOnlySpan<Aspect> aspects)
    {
        if (!Room(BlockKind.Controllers, Padded(aspects.Length), out Span<byte> to)) return false;
        BinaryPrimitives.WriteInt64LittleEndian(to, report.TimeMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], report.Intersection);
        BinaryPrimitives.WriteUInt32LittleEndian(to[12..], report.LastSequence);
        BinaryPrimitives.WriteInt16LittleEndian(to[16..], (short)report.Stage);
        to[18] = (byte)report.Mode;
        to[19] = (byte)report.Refusal;
        BinaryPrimitives.WriteUInt16LittleEndian(to[20..], (ushort)aspects.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(to[22..], 0);
        WriteAspects(aspects, to[24..]);
        return true;
    }

    public bool TryAdd(in SignalCommand command, scoped ReadOnlySpan<Aspect> aspects) => TryAddCommand(
        new ReceivedCommand(command.Kind, command.Intersection, command.Sequence, command.TimeMs,
            command.ValidUntilMs, command.TargetStage), aspects);

    public bool TryAddCommand(in ReceivedCommand command, scoped ReadOnlySpan<Aspect> aspects)
    {
        if (!Room(BlockKind.Commands, Padded(aspects.Length), out Span<byte> to)) return false;
        BinaryPrimitives.WriteInt64LittleEndian(to, command.TimeMs);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], command.ValidUntilMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], command.Intersection);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], command.Sequence);
        BinaryPrimitives.WriteInt16LittleEndian(to[24..], (short)command.TargetStage);
        to[26] = (byte)command.Kind;
        to[27] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(to[28..], (ushort)aspects.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(to[30..], 0);
        WriteAspects(aspects, to[32..]);
        return true;
    }

    /// <summary>
    /// What an intersection plans to send, as a brain tells it: the event and its side data.
    /// </summary>
    public bool TryAddOutflow(in CityEvent e, scoped ReadOnlySpan<byte> flows)
    {
        int count = flows.Length / PlannedFlow.Size;
        if (flows.Length != count * PlannedFlow.Size || count > PlannedFlow.MostFlows
            || !Room(BlockKind.Outflows, flows.Length, out Span<byte> to))
        {
            return false;
        }
        BinaryPrimitives.WriteInt64LittleEndian(to, e.TimeMs);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], e.Index);
        BinaryPrimitives.WriteUInt16LittleEndian(to[12..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(to[14..], 0);
        flows.CopyTo(to[16..]);
        return true;
    }

    internal static int Padded(int length) => (length + 7) & ~7;

    private bool Room(BlockKind kind, int more, out Span<byte> to)
    {
        if (kind != _kind) throw new InvalidOperationException($"a block of {_kind} takes no {kind}");
        int size = BlockHeader.RecordSize(kind) + more;
        if (size > _buffer.Length - _at)
        {
            to = default;
            return false;
        }
        to = _buffer.Slice(_at, size);
        _at += size;
        Count++;
        return true;
    }

    private static void WriteAspects(ReadOnlySpan<Aspect> aspects, Span<byte> to)
    {
        to.Clear();
        MemoryMarshal.AsBytes(aspects).CopyTo(to);
    }
}
