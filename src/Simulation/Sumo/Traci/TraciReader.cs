using System.Buffers.Binary;
using System.Text;

namespace CityBrain.Simulation.Sumo;

/// <summary>Reads SUMO's answer from front to back.</summary>
internal ref struct TraciReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public int Integer() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>The bytes of a string (Latin-1 by the protocol; SUMO passes on what its files hold).</summary>
    public ReadOnlySpan<byte> Text() => Take(Integer());

    /// <summary>Starts a command of the answer and says which it is.</summary>
    public byte Command()
    {
        if (Byte() == 0) Integer();
        return Byte();
    }

    /// <summary>Reads a status. True when the command was carried out.</summary>
    public bool Status(byte command, out string description)
    {
        byte answered = Command();
        byte result = Byte();
        description = Encoding.Latin1.GetString(Text());
        if (answered != command)
            throw Unreadable($"an answer to command 0x{answered:X2} instead of 0x{command:X2}");
        return result == TraciIds.Ok;
    }

    /// <summary>Reads a value's type; another one than expected is an error.</summary>
    public void Expect(byte type)
    {
        byte found = Byte();
        if (found != type) throw Unreadable($"a value of type 0x{found:X2} instead of 0x{type:X2}");
    }

    /// <summary>Steps over a value of any simple type.</summary>
    public void SkipValue()
    {
        byte type = Byte();
        switch (type)
        {
            case TraciIds.TypeByte or TraciIds.TypeUByte: Take(1); break;
            case TraciIds.TypeInteger: Take(4); break;
            case TraciIds.TypeDouble: Take(8); break;
            case TraciIds.TypeString: Text(); break;
            case TraciIds.TypeStringList:
                for (int n = Integer(); n > 0; n--) Text();
                break;
            default: throw Unreadable($"a value of type 0x{type:X2}");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_rest.Length) throw Unreadable("an answer that is cut short");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private static SumoRunException Unreadable(string what) => new($"SUMO sent {what}");
}
