namespace CityBrain.History.Arrow;

/// <summary>
/// The FlatBuffer tables of Arrow IPC (format/Schema.fbs, Message.fbs and File.fbs of the Apache Arrow
/// project,
/// columnar format 1.x, metadata version 5), written.
/// </summary>
internal static class ArrowMetadata
{
    public const short Version5 = 4;
    public const byte SchemaHeader = 1;
    public const byte DictionaryHeader = 2;
    public const byte BatchHeader = 3;
    public const byte IntType = 2;
    public const byte RealType = 3;
    public const byte Utf8Type = 5;
    public const byte BoolType = 6;
    public const byte TimestampType = 10;

    public static ReadOnlyMemory<byte> SchemaMessage(ArrowSchema schema)
    {
        var b = new FlatBuilder();
        return Message(b, SchemaHeader, Schema(b, schema), 0, []);
    }

    /// <summary>A record batch, or a dictionary's values when it has an id.</summary>
    /// <param name="length">Rows.</param>
    /// <param name="nodes">Per column its length and empty cells.</param>
    /// <param name="buffers">Per buffer its place in the body and length.</param>
    /// <param name="bodyBytes">Bytes of the body.</param>
    /// <param name="dictionaryId">The dictionary, or null for rows.</param>
    /// <param name="metadata">What to note on it.</param>
    public static ReadOnlyMemory<byte> BatchMessage(
        int length, ReadOnlySpan<long> nodes, ReadOnlySpan<long> buffers, long bodyBytes, long? dictionaryId,
        IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var b = new FlatBuilder();
        int bufferVector = b.Structs(buffers, 2);
        int nodeVector = b.Structs(nodes, 2);
        b.Table(3);
        b.Field(0, (long)length);
        b.Offset(1, nodeVector);
        b.Offset(2, bufferVector);
        int batch = b.EndTable();
        if (dictionaryId is not { } id)
        {
            return Message(b, BatchHeader, batch, bodyBytes, metadata);
        }

        b.Table(3);
        b.Field(0, id);
        b.Offset(1, batch);
        return Message(b, DictionaryHeader, b.EndTable(), bodyBytes, metadata);
    }

    /// <summary>The end of a file: the schema again and where the batches are.</summary>
    public static ReadOnlyMemory<byte> Footer(
        ArrowSchema schema, IReadOnlyList<ArrowBlock> dictionaries, IReadOnlyList<ArrowBlock> batches,
        IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var b = new FlatBuilder();
        int noted = KeyValues(b, metadata);
        int batchVector = b.Structs(Numbers(batches), 3);
        int dictionaryVector = b.Structs(Numbers(dictionaries), 3);
        int schemaTable = Schema(b, schema);
        b.Table(5);
        b.Field(0, Version5);
        b.Offset(1, schemaTable);
        b.Offset(2, dictionaryVector);
        b.Offset(3, batchVector);
        b.Offset(4, noted);
        return b.Finish(b.EndTable());
    }

    private static long[] Numbers(IReadOnlyList<ArrowBlock> blocks) =>
        [.. blocks.SelectMany(block => (long[])[block.Offset, block.MetadataBytes, block.BodyBytes])];

    private static ReadOnlyMemory<byte> Message(
        FlatBuilder b, byte kind, int header, long bodyBytes,
        IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        int noted = KeyValues(b, metadata);
        b.Table(5);
        b.Field(3, bodyBytes);
        b.Offset(2, header);
        b.Offset(4, noted);
        b.Field(0, Version5);
        b.Field(1, kind);
        return b.Finish(b.EndTable());
    }

    private static int Schema(FlatBuilder b, ArrowSchema schema)
    {
        int noted = KeyValues(b, schema.Metadata);
        int[] fields = [.. schema.Fields.Select((field, i) => Field(b, field, i))];
        int vector = b.Vector(fields);
        b.Table(3);
        b.Field(0, (short)0);
        b.Offset(1, vector);
        b.Offset(2, noted);
        return b.EndTable();
    }

    private static int Field(FlatBuilder b, ArrowField field, int id)
    {
        int name = b.Text(field.Name);
        int children = b.Vector([]);
        int dictionary = field.Type == ArrowType.DictionaryUtf8 ? Encoding(b, id) : 0;
        (byte kind, int type) = Type(b, field.Type);
        b.Table(7);
        b.Offset(0, name);
        b.Offset(3, type);
        b.Offset(4, dictionary);
        b.Offset(5, children);
        b.Field(1, (byte)(field.Nullable ? 1 : 0));
        b.Field(2, kind);
        return b.EndTable();
    }

    private static int Encoding(FlatBuilder b, int id)
    {
        int index = Int(b, 32, signed: true);
        b.Table(4);
        b.Field(0, (long)id);
        b.Offset(1, index);
        return b.EndTable();
    }

    private static (byte Kind, int Table) Type(FlatBuilder b, ArrowType type)
    {
        switch (type)
        {
            case ArrowType.Float32 or ArrowType.Float64:
                b.Table(1);
                b.Field(0, (short)(type == ArrowType.Float32 ? 1 : 2));
                return (RealType, b.EndTable());
            case ArrowType.Bool:
                b.Table(0);
                return (BoolType, b.EndTable());
            case ArrowType.Utf8 or ArrowType.DictionaryUtf8:
                b.Table(0);
                return (Utf8Type, b.EndTable());
            case >= ArrowType.TimestampSecond:
                b.Table(2);
                b.Field(0, (short)(type - ArrowType.TimestampSecond));
                return (TimestampType, b.EndTable());
            default:
                return (IntType, Int(b, ArrowTypes.Width(type) * 8, type <= ArrowType.Int64));
        }
    }

    private static int Int(FlatBuilder b, int bits, bool signed)
    {
        b.Table(2);
        b.Field(0, bits);
        b.Field(1, (byte)(signed ? 1 : 0));
        return b.EndTable();
    }

    private static int KeyValues(FlatBuilder b, IReadOnlyList<KeyValuePair<string, string>> pairs)
    {
        if (pairs.Count == 0)
        {
            return 0;
        }

        var tables = new int[pairs.Count];
        for (int i = 0; i < tables.Length; i++)
        {
            int value = b.Text(pairs[i].Value);
            int key = b.Text(pairs[i].Key);
            b.Table(2);
            b.Offset(0, key);
            b.Offset(1, value);
            tables[i] = b.EndTable();
        }

        return b.Vector(tables);
    }
}

/// <summary>Where a batch is in a file.</summary>
/// <param name="Offset">Of its length prefix, bytes from the beginning.</param>
/// <param name="MetadataBytes">Length prefix, metadata and padding.</param>
/// <param name="BodyBytes">The buffers.</param>
internal readonly record struct ArrowBlock(long Offset, long MetadataBytes, long BodyBytes);
