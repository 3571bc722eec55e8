using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace CityBrain.History.Arrow;

/// <summary>The cells of a column in one batch, in the buffers of the Arrow format.</summary>
public sealed class ArrowColumn
{
    internal ArrowColumn(
        ArrowField field, int length, int nulls, ReadOnlyMemory<byte> validity, ReadOnlyMemory<byte> offsets,
        ReadOnlyMemory<byte> values)
    {
        Field = field;
        Length = length;
        Nulls = nulls;
        Validity = validity;
        Offsets = offsets;
        Values = values;
    }

    public ArrowField Field { get; }

    public int Length { get; }

    /// <summary>Empty cells.</summary>
    public int Nulls { get; }

    internal ReadOnlyMemory<byte> Validity { get; }

    internal ReadOnlyMemory<byte> Offsets { get; }

    internal ReadOnlyMemory<byte> Values { get; }

    public bool IsNull(int row) => Nulls > 0 && !Bit(Validity.Span, row);

    /// <summary>All values of a column of fixed width, empty cells holding anything.</summary>
    public ReadOnlySpan<T> Span<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Values.Span)[..Length];

    /// <summary>A whole number, timestamp or index; a flag as 0 or 1.</summary>
    public long Integer(int row)
    {
        ReadOnlySpan<byte> values = Values.Span;
        return Field.Type switch
        {
            ArrowType.Int8 => (sbyte)values[row],
            ArrowType.UInt8 => values[row],
            ArrowType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(values[(row * 2)..]),
            ArrowType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(values[(row * 2)..]),
            ArrowType.Int32 or ArrowType.DictionaryUtf8 =>
                BinaryPrimitives.ReadInt32LittleEndian(values[(row * 4)..]),
            ArrowType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(values[(row * 4)..]),
            ArrowType.Bool => Bit(values, row) ? 1 : 0,
            ArrowType.Float32 or ArrowType.Float64 or ArrowType.Utf8 =>
                throw new InvalidOperationException($"{Field.Name} is {Field.Type}"),
            _ => BinaryPrimitives.ReadInt64LittleEndian(values[(row * 8)..]),
        };
    }

    /// <summary>A number.</summary>
    public double Real(int row) => Field.Type switch
    {
        ArrowType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(Values.Span[(row * 4)..]),
        ArrowType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(Values.Span[(row * 8)..]),
        _ => Integer(row),
    };

    /// <summary>A text.</summary>
    public string Text(int row)
    {
        if (Field.Type == ArrowType.DictionaryUtf8)
        {
            return Field.Dictionary![(int)Integer(row)];
        }

        int start = BinaryPrimitives.ReadInt32LittleEndian(Offsets.Span[(row * 4)..]);
        int end = BinaryPrimitives.ReadInt32LittleEndian(Offsets.Span[((row * 4) + 4)..]);
        return Encoding.UTF8.GetString(Values.Span[start..end]);
    }

    /// <summary>Checks buffers that others wrote, once, so that reading cells is safe.</summary>
    internal void Check()
    {
        long bits = (Length + 7L) / 8;
        long least = Field.Type switch
        {
            ArrowType.Bool => bits,
            ArrowType.Utf8 => 0,
            _ => (long)Length * ArrowTypes.Width(Field.Type),
        };
        bool short_ = Values.Length < least || (Nulls > 0 && Validity.Length < bits) || Nulls > Length;
        if (short_ || (Field.Type == ArrowType.Utf8 && !OffsetsFit()) || !IndicesFit())
        {
            throw new ArrowFormatException($"column {Field.Name}: buffers too short");
        }
    }

    private bool OffsetsFit()
    {
        if (Length == 0)
        {
            return true;
        }

        if (Offsets.Length < (Length + 1L) * 4)
        {
            return false;
        }

        ReadOnlySpan<int> offsets = MemoryMarshal.Cast<byte, int>(Offsets.Span)[..(Length + 1)];
        int before = 0;
        foreach (int offset in offsets)
        {
            if (offset < before || offset > Values.Length)
            {
                return false;
            }

            before = offset;
        }

        return true;
    }

    private bool IndicesFit()
    {
        if (Field.Type != ArrowType.DictionaryUtf8)
        {
            return true;
        }

        for (int row = 0; row < Length; row++)
        {
            if (!IsNull(row) && (ulong)Integer(row) >= (ulong)Field.Dictionary!.Count)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Bit(ReadOnlySpan<byte> bits, int row) => ((bits[row >> 3] >> (row & 7)) & 1) != 0;
}

/// <summary>Some rows of a table: a column for each field.</summary>
/// <param name="Length">Rows.</param>
/// <param name="Columns">In the order of the schema.</param>
public sealed record ArrowBatch(int Length, IReadOnlyList<ArrowColumn> Columns);
