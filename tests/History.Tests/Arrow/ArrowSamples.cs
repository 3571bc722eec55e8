using CityBrain.History.Arrow;

namespace CityBrain.History.Tests.Arrow;

/// <summary>A table with a column of every type, empty cells where they may be.</summary>
internal static class ArrowSamples
{
    public static readonly string[] Words = ["green", "yellow", "红灯", ""];

    public static ArrowSchema EveryType { get; } = new(
        [.. Enum.GetValues<ArrowType>().SelectMany(Both)], [new("made by", "a test")]);

    /// <summary>Rows from one number to another; every fifth nullable cell is empty.</summary>
    public static ArrowBatch Batch(ArrowSchema schema, int from, int to)
    {
        ColumnBuilder[] builders = [.. schema.Fields.Select(f => new ColumnBuilder(f))];
        for (int row = from; row < to; row++)
        {
            foreach (ColumnBuilder builder in builders)
            {
                Add(builder, row);
            }
        }

        return new ArrowBatch(to - from, [.. builders.Select(b => b.Build())]);
    }

    public static byte[] Bytes(bool file, params ArrowBatch[] batches)
    {
        var stream = new MemoryStream();
        ArrowWriter writer = file
            ? ArrowWriter.File(stream, EveryType)
            : ArrowWriter.Streaming(stream, EveryType);
        foreach (ArrowBatch batch in batches)
        {
            writer.Write(batch);
        }

        writer.Complete();
        return stream.ToArray();
    }

    /// <summary>All cells as text, for comparison.</summary>
    public static string[] Cells(ArrowBatch batch) =>
    [
        .. batch.Columns.SelectMany(c => Enumerable.Range(0, c.Length).Select(row =>
            c.IsNull(row) ? "-" : IsText(c) ? c.Text(row)
            : c.Field.Type is ArrowType.Float32 or ArrowType.Float64 ? c.Real(row).ToString("R")
            : c.Integer(row).ToString())),
    ];

    private static bool IsText(ArrowColumn c) => c.Field.Type is ArrowType.Utf8 or ArrowType.DictionaryUtf8;

    private static ArrowField[] Both(ArrowType type)
    {
        string[]? dictionary = type == ArrowType.DictionaryUtf8 ? Words : null;
        return [new($"{type}", type, false, dictionary), new($"{type} or empty", type, true, dictionary)];
    }

    private static void Add(ColumnBuilder builder, int row)
    {
        if (builder.Field.Nullable && row % 5 == 3)
        {
            builder.AddNull();
            return;
        }

        switch (builder.Field.Type)
        {
            case ArrowType.Utf8: builder.Add(Words[row % 4] + row); break;
            case ArrowType.Float32 or ArrowType.Float64: builder.Add((row - 7) * 0.25); break;
            case ArrowType.DictionaryUtf8: builder.Add((long)(row % 4)); break;
            case ArrowType.Bool: builder.Add(row % 3 == 0); break;
            case ArrowType.Int8 or ArrowType.Int16 or ArrowType.Int32 or ArrowType.Int64:
                builder.Add((row % 100) - 50L);
                break;
            case ArrowType.TimestampSecond: builder.Add(1_713_182_400L + row); break;
            case > ArrowType.TimestampSecond: builder.Add((1_713_182_400L + row) * 1_000_000); break;
            default: builder.Add(row % 200L); break;
        }
    }
}
