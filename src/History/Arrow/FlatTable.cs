using System.Buffers.Binary;
using System.Text;

namespace CityBrain.History.Arrow;

/// <summary>
/// A table in a FlatBuffer that others may have written: every step is checked against the buffer, and what
/// does not fit is an <see cref="ArrowFormatException"/>.
/// </summary>
internal readonly struct FlatTable
{
    private readonly ReadOnlyMemory<byte> _buffer;
    private readonly int _position;

    private FlatTable(ReadOnlyMemory<byte> buffer, int position)
    {
        (_buffer, _position) = (buffer, position);
    }

    public static FlatTable Root(ReadOnlyMemory<byte> buffer) => new(buffer, Int(buffer.Span, 0));

    public long Long(int field, long otherwise = 0) => At(field, 8) is var p and > 0
        ? BinaryPrimitives.ReadInt64LittleEndian(_buffer.Span[p..])
        : otherwise;

    public int Int(int field, int otherwise = 0) => At(field, 4) is var p and > 0
        ? BinaryPrimitives.ReadInt32LittleEndian(_buffer.Span[p..])
        : otherwise;

    public short Short(int field, short otherwise = 0) => At(field, 2) is var p and > 0
        ? BinaryPrimitives.ReadInt16LittleEndian(_buffer.Span[p..])
        : otherwise;

    public byte Byte(int field) => At(field, 1) is var p and > 0 ? _buffer.Span[p] : (byte)0;

    public FlatTable? Table(int field) => At(field, 4) is var p and > 0
        ? new FlatTable(_buffer, Follow(p))
        : null;

    public string? Text(int field) => At(field, 4) is var p and > 0 ? TextAt(Follow(p)) : null;

    /// <summary>The tables of a vector.</summary>
    public FlatTable[] Tables(int field)
    {
        (int start, int count) = Vector(field, 4);
        var tables = new FlatTable[count];
        for (int i = 0; i < count; i++)
        {
            tables[i] = new FlatTable(_buffer, Follow(start + (i * 4)));
        }

        return tables;
    }

    /// <summary>The 64-bit numbers of a vector of structs made of them.</summary>
    public long[] Structs(int field, int numbersEach)
    {
        (int start, int count) = Vector(field, numbersEach * 8);
        var numbers = new long[count * numbersEach];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadInt64LittleEndian(_buffer.Span[(start + (i * 8))..]);
        }

        return numbers;
    }

    private (int Start, int Count) Vector(int field, int bytesEach)
    {
        int p = At(field, 4);
        if (p == 0)
        {
            return (0, 0);
        }

        int at = Follow(p);
        int count = Int(_buffer.Span, at);
        if (count < 0 || (long)count * bytesEach > _buffer.Length - at - 4)
        {
            throw Broken();
        }

        return (at + 4, count);
    }

    private string TextAt(int at)
    {
        int length = Int(_buffer.Span, at);
        if (length < 0 || length > _buffer.Length - at - 4)
        {
            throw Broken();
        }

        return Encoding.UTF8.GetString(_buffer.Span.Slice(at + 4, length));
    }

    /// <summary>Where a field's value is, or 0 when it is left out.</summary>
    private int At(int field, int bytes)
    {
        ReadOnlySpan<byte> span = _buffer.Span;
        long vtable = (long)_position - Int(span, _position);
        if (vtable < 0 || vtable > span.Length - 4)
        {
            throw Broken();
        }

        int size = BinaryPrimitives.ReadUInt16LittleEndian(span[(int)vtable..]);
        int entry = 4 + (field * 2);
        if (entry + 2 > size || vtable + entry + 2 > span.Length)
        {
            return 0;
        }

        int offset = BinaryPrimitives.ReadUInt16LittleEndian(span[((int)vtable + entry)..]);
        if (offset == 0)
        {
            return 0;
        }

        return _position + offset + bytes <= span.Length ? _position + offset : throw Broken();
    }

    private int Follow(int at)
    {
        long target = (long)at + Int(_buffer.Span, at);
        return target > 0 && target <= _buffer.Length - 4 ? (int)target : throw Broken();
    }

    private static int Int(ReadOnlySpan<byte> span, int at) => at >= 0 && at <= span.Length - 4
        ? BinaryPrimitives.ReadInt32LittleEndian(span[at..])
        : throw Broken();

    private static ArrowFormatException Broken() => new("the metadata points outside itself");
}
