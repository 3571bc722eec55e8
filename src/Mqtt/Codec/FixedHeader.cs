using System.Runtime.CompilerServices;

namespace CityBrain.Mqtt.Codec;

/// <summary>What a look at the bytes received so far has shown.</summary>
public enum ParseStatus
{
    /// <summary>One whole packet (or header) is there.</summary>
    Complete,

    /// <summary>The bytes are the beginning of a packet; more must come.</summary>
    Incomplete,

    /// <summary>No continuation can make a packet of these bytes: close the connection.</summary>
    Malformed,
}

/// <summary>The first byte and the remaining length of a packet (MQTT 5 §2.1).</summary>
/// <param name="FirstByte">Packet type in the high four bits, flags in the low four.</param>
/// <param name="HeaderLength">Bytes of the fixed header itself, 2 to 5.</param>
/// <param name="BodyLength">Bytes that follow the fixed header (Remaining Length).</param>
public readonly record struct FixedHeader(byte FirstByte, int HeaderLength, int BodyLength)
{
    /// <summary>Longest fixed header in bytes.</summary>
    public const int MaxLength = 5;

    /// <summary>Largest remaining length that four bytes can hold (MQTT 5 table 2-4).</summary>
    public const int MaxBodyLength = 268_435_455;

    public PacketType Type => (PacketType)(FirstByte >> 4);

    public byte Flags => (byte)(FirstByte & 0x0F);

    /// <summary>Bytes of the whole packet.</summary>
    public int PacketLength => HeaderLength + BodyLength;

    /// <summary>
    /// True when the remaining length took no more bytes than it needs, as MQTT 5 demands (§1.5.5). MQTT 3.1.1 is
    /// silent about it.
    /// </summary>
    public bool IsMinimal => HeaderLength == 1 + VarInt.Length((uint)BodyLength);

    /// <summary>
    /// Reads the fixed header at the start of <paramref name="bytes"/>. Checks the type's flags (§2.1.3), the length's
    /// encoding and that the whole packet is no longer than <paramref name="maxPacketLength"/>. Reads no byte behind
    /// the header, so it judges a packet before it has arrived.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ParseStatus TryRead(
        ReadOnlySpan<byte> bytes, int maxPacketLength, out FixedHeader header, out ReasonCode reason)
    {
        // The common case in one piece: a PUBLISH shorter than 128 bytes.
        if (bytes.Length >= 2 && bytes[1] < 0x80 && (bytes[0] & 0xF0) == 0x30 && bytes[1] + 2 <= maxPacketLength)
        {
            header = new FixedHeader(bytes[0], 2, bytes[1]);
            reason = ReasonCode.Success;
            return ParseStatus.Complete;
        }

        return TryReadAny(bytes, maxPacketLength, out header, out reason);
    }

    private static ParseStatus TryReadAny(
        ReadOnlySpan<byte> bytes, int maxPacketLength, out FixedHeader header, out ReasonCode reason)
    {
        header = default;
        reason = ReasonCode.Success;
        if (bytes.IsEmpty)
        {
            return ParseStatus.Incomplete;
        }

        if (!FlagsAllowed(bytes[0]))
        {
            reason = ReasonCode.MalformedPacket;
            return ParseStatus.Malformed;
        }

        int length = 0;
        for (int i = 1; i < FixedHeader.MaxLength; i++)
        {
            if (i >= bytes.Length)
            {
                return ParseStatus.Incomplete;
            }

            length |= (bytes[i] & 0x7F) << (7 * (i - 1));
            if (bytes[i] < 0x80)
            {
                header = new FixedHeader(bytes[0], i + 1, length);
                if (header.PacketLength <= maxPacketLength)
                {
                    return ParseStatus.Complete;
                }

                reason = ReasonCode.PacketTooLarge;
                return ParseStatus.Malformed;
            }
        }

        reason = ReasonCode.MalformedPacket; // a fourth length byte that promises a fifth
        return ParseStatus.Malformed;
    }

    /// <summary>The flags column of MQTT 5 table 2-2; a PUBLISH's flags are its own to check.</summary>
    private static bool FlagsAllowed(byte first) => (PacketType)(first >> 4) switch
    {
        PacketType.Publish => true,
        PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe => (first & 0x0F) == 2,
        PacketType.Reserved => false,
        _ => (first & 0x0F) == 0,
    };
}
