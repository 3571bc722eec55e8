using System.IO.Compression;

namespace CityBrain.History.HiRes;

/// <summary>A stream whose first bytes were looked at: they come again, then the rest.</summary>
internal sealed class Opening : Stream
{
    private const int Looked = 4096;

    private readonly Stream _rest;
    private readonly byte[] _first = new byte[Looked];
    private readonly int _length;
    private int _at;

    private Opening(Stream rest)
    {
        _rest = rest;
        _length = rest.ReadAtLeast(_first, Looked, throwOnEndOfStream: false);
    }

    /// <summary>The first bytes, at most 4,096.</summary>
    public ReadOnlySpan<byte> First => _first.AsSpan(0, _length);

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>A file's content: gzip (RFC 1952) and zlib (RFC 1950) unpacked, told by their first two bytes.</summary>
    public static Opening Of(string path)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            Span<byte> magic = stackalloc byte[2];
            int read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
            file.Position = 0;
            bool gzip = read == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
            bool zlib = read == 2 && magic[0] == 0x78 && ((magic[0] << 8) | magic[1]) % 31 == 0;
            return new Opening(gzip ? new GZipStream(file, CompressionMode.Decompress)
                : zlib ? new ZLibStream(file, CompressionMode.Decompress) : file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (_at == _length) return _rest.Read(buffer);
        int count = Math.Min(buffer.Length, _length - _at);
        _first.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _rest.Dispose();
        base.Dispose(disposing);
    }
}
