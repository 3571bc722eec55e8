using System.Buffers.Binary;
using System.Text;

namespace CityBrain.History.Arrow;

/// <summary>
/// Builds a FlatBuffer from its end to its beginning (format: the FlatBuffers project's internals document):
/// children first, then the tables that point to them. Positions are counted from the end of the buffer.
/// </summary>
internal sealed class FlatBuilder
{
    private byte[] _buffer = new byte[1024];
    private int _head = 1024;
    private int[] _fields = [];
    private int _tableEnd;
    private int _alignment = 4;

    private int Position => _buffer.Length - _head;

    /// <summary>A string; returns its position.</summary>
    public int Text(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Prepare(4, length + 1);
        _head -= length + 1;
        Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_head));
        _buffer[_head + length] = 0;
        PutInt(length);
        return Position;
    }

    /// <summary>A vector of tables or strings by their positions.</summary>
    public int Vector(IReadOnlyList<int> positions)
    {
        Prepare(4, positions.Count * 4);
        for (int i = positions.Count - 1; i >= 0; i--)
        {
            PutOffset(positions[i]);
        }

        PutInt(positions.Count);
        return Position;
    }

    /// <summary>A vector of structs made of 64-bit numbers.</summary>
    public int Structs(ReadOnlySpan<long> numbers, int numbersEach)
    {
        Prepare(4, numbers.Length * 8);
        Prepare(8, numbers.Length * 8);
        for (int i = numbers.Length - 1; i >= 0; i--)
        {
            _head -= 8;
            BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_head), numbers[i]);
        }

        PutInt(numbers.Length / numbersEach);
        return Position;
    }

    /// <summary>Begins a table with so many fields; add them, then <see cref="EndTable"/>.</summary>
    public void Table(int fields)
    {
        _fields = new int[fields];
        _tableEnd = Position;
    }

    public void Field(int index, long value)
    {
        Prepare(8, 0);
        _head -= 8;
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_head), value);
        _fields[index] = Position;
    }

    public void Field(int index, int value)
    {
        Prepare(4, 0);
        PutInt(value);
        _fields[index] = Position;
    }

    public void Field(int index, short value)
    {
        Prepare(2, 0);
        PutShort(value);
        _fields[index] = Position;
    }

    public void Field(int index, byte value)
    {
        Prepare(1, 0);
        _buffer[--_head] = value;
        _fields[index] = Position;
    }

    /// <summary>A field that points to a table, string or vector; position 0 leaves it out.</summary>
    public void Offset(int index, int position)
    {
        if (position != 0)
        {
            Prepare(4, 0);
            PutOffset(position);
            _fields[index] = Position;
        }
    }

    /// <summary>Ends the table; returns its position.</summary>
    public int EndTable()
    {
        Prepare(4, 0);
        PutInt(0);
        int table = Position;
        int length = _fields.Length;
        while (length > 0 && _fields[length - 1] == 0)
        {
            length--;
        }

        Prepare(2, (length + 2) * 2);
        for (int i = length - 1; i >= 0; i--)
        {
            PutShort((short)(_fields[i] == 0 ? 0 : table - _fields[i]));
        }

        PutShort((short)(table - _tableEnd));
        PutShort((short)((length + 2) * 2));
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_buffer.Length - table), Position - table);
        return table;
    }

    /// <summary>The bytes of the buffer with a table as its root.</summary>
    public ReadOnlyMemory<byte> Finish(int root)
    {
        Prepare(_alignment, 4);
        PutOffset(root);
        return _buffer.AsMemory(_head);
    }

    /// <summary>Pads so that after so many more bytes the position is a multiple of the size.</summary>
    private void Prepare(int size, int more)
    {
        _alignment = Math.Max(_alignment, size);
        int pad = -(Position + more) & (size - 1);
        while (_head < pad + size + more)
        {
            var grown = new byte[_buffer.Length * 2];
            _buffer.CopyTo(grown, _buffer.Length);
            _head += _buffer.Length;
            _buffer = grown;
        }

        _head -= pad;
        _buffer.AsSpan(_head, pad).Clear();
    }

    private void PutOffset(int position)
    {
        Prepare(4, 0);
        PutInt(Position + 4 - position);
    }

    private void PutInt(int value)
    {
        _head -= 4;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_head), value);
    }

    private void PutShort(short value)
    {
        _head -= 2;
        BinaryPrimitives.WriteInt16LittleEndian(_buffer.AsSpan(_head), value);
    }
}
