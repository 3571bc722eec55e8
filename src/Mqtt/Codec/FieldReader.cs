using System.Buffers.Binary;

namespace CityBrain.Mqtt.Codec;

/// <summary>
/// Reads a packet's fields one after the other and remembers whether one was cut off or wrong, so that a parser can
/// check once at its end. After a failure every further read gives zero or an empty span.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>True once a read went past the end or found ill-formed text.</summary>
    public bool Failed { get; private set; }

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly int Remaining => _rest.Length;

    public byte Byte()
    {
        if (_rest.IsEmpty)
        {
            return (byte)Fail();
        }

        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ushort UInt16()
    {
        if (_rest.Length < 2)
        {
            return (ushort)Fail();
        }

        ushort value = BinaryPrimitives.ReadUInt16BigEndian(_rest);
        _rest = _rest[2..];
        return value;
    }

    public uint UInt32()
    {
        if (_rest.Length < 4)
        {
            return (uint)Fail();
        }

        uint value = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        _rest = _rest[4..];
        return value;
    }

    public uint VariableInt()
    {
        if (!VarInt.TryRead(_rest, out uint value, out int length))
        {
            return (uint)Fail();
        }

        _rest = _rest[length..];
        return value;
    }

    /// <summary>Two-byte length and that many bytes (MQTT 5 §1.5.6).</summary>
    public ReadOnlySpan<byte> Binary()
    {
        int length = UInt16();
        return Failed ? default : Take(length);
    }

    /// <summary>Binary data that must be valid text.</summary>
    public ReadOnlySpan<byte> Text()
    {
        ReadOnlySpan<byte> text = Binary();
        if (!Utf8Text.IsValid(text))
        {
            Fail();
        }

        return text;
    }

    /// <summary>Variable length and that many bytes of properties, not yet validated (MQTT 5 §2.2.2).</summary>
    public ReadOnlySpan<byte> PropertyBytes()
    {
        uint length = VariableInt();
        return Failed || length > (uint)_rest.Length ? TakeNothing() : Take((int)length);
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            return TakeNothing();
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    public ReadOnlySpan<byte> TakeRest() => Take(_rest.Length);

    private ReadOnlySpan<byte> TakeNothing()
    {
        Fail();
        return default;
    }

    private int Fail()
    {
        Failed = true;
        _rest = default;
        return 0;
    }
}
