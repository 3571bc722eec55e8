using System.Buffers.Binary;
using System.Text;

namespace CityBrain.History.Arrow;

/// <summary>Fills a column cell by cell.</summary>
public sealed class ColumnBuilder(ArrowField column)
{
    private readonly int _width = ArrowTypes.Width(column.Type);
    private byte[] _values = new byte[256];
    private byte[] _validity = new byte[32];
    private byte[] _offsets = new byte[256];
    private int _valueBytes;
    private int _nulls;

    public ArrowField Field => column;

    /// <summary>Cells so far.</summary>
    public int Length { get; private set; }

    /// <summary>A whole number, timestamp or dictionary index.</summary>
    /// <exception cref="OverflowException">It does not fit the column's type.</exception>
    public void Add(long value)
    {
        Span<byte> cell = NextCell(valid: true);
        switch (column.Type)
        {
            case ArrowType.Int8: cell[0] = (byte)checked((sbyte)value); break;
            case ArrowType.UInt8: cell[0] = checked((byte)value); break;
            case ArrowType.Int16: BinaryPrimitives.WriteInt16LittleEndian(cell, checked((short)value)); break;
            case ArrowType.UInt16: BinaryPrimitives.WriteUInt16LittleEndian(cell, checked((ushort)value)); break;
            case ArrowType.UInt32: BinaryPrimitives.WriteUInt32LittleEndian(cell, checked((uint)value)); break;
            case ArrowType.Int32:
            case ArrowType.DictionaryUtf8:
                BinaryPrimitives.WriteInt32LittleEndian(cell, checked((int)value));
                break;
            case ArrowType.Float32: BinaryPrimitives.WriteSingleLittleEndian(cell, value); break;
            case ArrowType.Float64: BinaryPrimitives.WriteDoubleLittleEndian(cell, value); break;
            case ArrowType.Bool: SetBit(value != 0); break;
            case ArrowType.Utf8: throw new InvalidOperationException($"{column.Name} takes texts");
            default: BinaryPrimitives.WriteInt64LittleEndian(cell, value); break;
        }
    }

    /// <summary>A real number.</summary>
    public void Add(double value)
    {
        Span<byte> cell = NextCell(valid: true);
        switch (column.Type)
        {
            case ArrowType.Float32: BinaryPrimitives.WriteSingleLittleEndian(cell, (float)value); break;
            case ArrowType.Float64: BinaryPrimitives.WriteDoubleLittleEndian(cell, value); break;
            default: throw new InvalidOperationException($"{column.Name} takes no real numbers");
        }
    }

    public void Add(bool value) => Add(value ? 1L : 0L);

    public void Add(string text)
    {
        if (column.Type != ArrowType.Utf8)
        {
            throw new InvalidOperationException($"{column.Name} takes no texts");
        }

        int bytes = Encoding.UTF8.GetByteCount(text);
        Reserve(ref _values, _valueBytes + bytes);
        Encoding.UTF8.GetBytes(text, _values.AsSpan(_valueBytes));
        _valueBytes += bytes;
        NextCell(valid: true);
    }

    public void AddNull()
    {
        if (!column.Nullable)
        {
            throw new InvalidOperationException($"{column.Name} takes no empty cells");
        }

        NextCell(valid: false);
        _nulls++;
    }

    /// <summary>The column; the builder starts anew.</summary>
    public ArrowColumn Build()
    {
        int bits = (Length + 7) / 8;
        int valueBytes = column.Type switch
        {
            ArrowType.Bool => bits,
            ArrowType.Utf8 => _valueBytes,
            _ => Length * _width,
        };
        ReadOnlyMemory<byte> validity = _nulls > 0 ? _validity.AsSpan(0, bits).ToArray() : default;
        ReadOnlyMemory<byte> offsets = column.Type == ArrowType.Utf8
            ? _offsets.AsSpan(0, (Length + 1) * 4).ToArray()
            : default;
        var built = new ArrowColumn(
            column, Length, _nulls, validity, offsets, _values.AsSpan(0, valueBytes).ToArray());
        Array.Clear(_values);
        Array.Clear(_validity);
        (Length, _nulls, _valueBytes) = (0, 0, 0);
        return built;
    }

    /// <summary>Makes room for a cell, marks whether it holds something, and returns its bytes.</summary>
    private Span<byte> NextCell(bool valid)
    {
        int row = Length++;
        Reserve(ref _validity, (row >> 3) + 1);
        _validity[row >> 3] |= (byte)((valid ? 1 : 0) << (row & 7));
        switch (column.Type)
        {
            case ArrowType.Utf8:
                Reserve(ref _offsets, (row + 2) * 4);
                BinaryPrimitives.WriteInt32LittleEndian(_offsets.AsSpan((row + 1) * 4), _valueBytes);
                return default;
            case ArrowType.Bool:
                Reserve(ref _values, (row >> 3) + 1);
                return default;
            default:
                Reserve(ref _values, (row + 1) * _width);
                return _values.AsSpan(row * _width, _width);
        }
    }

    private void SetBit(bool value)
    {
        int row = Length - 1;
        _values[row >> 3] |= (byte)((value ? 1 : 0) << (row & 7));
    }

    private static void Reserve(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
        {
            Array.Resize(ref buffer, Math.Max(bytes, buffer.Length * 2));
        }
    }
}
