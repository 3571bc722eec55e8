using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.History.Export;

/// <summary>
/// Rows in PostgreSQL's binary COPY format (PostgreSQL's documentation, COPY, "Binary Format"), without its header and
/// trailer, so that pieces can follow each other. A district goes before the table's own columns.
/// </summary>
internal static class PostgresRows
{
    public static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, .. new byte[8]];
    public static readonly byte[] Trailer = [0xFF, 0xFF];

    /// <summary>Microseconds from 1970 to 2000, where PostgreSQL's time begins.</summary>
    private const long EpochUs = 946_684_800_000_000;

    /// <summary>Name of a column as identifiers are written here: Count is count, QueueM is queue_m.</summary>
    public static string Column(string name) => string.Concat(name.Select((c, i) =>
        char.IsAsciiLetterUpper(c) && i > 0 && !char.IsAsciiLetterUpper(name[i - 1])
            ? "_" + char.ToLowerInvariant(c)
            : char.ToLowerInvariant(c).ToString()));

    public static string Type(TableColumn column) => column.Type switch
    {
        ArrowType.TimestampMilli => "timestamptz",
        ArrowType.DictionaryUtf8 or ArrowType.Utf8 => "text",
        ArrowType.Float32 => "real",
        ArrowType.Float64 => "double precision",
        ArrowType.Bool => "boolean",
        ArrowType.Int64 or ArrowType.UInt32 => "bigint",
        _ => "integer",
    };

    public static ReadOnlyMemory<byte> Encode(ArchiveTable table, string district, ArrowBatch batch)
    {
        var output = new ArrayBufferWriter<byte>(batch.Length * 120 + 256);
        byte[] place = Encoding.UTF8.GetBytes(district);
        byte[][]?[] texts = [.. batch.Columns.Select(c =>
            c.Field.Dictionary?.Select(t => Encoding.UTF8.GetBytes(t)).ToArray())];
        for (int row = 0; row < batch.Length; row++)
        {
            BinaryPrimitives.WriteInt16BigEndian(output.GetSpan(2), (short)(batch.Columns.Count + 1));
            output.Advance(2);
            Bytes(output, place);
            for (int i = 0; i < batch.Columns.Count; i++) Cell(output, batch.Columns[i], texts[i], row);
        }
        return output.WrittenMemory;
    }

    private static void Cell(ArrayBufferWriter<byte> output, ArrowColumn column, byte[][]? texts, int row)
    {
        if (column.IsNull(row))
        {
            Int(output, -1);
            return;
        }
        switch (column.Field.Type)
        {
            case ArrowType.DictionaryUtf8: Bytes(output, texts![(int)column.Integer(row)]); break;
            case ArrowType.Utf8: Bytes(output, Encoding.UTF8.GetBytes(column.Text(row).Replace('\0', ' '))); break;
            case ArrowType.Float32: Int(output, 4); Int(output, BitConverter.SingleToInt32Bits((float)column.Real(row))); break;
            case ArrowType.Float64: Int(output, 8); Long(output, BitConverter.DoubleToInt64Bits(column.Real(row))); break;
            case ArrowType.Bool: Bytes(output, [(byte)column.Integer(row)]); break;
            case ArrowType.TimestampMilli: Int(output, 8); Long(output, (column.Integer(row) * 1000) - EpochUs); break;
            case ArrowType.Int64 or ArrowType.UInt32: Int(output, 8); Long(output, column.Integer(row)); break;
            default: Int(output, 4); Int(output, (int)column.Integer(row)); break;
        }
    }

    private static void Bytes(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        Int(output, bytes.Length);
        output.Write(bytes);
    }

    private static void Int(ArrayBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), value);
        output.Advance(4);
    }

    private static void Long(ArrayBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(8), value);
        output.Advance(8);
    }
}
