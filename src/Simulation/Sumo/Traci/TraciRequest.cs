using System.Buffers.Binary;
using System.Text;

namespace CityBrain.Simulation.Sumo;

/// <summary>One message to SUMO: its length, then commands. Reused; numbers are big-endian.</summary>
internal sealed class TraciRequest
{
    private const int LengthBytes = 4;
    private byte[] _bytes = new byte[4096];
    private int _length = LengthBytes;
    private int _commandAt;

    /// <summary>Commands in this message.</summary>
    public int Commands { get; private set; }

    public void Clear()
    {
        _length = LengthBytes;
        Commands = 0;
    }

    /// <summary>Starts a command; always in the long form (a zero byte and 32 bits of length).</summary>
    public TraciRequest Begin(byte command)
    {
        _commandAt = _length;
        Commands++;
        Byte(0);
        Integer(0);
        return Byte(command);
    }

    /// <summary>Ends a command: writes its length.</summary>
    public void End() =>
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_commandAt + 1), _length - _commandAt);

    public TraciRequest Byte(byte value)
    {
        Room(1)[0] = value;
        return this;
    }

    public TraciRequest Integer(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Room(4), value);
        return this;
    }

    public TraciRequest Double(double value)
    {
        BinaryPrimitives.WriteDoubleBigEndian(Room(8), value);
        return this;
    }

    public TraciRequest Text(ReadOnlySpan<byte> latin1)
    {
        Integer(latin1.Length);
        latin1.CopyTo(Room(latin1.Length));
        return this;
    }

    public TraciRequest Text(string text) => Text(Encoding.Latin1.GetBytes(text));

    /// <summary>The whole message, ready to be sent.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes, _length);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        Span<byte> room = _bytes.AsSpan(_length, bytes);
        _length += bytes;
        return room;
    }
}
