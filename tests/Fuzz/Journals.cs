using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using CityBrain.History;

namespace CityBrain.Fuzz;

/// <summary>A journal of one segment in memory, to be read only.</summary>
internal sealed class OneSegment(byte[] bytes) : IJournalStore
{
    public IReadOnlyList<string> Segments() => ["000001.cbj"];

    public IJournalFile Read(string name) => new Bytes(bytes);

    public IJournalFile Write(string name) => throw new IOException("read only");

    public void SyncNames()
    {
    }

    private sealed class Bytes(byte[] bytes) : IJournalFile
    {
        public long Length => bytes.Length;

        public int Read(Span<byte> to, long at)
        {
            if (at >= bytes.Length) return 0;
            ReadOnlySpan<byte> from = bytes.AsSpan((int)at);
            from = from[..Math.Min(from.Length, to.Length)];
            from.CopyTo(to);
            return from.Length;
        }

        public void Write(ReadOnlySpan<byte> written, long at) => throw new IOException("read only");

        public void SetLength(long length) => throw new IOException("read only");

        public void Sync() => throw new IOException("read only");

        public void Dispose()
        {
        }
    }
}

/// <summary>
/// Sets magic, length, checksum and chain of a journal's blocks right after they were changed, by the layout that
/// JournalFormat documents: without that no change of a payload would ever be read.
/// </summary>
internal static class JournalMending
{
    private const int Header = 64;

    public static byte[] Mend(byte[] bytes)
    {
        byte[] mended = [.. bytes];
        Span<byte> chain = stackalloc byte[32];
        for (int at = 0; at + Header <= mended.Length;)
        {
            Span<byte> header = mended.AsSpan(at, Header);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            if (length > mended.Length - at - Header) length = (uint)(mended.Length - at - Header);
            Span<byte> payload = mended.AsSpan(at + Header, (int)length);
            BinaryPrimitives.WriteUInt32LittleEndian(header, 0x314A4243);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], length);
            chain.CopyTo(header[32..]);
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Crc(Crc(0xFFFFFFFF, header[12..]), payload));
            SHA256.HashData(mended.AsSpan(at, Header + (int)length), chain);
            at += Header + (int)length;
        }
        return mended;
    }

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
}
