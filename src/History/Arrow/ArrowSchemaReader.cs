namespace CityBrain.History.Arrow;

/// <summary>A schema that was read, with the dictionaries read so far, and the batches read by it.</summary>
internal sealed class ArrowSchemaReader
{
    private readonly List<Column> _columns = [];
    private IReadOnlyList<KeyValuePair<string, string>> _metadata = [];

    public ArrowSchema Schema { get; private set; } = new();

    public void Read(FlatTable schema)
    {
        if (schema.Short(0) != 0)
        {
            throw new ArrowFormatException("big-endian data");
        }

        foreach (FlatTable field in schema.Tables(1))
        {
            _columns.Add(Read(field, field.Text(0) ?? string.Empty));
        }

        _metadata = KeyValues(schema.Tables(2));
        Renew();
    }

    public static List<KeyValuePair<string, string>> KeyValues(FlatTable[] pairs) =>
        [.. pairs.Select(p => KeyValuePair.Create(p.Text(0) ?? string.Empty, p.Text(1) ?? string.Empty))];

    public ArrowBatch Batch(FlatTable batch, ReadOnlyMemory<byte> body)
    {
        var cursor = new Buffers(batch, body);
        int length = cursor.Length;
        return new ArrowBatch(length, [.. _columns.Select(c => cursor.Next(c))]);
    }

    public void Dictionary(FlatTable dictionary, ReadOnlyMemory<byte> body)
    {
        long id = dictionary.Long(0);
        FlatTable data = dictionary.Table(1) ?? throw new ArrowFormatException("a dictionary without data");
        ArrowColumn values = new Buffers(data, body)
            .Next(new Column(new ArrowField("values", ArrowType.Utf8, true), ArrowType.Utf8, null));
        string[] texts = new string[values.Length];
        for (int row = 0; row < texts.Length; row++)
        {
            texts[row] = values.IsNull(row) ? string.Empty : values.Text(row);
        }

        for (int i = 0; i < _columns.Count; i++)
        {
            Column column = _columns[i];
            if (column.DictionaryId == id)
            {
                bool isDelta = dictionary.Byte(2) != 0;
                IReadOnlyList<string> all = isDelta ? [.. column.Field.Dictionary ?? [], .. texts] : texts;
                _columns[i] = column with { Field = column.Field with { Dictionary = all } };
            }
        }

        Renew();
    }

    private void Renew() => Schema = new ArrowSchema([.. _columns.Select(c => c.Field)], _metadata);

    private static Column Read(FlatTable field, string name)
    {
        bool nullable = field.Byte(1) != 0;
        FlatTable type = field.Table(3) ?? throw new ArrowFormatException($"column {name}: no type");
        ArrowType known = Type(field.Byte(2), type, name);
        if (field.Table(4) is not { } encoding)
        {
            return new Column(new ArrowField(name, known, nullable), known, null);
        }

        if (known != ArrowType.Utf8)
        {
            throw new ArrowFormatException($"column {name}: a dictionary of {known}");
        }

        ArrowType index = encoding.Table(1) is { } i
            ? Type(ArrowMetadata.IntType, i, name)
            : ArrowType.Int32;
        return new Column(
            new ArrowField(name, ArrowType.DictionaryUtf8, nullable, []), index, encoding.Long(0));
    }

    private static ArrowType Type(byte kind, FlatTable type, string name) => kind switch
    {
        ArrowMetadata.IntType => (type.Int(0), type.Byte(1) != 0) switch
        {
            (8, true) => ArrowType.Int8,
            (16, true) => ArrowType.Int16,
            (32, true) => ArrowType.Int32,
            (64, true) => ArrowType.Int64,
            (8, false) => ArrowType.UInt8,
            (16, false) => ArrowType.UInt16,
            (32, false) => ArrowType.UInt32,
            (64, false) => ArrowType.UInt64,
            var (bits, _) => throw new ArrowFormatException($"column {name}: integers of {bits} bits"),
        },
        ArrowMetadata.RealType => type.Short(0) switch
        {
            1 => ArrowType.Float32,
            2 => ArrowType.Float64,
            _ => throw new ArrowFormatException($"column {name}: half-precision reals"),
        },
        ArrowMetadata.Utf8Type => ArrowType.Utf8,
        ArrowMetadata.BoolType => ArrowType.Bool,
        ArrowMetadata.TimestampType when type.Short(0) is >= 0 and <= 3 =>
            ArrowType.TimestampSecond + type.Short(0),
        _ => throw new ArrowFormatException($"column {name}: type {kind} is not read here"),
    };

    /// <summary>A column as stored: a dictionary's indices may have any whole type.</summary>
    private sealed record Column(ArrowField Field, ArrowType Stored, long? DictionaryId);

    /// <summary>Deals out the buffers of a batch to its columns.</summary>
    private sealed class Buffers
    {
        private readonly long[] _nodes;
        private readonly long[] _places;
        private readonly ReadOnlyMemory<byte> _body;
        private int _node;
        private int _place;

        public Buffers(FlatTable batch, ReadOnlyMemory<byte> body)
        {
            if (batch.Table(3) is not null)
            {
                throw new ArrowFormatException("compressed buffers are not read here");
            }

            (_nodes, _places, _body) = (batch.Structs(1, 2), batch.Structs(2, 2), body);
            Length = batch.Long(0) is >= 0 and <= int.MaxValue and var length
                ? (int)length
                : throw new ArrowFormatException("a batch of impossible length");
        }

        public int Length { get; }

        public ArrowColumn Next(Column column)
        {
            if (_node + 2 > _nodes.Length)
            {
                throw new ArrowFormatException("a batch with too few columns");
            }

            long length = _nodes[_node++];
            long nulls = _nodes[_node++];
            if (length != Length || nulls < 0 || nulls > length)
            {
                throw new ArrowFormatException($"column {column.Field.Name}: impossible length");
            }

            ReadOnlyMemory<byte> validity = NextBuffer();
            ReadOnlyMemory<byte> offsets = column.Stored == ArrowType.Utf8 ? NextBuffer() : default;
            var stored = new ArrowColumn(
                column.DictionaryId is null ? column.Field : new ArrowField(column.Field.Name, column.Stored),
                Length, (int)nulls, validity, offsets, NextBuffer());
            stored.Check();
            return column.DictionaryId is null ? stored : Indices(stored, column.Field);
        }

        private static ArrowColumn Indices(ArrowColumn stored, ArrowField field)
        {
            var builder = new ColumnBuilder(field with { Nullable = true });
            for (int row = 0; row < stored.Length; row++)
            {
                if (stored.IsNull(row))
                {
                    builder.AddNull();
                }
                else if (stored.Integer(row) is >= 0 and <= int.MaxValue and var index)
                {
                    builder.Add(index);
                }
                else
                {
                    throw new ArrowFormatException($"column {field.Name}: an index out of its dictionary");
                }
            }

            ArrowColumn built = builder.Build();
            var column = new ArrowColumn(
                field, built.Length, built.Nulls, built.Validity, default, built.Values);
            column.Check();
            return column;
        }

        private ReadOnlyMemory<byte> NextBuffer()
        {
            if (_place + 2 > _places.Length)
            {
                throw new ArrowFormatException("a batch with too few buffers");
            }

            long offset = _places[_place++];
            long length = _places[_place++];
            return offset >= 0 && length >= 0 && offset <= _body.Length && length <= _body.Length - offset
                ? _body.Slice((int)offset, (int)length)
                : throw new ArrowFormatException("a buffer outside its batch");
        }
    }
}
