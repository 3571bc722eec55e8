using System.Buffers.Binary;

namespace CityBrain.History.Arrow;

/// <summary>
/// Writes Arrow IPC, as a stream or as a file. Each batch carries in its custom metadata a CRC-32C of its
/// body
/// and, per column, least, greatest and number of empty cells; a file has the same over all its batches in
/// its
/// footer. Dictionaries are written whole, before the first batch.
/// </summary>
public sealed class ArrowWriter
{
    internal static ReadOnlySpan<byte> Magic => "ARROW1\0\0"u8;

    private readonly Stream _stream;
    private readonly ArrowSchema _schema;
    private readonly bool _file;
    private readonly List<ArrowBlock> _dictionaries = [];
    private readonly List<ArrowBlock> _batches = [];
    private readonly ColumnStatistics[] _statistics;
    private long _position;

    private ArrowWriter(Stream stream, ArrowSchema schema, bool file)
    {
        (_stream, _schema, _file) = (stream, schema, file);
        _statistics = [.. schema.Fields.Select(f => new ColumnStatistics(f))];
        if (file)
        {
            Put(Magic);
        }

        Message(ArrowMetadata.SchemaMessage(schema), []);
        for (int i = 0; i < schema.Fields.Count; i++)
        {
            if (schema.Fields[i].Type == ArrowType.DictionaryUtf8)
            {
                WriteDictionary(i, schema.Fields[i].Dictionary ?? []);
            }
        }
    }

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Begins the streaming format.</summary>
    public static ArrowWriter Streaming(Stream stream, ArrowSchema schema) =>
        new(stream, schema, file: false);

    /// <summary>Begins the file format.</summary>
    public static ArrowWriter File(Stream stream, ArrowSchema schema) => new(stream, schema, file: true);

    public void Write(ArrowBatch batch)
    {
        ColumnStatistics[] statistics = [.. batch.Columns.Select(ColumnStatistics.Of)];
        _batches.Add(Put(batch, null, statistics));
        for (int i = 0; i < statistics.Length; i++)
        {
            _statistics[i].Add(statistics[i]);
        }

        Rows += batch.Length;
    }

    /// <summary>Ends the stream or file; the stream given is left open.</summary>
    public void Complete()
    {
        Put([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
        if (!_file)
        {
            return;
        }

        var noted = new List<KeyValuePair<string, string>> { new("rows", ColumnStatistics.Text(Rows)) };
        noted.AddRange(_statistics.SelectMany(s => s.Metadata()));
        ReadOnlyMemory<byte> footer = ArrowMetadata.Footer(_schema, _dictionaries, _batches, noted);
        Put(footer.Span);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        Put(length);
        Put(Magic[..6]);
    }

    private void WriteDictionary(int id, IReadOnlyList<string> texts)
    {
        var builder = new ColumnBuilder(new ArrowField("values", ArrowType.Utf8));
        foreach (string text in texts)
        {
            builder.Add(text);
        }

        ArrowColumn column = builder.Build();
        _dictionaries.Add(Put(new ArrowBatch(column.Length, [column]), id, []));
    }

    private ArrowBlock Put(ArrowBatch batch, long? dictionaryId, ColumnStatistics[] statistics)
    {
        var nodes = new List<long>();
        var places = new List<long>();
        var buffers = new List<ReadOnlyMemory<byte>>();
        long body = 0;
        void Place(ReadOnlyMemory<byte> buffer)
        {
            places.Add(body);
            places.Add(buffer.Length);
            buffers.Add(buffer);
            body += (buffer.Length + 7L) & ~7L;
        }

        foreach (ArrowColumn column in batch.Columns)
        {
            nodes.Add(column.Length);
            nodes.Add(column.Nulls);
            Place(column.Validity);
            if (column.Field.Type == ArrowType.Utf8)
            {
                Place(column.Offsets);
            }

            Place(column.Values);
        }

        uint crc = 0;
        foreach (ReadOnlyMemory<byte> buffer in buffers)
        {
            crc = Crc32C.Append(Crc32C.Append(crc, buffer.Span), Padding(buffer.Length));
        }

        List<KeyValuePair<string, string>> noted =
            [new("crc32c", Crc32C.Text(crc))];
        noted.AddRange(statistics.SelectMany(s => s.Metadata()));
        return Message(
            ArrowMetadata.BatchMessage(
                batch.Length, nodes.ToArray(), places.ToArray(), body, dictionaryId, noted),
            buffers);
    }

    private ArrowBlock Message(ReadOnlyMemory<byte> metadata, List<ReadOnlyMemory<byte>> buffers)
    {
        long offset = _position;
        int padded = (metadata.Length + 7) & ~7;
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, uint.MaxValue);
        BinaryPrimitives.WriteInt32LittleEndian(prefix[4..], padded);
        Put(prefix);
        Put(metadata.Span);
        Put(Padding(metadata.Length));
        long bodyStart = _position;
        foreach (ReadOnlyMemory<byte> buffer in buffers)
        {
            Put(buffer.Span);
            Put(Padding(buffer.Length));
        }

        return new ArrowBlock(offset, bodyStart - offset, _position - bodyStart);
    }

    private static ReadOnlySpan<byte> Padding(int length) => "\0\0\0\0\0\0\0\0"u8[..(-length & 7)];

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _position += bytes.Length;
    }
}
