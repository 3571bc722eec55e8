using System.Buffers.Binary;

namespace CityBrain.History.Arrow;

/// <summary>
/// An Arrow file opened for reading: its footer at once, its batches when asked. The statistics tell, without
/// reading a batch's body, whether it can hold what is looked for.
/// </summary>
public sealed class ArrowFile : IDisposable
{
    private const int PrefixBytes = 8;
    private const int TailBytes = 10;

    private readonly Stream _stream;
    private readonly ArrowSchemaReader _schema = new();
    private readonly ArrowBlock[] _batches;

    /// <exception cref="ArrowFormatException">It is no whole Arrow file.</exception>
    public ArrowFile(Stream stream)
    {
        _stream = stream;
        FlatTable footer = Footer();
        _schema.Read(footer.Table(1) ?? throw new ArrowFormatException("no schema"));
        foreach (ArrowBlock block in Blocks(footer, 2))
        {
            ArrowReader.Take(_schema, Message(block), Body(block));
        }

        _batches = Blocks(footer, 3);
        Statistics = ArrowSchemaReader.KeyValues(footer.Tables(4));
    }

    public ArrowSchema Schema => _schema.Schema;

    public int Batches => _batches.Length;

    /// <summary>Rows of all batches, their bodies unread.</summary>
    public long Rows => _batches.Sum(block => Message(block).Table(2)?.Long(0) ?? 0);

    /// <summary>
    /// Notes of the footer: <c>rows</c>, <c>min.NAME</c>, <c>max.NAME</c>, <c>nulls.NAME</c>.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Statistics { get; }

    public static ArrowFile Open(string path)
    {
        FileStream stream = File.OpenRead(path);
        try
        {
            return new ArrowFile(stream);
        }
        catch (ArrowFormatException e)
        {
            stream.Dispose();
            throw new ArrowFormatException($"{path}: {e.Message}", e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The notes of one batch, its body unread.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> BatchStatistics(int batch) =>
        ArrowSchemaReader.KeyValues(Message(_batches[batch]).Tables(4));

    /// <exception cref="ArrowFormatException">The batch is broken or its checksum is wrong.</exception>
    public ArrowBatch Read(int batch) =>
        ArrowReader.Take(_schema, Message(_batches[batch]), Body(_batches[batch]))
        ?? throw new ArrowFormatException("no batch where the footer says");

    public void Dispose() => _stream.Dispose();

    private FlatTable Footer()
    {
        long length = _stream.Length;
        if (length < PrefixBytes + TailBytes
            || !At(0, PrefixBytes).Span[..6].SequenceEqual(ArrowWriter.Magic[..6]))
        {
            throw new ArrowFormatException("no Arrow file");
        }

        ReadOnlyMemory<byte> tail = At(length - TailBytes, TailBytes);
        int footer = BinaryPrimitives.ReadInt32LittleEndian(tail.Span);
        if (!tail.Span[4..].SequenceEqual(ArrowWriter.Magic[..6])
            || footer <= 0 || footer > length - PrefixBytes - TailBytes)
        {
            throw new ArrowFormatException("cut off: no footer");
        }

        return FlatTable.Root(At(length - TailBytes - footer, footer));
    }

    /// <summary>Blocks; the second number holds 32 bits of length and 32 of padding.</summary>
    private static ArrowBlock[] Blocks(FlatTable footer, int field)
    {
        long[] numbers = footer.Structs(field, 3);
        return [.. Enumerable.Range(0, numbers.Length / 3).Select(
            i => new ArrowBlock(numbers[i * 3], (int)numbers[(i * 3) + 1], numbers[(i * 3) + 2]))];
    }

    private FlatTable Message(ArrowBlock block)
    {
        ReadOnlyMemory<byte> bytes = At(block.Offset, block.MetadataBytes);
        int prefix = bytes.Length >= 8 && BinaryPrimitives.ReadInt32LittleEndian(bytes.Span) == -1 ? 8 : 4;
        return bytes.Length > prefix
            ? FlatTable.Root(bytes[prefix..])
            : throw new ArrowFormatException("no message where the footer says");
    }

    private ReadOnlyMemory<byte> Body(ArrowBlock block) =>
        At(block.Offset + block.MetadataBytes, block.BodyBytes);

    private ReadOnlyMemory<byte> At(long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || bytes > int.MaxValue || offset > _stream.Length - bytes)
        {
            throw new ArrowFormatException("the footer points outside the file");
        }

        _stream.Position = offset;
        return ArrowReader.Exactly(_stream, bytes);
    }
}
