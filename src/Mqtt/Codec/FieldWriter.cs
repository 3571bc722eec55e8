using System.Buffers.Binary;

namespace CityBrain.Mqtt.Codec;

/// <summary>Writes a packet's fields one after the other into a span that the caller made long enough.</summary>
internal ref struct FieldWriter(Span<byte> destination)
{
    private readonly Span<byte> _all = destination;

    public int Written { get; private set; }

    public void Byte(byte value) => _all[Written++] = value;

    public void UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_all[Written..], (ushort)value);
        Written += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_all[Written..], value);
        Written += 4;
    }

    public void VariableInt(uint value) => Written += VarInt.Write(_all[Written..], value);

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_all[Written..]);
        Written += bytes.Length;
    }

    /// <summary>Two-byte length and the bytes.</summary>
    public void Binary(ReadOnlySpan<byte> bytes)
    {
        UInt16(bytes.Length);
        Raw(bytes);
    }

    /// <summary>The length of the section and the section; nothing in 3.1.1.</summary>
    public void Properties(ReadOnlySpan<byte> properties, MqttVersion version)
    {
        if (version == MqttVersion.V5)
        {
            VariableInt((uint)properties.Length);
            Raw(properties);
        }
    }

    public void Header(PacketType type, int flags, int bodyLength)
    {
        Byte((byte)(((int)type << 4) | flags));
        VariableInt((uint)bodyLength);
    }
}
