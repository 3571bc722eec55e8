using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CityBrain.Model;

namespace CityBrain.History;

/// <summary>
/// The journal's layout, all numbers little-endian. A journal is a folder of segments `000001.cbj`, ...; a
/// segment is a run of blocks; a block is a header of 64 bytes and its payload:
/// <code>
///  0  u32  magic "CBJ1"
///  4  u32  payload length in bytes
///  8  u32  CRC-32C (Castagnoli) of the bytes 12..63 and the payload
/// 12  u16  kind: 1 preamble, 2 events, 3 digest, 4 end (nothing in it: the writer ended, all before it is on the disk)
/// 14  u16  format version (2; version 1 is read and gone on with)
/// 16  u64  number of the first event (events are numbered from 0 over all segments)
/// 24  u32  events in the block
/// 28  u32  bytes of this segment before this block that may not have been on the disk yet (0 in version 1)
/// 32  32 B SHA-256 of the previous block's header and payload; zero in the first block of a journal
/// </code>
/// The CRC finds torn and damaged blocks, the SHA-256 chain finds exchanged ones. A power cut may leave a hole with
/// whole blocks behind it, where the disk wrote later ones first; the number at 28 tells that from damage: a block
/// that cannot be read is torn if every later one was written before the disk had confirmed it. Every segment begins
/// with a preamble (JSON, gzip), so that a journal can be replayed with nothing else at hand.
/// </summary>
internal static class JournalFormat
{
    public const uint Magic = 0x314A4243;
    public const int HeaderSize = 64;
    public const ushort Version = 2;
    public const int MaxPayload = 64 * 1024 * 1024;
    public const string Extension = ".cbj";

    public static void WriteHeader(Span<byte> header, BlockKind kind, ReadOnlySpan<byte> payload,
        ulong firstEvent, uint events, uint unsynced, ReadOnlySpan<byte> previous)
    {
        header[..HeaderSize].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[12..], (ushort)kind);
        BinaryPrimitives.WriteUInt16LittleEndian(header[14..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], firstEvent);
        BinaryPrimitives.WriteUInt32LittleEndian(header[24..], events);
        BinaryPrimitives.WriteUInt32LittleEndian(header[28..], unsynced);
        previous.CopyTo(header[32..]);
        uint crc = Crc(Crc(0xFFFFFFFF, header[12..HeaderSize]), payload);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], crc);
    }

    public static uint CrcOf(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        Crc(Crc(0xFFFFFFFF, header[12..HeaderSize]), payload);

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }

    public static string SegmentName(int number) =>
        number.ToString("000000", System.Globalization.CultureInfo.InvariantCulture) + Extension;

    static JournalFormat()
    {
        if (!BitConverter.IsLittleEndian || Marshal.SizeOf<CityEvent>() != CityEvent.Size)
            throw new PlatformNotSupportedException("the journal stores events as little-endian memory");
    }
}

internal enum BlockKind : ushort { Preamble = 1, Events = 2, Digest = 3, End = 4 }

/// <summary>What a journal says about itself: enough to build the same brain again.</summary>
public sealed record JournalPreamble
{
    public required CityDescription City { get; init; }
    /// <summary>Policy, timing rules and every other choice that the brain was made with.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }
    /// <summary>Version of the product that wrote it.</summary>
    public required string WrittenBy { get; init; }

    // By reflection, so that what an older version did not write gets its default; generated code would leave it at zero.
    private static readonly JsonSerializerOptions Reading =
        new(JournalJson.Default.Options)
        { TypeInfoResolver = new DefaultJsonTypeInfoResolver(), Converters = { new JsonStringEnumConverter() } };

    internal byte[] Pack()
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
            JsonSerializer.Serialize(gzip, this, JournalJson.Default.JournalPreamble);
        return buffer.ToArray();
    }

    internal static JournalPreamble Unpack(byte[] payload)
    {
        using var gzip = new GZipStream(new MemoryStream(payload), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<JournalPreamble>(gzip, Reading)
            ?? throw new InvalidDataException("the preamble is null");
    }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JournalPreamble))]
internal sealed partial class JournalJson : JsonSerializerContext;
