namespace CityBrain.Mqtt.Codec;

/// <summary>Variable Byte Integers: seven bits a byte, lowest first, at most four bytes (MQTT 5 §1.5.5).</summary>
public static class VarInt
{
    /// <summary>Bytes that <paramref name="value"/> takes, 1 to 4.</summary>
    public static int Length(uint value) => value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

    /// <summary>
    /// Reads a value in its shortest form, as MQTT 5 demands. False when bytes are missing, the form is longer than
    /// needed or it has more than four bytes.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out uint value, out int length)
    {
        value = 0;
        length = 0;
        while (length < 4 && length < bytes.Length)
        {
            byte b = bytes[length];
            value |= (uint)(b & 0x7F) << (7 * length);
            length++;
            if (b < 0x80)
            {
                return b != 0 || length == 1;
            }
        }

        return false;
    }

    /// <summary>Writes <paramref name="value"/> and returns the bytes it took.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is over 268,435,455.</exception>
    public static int Write(Span<byte> destination, uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, (uint)FixedHeader.MaxBodyLength);
        int i = 0;
        while (value >= 0x80)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[i++] = (byte)value;
        return i;
    }
}
