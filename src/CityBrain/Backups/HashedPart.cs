using System.Security.Cryptography;

namespace CityBrain.Backups;

/// <summary>The first bytes of a file that may be growing, and their SHA-256 as they are read, once, from the beginning.</summary>
internal sealed class HashedPart(FileStream file, long length) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _at;

    public override bool CanRead => true;
    public override bool CanWrite => false;
    /// <summary>True, since an archive's writer asks the length of what can seek only.</summary>
    public override bool CanSeek => true;
    public override long Length => length;

    public override long Position
    {
        get => _at;
        set
        {
            if (value != _at) throw new NotSupportedException();
        }
    }

    public string Hash() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <exception cref="IOException">The file has become shorter.</exception>
    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, length - _at);
        if (wanted == 0) return 0;
        int read = file.Read(buffer[..wanted]);
        if (read == 0) throw new IOException($"'{file.Name}' became shorter while it was read");
        _hash.AppendData(buffer[..read]);
        _at += read;
        return read;
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
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }
}
