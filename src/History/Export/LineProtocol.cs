using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.History.Export;

/// <summary>
/// Rows as InfluxDB's line protocol (InfluxDB's documentation, "Line protocol reference"): the table is the
/// measurement, texts of a list are tags, all else fields, times in ns. A point is known by its measurement, tags and
/// time; where several rows share them (events of one instant), the row's number makes nanoseconds of the time.
/// </summary>
public static class LineProtocol
{
    private const int NanosecondsOfMs = 1_000_000;

    public static byte[] Encode(ArchiveTable table, string district, ArrowBatch batch)
    {
        var output = new ArrayBufferWriter<byte>(batch.Length * 160 + 256);
        byte[][] names = [.. table.Columns.Select(c => Encoding.UTF8.GetBytes(Escaped(c.Name)))];
        byte[] head = Encoding.UTF8.GetBytes($"{Escaped(table.Name)},district={Escaped(district)}");
        byte[][]?[] tags = [.. batch.Columns.Select(c => c.Field.Type == ArrowType.DictionaryUtf8
            ? c.Field.Dictionary!.Select(t => Encoding.UTF8.GetBytes(Escaped(t))).ToArray()
            : null)];
        int number = table.Columns.Index().FirstOrDefault(c => c.Item.Name == "Number", (-1, null!)).Item1;
        for (int row = 0; row < batch.Length; row++) Row(output, head, names, tags, number, batch, row);
        return output.WrittenSpan.ToArray();
    }

    private static void Row(
        ArrayBufferWriter<byte> output, byte[] head, byte[][] names, byte[][]?[] tags, int number, ArrowBatch batch,
        int row)
    {
        output.Write(head);
        for (int i = 1; i < batch.Columns.Count; i++)
        {
            if (tags[i] is not { } texts || batch.Columns[i].IsNull(row)) continue;
            byte[] text = texts[(int)batch.Columns[i].Integer(row)];
            if (text.Length > 0) Pair(output, (byte)',', names[i], text);
        }
        byte sign = (byte)' ';
        for (int i = 1; i < batch.Columns.Count; i++)
        {
            if (tags[i] is not null || batch.Columns[i].IsNull(row)) continue;
            Pair(output, sign, names[i], []);
            Value(output, batch.Columns[i], row);
            sign = (byte)',';
        }
        output.Write(" "u8);
        long ns = batch.Columns[0].Integer(row) * NanosecondsOfMs;
        if (number > 0) ns += batch.Columns[number].Integer(row) % NanosecondsOfMs;
        Integer(output, ns);
        output.Write("\n"u8);
    }

    private static void Pair(ArrayBufferWriter<byte> output, byte sign, byte[] name, byte[] text)
    {
        Span<byte> span = output.GetSpan(name.Length + text.Length + 2);
        span[0] = sign;
        name.CopyTo(span[1..]);
        span[name.Length + 1] = (byte)'=';
        text.CopyTo(span[(name.Length + 2)..]);
        output.Advance(name.Length + text.Length + 2);
    }

    private static void Value(ArrayBufferWriter<byte> output, ArrowColumn column, int row)
    {
        switch (column.Field.Type)
        {
            case ArrowType.Float32 or ArrowType.Float64:
                Span<byte> span = output.GetSpan(32);
                column.Real(row).TryFormat(span, out int written, provider: CultureInfo.InvariantCulture);
                output.Advance(written);
                break;
            case ArrowType.Bool:
                output.Write(column.Integer(row) != 0 ? "true"u8 : "false"u8);
                break;
            case ArrowType.Utf8:
                string text = column.Text(row).Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("\"", "\\\"", StringComparison.Ordinal).Replace('\n', ' ');
                output.Write(Encoding.UTF8.GetBytes($"\"{text}\""));
                break;
            default:
                Integer(output, column.Integer(row));
                output.Write("i"u8);
                break;
        }
    }

    private static void Integer(ArrayBufferWriter<byte> output, long value)
    {
        Utf8Formatter.TryFormat(value, output.GetSpan(20), out int written);
        output.Advance(written);
    }

    /// <summary>Commas, equals signs, spaces and backslashes of names and tags are escaped; line ends become spaces.</summary>
    private static string Escaped(string text) => text.AsSpan().IndexOfAny(", =\\\n") < 0
        ? text
        : text.Replace('\n', ' ').Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)
            .Replace("=", "\\=", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);
}
