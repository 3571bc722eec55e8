using System.Buffers.Binary;

namespace CityBrain.History.Arrow;

/// <summary>
/// Reads Arrow IPC streams of the types of <see cref="ArrowType"/>, its own or others'. What it does not know
/// (nested types, compressed buffers, big-endian data) is a clear <see cref="ArrowFormatException"/>.
/// </summary>
public sealed class ArrowReader
{
    private const int LongestMetadata = 64 << 20;
    private const long LongestBody = 1L << 31;
    private const int FirstRead = 1 << 20;

    private readonly Stream _stream;
    private readonly ArrowSchemaReader _schema = new();

    /// <summary>Reads up to the schema.</summary>
    /// <exception cref="ArrowFormatException">It is no Arrow stream.</exception>
    public ArrowReader(Stream stream)
    {
        _stream = stream;
        FlatTable message = NextMessage() ?? throw new ArrowFormatException("empty");
        if (message.Byte(1) != ArrowMetadata.SchemaHeader)
        {
            throw new ArrowFormatException("does not begin with a schema");
        }

        _schema.Read(message.Table(2) ?? throw new ArrowFormatException("no schema"));
    }

    /// <summary>The columns; dictionaries are filled in as they are read.</summary>
    public ArrowSchema Schema => _schema.Schema;

    /// <summary>The next batch, or null at the end.</summary>
    /// <exception cref="ArrowFormatException">The stream is broken or its checksum is wrong.</exception>
    public ArrowBatch? Next()
    {
        while (NextMessage() is { } message)
        {
            ReadOnlyMemory<byte> body = Body(message);
            ArrowBatch? batch = Take(_schema, message, body);
            if (batch is not null)
            {
                return batch;
            }
        }

        return null;
    }

    /// <summary>Takes a message: a batch is returned, a dictionary kept.</summary>
    internal static ArrowBatch? Take(ArrowSchemaReader schema, FlatTable message, ReadOnlyMemory<byte> body)
    {
        CheckSum(message, body);
        FlatTable header = message.Table(2) ?? throw new ArrowFormatException("a message without header");
        switch (message.Byte(1))
        {
            case ArrowMetadata.BatchHeader:
                return schema.Batch(header, body);
            case ArrowMetadata.DictionaryHeader:
                schema.Dictionary(header, body);
                return null;
            default:
                throw new ArrowFormatException($"a message of kind {message.Byte(1)}");
        }
    }

    internal static ReadOnlyMemory<byte> Exactly(Stream stream, long bytes)
    {
        // What a length says is believed as far as there are bytes: a few of them must not cost gigabytes.
        var buffer = new byte[Math.Min(bytes, FirstRead)];
        for (int read = 0; ;)
        {
            read += stream.ReadAtLeast(buffer.AsSpan(read), buffer.Length - read, throwOnEndOfStream: false);
            if (read < buffer.Length)
            {
                throw new ArrowFormatException("cut off");
            }

            if (read == bytes)
            {
                return buffer;
            }

            Array.Resize(ref buffer, (int)Math.Min(bytes, 2L * buffer.Length));
        }
    }

    private static void CheckSum(FlatTable message, ReadOnlyMemory<byte> body)
    {
        string? told = message.Tables(4)
            .Where(pair => pair.Text(0) == "crc32c").Select(pair => pair.Text(1)).FirstOrDefault();
        if (told is not null && told != Crc32C.Text(Crc32C.Append(0, body.Span)))
        {
            throw new ArrowFormatException("a batch's checksum is wrong");
        }
    }

    private FlatTable? NextMessage()
    {
        Span<byte> prefix = stackalloc byte[8];
        int read = _stream.ReadAtLeast(prefix[..4], 4, throwOnEndOfStream: false);
        if (read == 0)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (read == 4 && length == -1)
        {
            read += _stream.ReadAtLeast(prefix[4..], 4, throwOnEndOfStream: false);
            length = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        }

        if (read is not (4 or 8) || length is < 0 or > LongestMetadata)
        {
            throw new ArrowFormatException("no message where one should be");
        }

        return length == 0 ? null : FlatTable.Root(Exactly(_stream, length));
    }

    private ReadOnlyMemory<byte> Body(FlatTable message)
    {
        long length = message.Long(3);
        return length is >= 0 and < LongestBody
            ? Exactly(_stream, length)
            : throw new ArrowFormatException("a batch too large");
    }
}
