using System.Buffers.Binary;

namespace CityBrain.Ingest.Wire;

/// <summary>What the records of a binary block are.</summary>
public enum BlockKind : byte { Loops = 1, Cameras = 2, Buttons = 3, Controllers = 4, Commands = 5, Outflows = 6 }

/// <summary>The header of a binary block, 16 bytes; a payload is one block or several, one after the other.</summary>
/// <param name="Kind">What the records are.</param>
/// <param name="Count">How many records follow.</param>
/// <param name="Numbering">See <see cref="Wire.Numbering"/>; 0 when the sender does not say.</param>
/// <param name="Sequence">The sender's running number of blocks, 0 where it has none.</param>
public readonly record struct BlockHeader(BlockKind Kind, int Count, uint Numbering, uint Sequence)
{
    public const int Size = 16;
    public const byte Version = 1;

    /// <summary>'C', the first byte of every binary payload; a JSON payload begins with '{'.</summary>
    public const byte First = (byte)'C';

    public const byte Second = (byte)'B';

    /// <summary>Bytes of a record without what its own length fields add.</summary>
    public static int RecordSize(BlockKind kind) => kind switch
    {
        BlockKind.Loops => 24,
        BlockKind.Cameras => 24,
        BlockKind.Buttons => 16,
        BlockKind.Controllers => 24,
        BlockKind.Outflows => 16,
        _ => 32,
    };

    public static bool TryRead(ReadOnlySpan<byte> bytes, out BlockHeader header)
    {
        header = default;
        if (bytes.Length < Size || bytes[0] != First || bytes[1] != Second || bytes[2] != Version) return false;
        var kind = (BlockKind)bytes[3];
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (kind is < BlockKind.Loops or > BlockKind.Outflows) return false;
        if (count > (uint)(bytes.Length - Size) / (uint)RecordSize(kind)) return false;
        header = new BlockHeader(kind, (int)count, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
        return true;
    }

    public void Write(Span<byte> bytes)
    {
        bytes[0] = First;
        bytes[1] = Second;
        bytes[2] = Version;
        bytes[3] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], Count);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Numbering);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Sequence);
    }
}
