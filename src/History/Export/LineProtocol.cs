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
/// What makes a server's work less: tags in the order of their names, and a series' rows together, in their order.
/// </summary>
public static class LineProtocol
{
    private const int NanosecondsOfMs = 1_000_000, UsualBytesOfLine = 200;

    public static ReadOnlyMemory<byte> Encode(ArchiveTable table, string district, ArrowBatch batch)
    {
        var output = new ArrayBufferWriter<byte>((batch.Length * UsualBytesOfLine) + 256);
        Tag[] tags = TagsOf(table, district, batch);
        byte[][] fields = [.. table.Columns.Select(c => Encoding.UTF8.GetBytes(Escaped(c.Name)))];
        bool[] tag = [.. batch.Columns.Select(c => c.Field.Type == ArrowType.DictionaryUtf8)];
        byte[] measurement = Encoding.UTF8.GetBytes(Escaped(table.Name));
        int number = table.Columns.Index().FirstOrDefault(c => c.Item.Name == "Number", (-1, null!)).Item1;
        var head = new ArrayBufferWriter<byte>(256);
        int previous = -1;
        foreach (int row in BySeries(tags, batch.Length))
        {
            if (previous < 0 || !SameSeries(tags, row, previous)) Head(head, measurement, tags, row);
            output.Write(head.WrittenSpan);
            Fields(output, fields, tag, batch, row);
            Time(output, batch, number, row);
            previous = row;
        }
        return output.WrittenMemory;
    }

    private static Tag[] TagsOf(ArchiveTable table, string district, ArrowBatch batch)
    {
        var tags = new List<Tag> { new("district", null, [Encoding.UTF8.GetBytes(Escaped(district))]) };
        for (int i = 1; i < batch.Columns.Count; i++)
        {
            if (batch.Columns[i].Field.Type != ArrowType.DictionaryUtf8) continue;
            tags.Add(new Tag(Escaped(table.Columns[i].Name), batch.Columns[i],
                [.. batch.Columns[i].Field.Dictionary!.Select(t => Encoding.UTF8.GetBytes(Escaped(t)))]));
        }
        return [.. tags.OrderBy(t => t.Name, StringComparer.Ordinal)];
    }

    /// <summary>The rows, those of one series together and in their order.</summary>
    private static int[] BySeries(Tag[] tags, int count)
    {
        long[] series = new long[count];
        foreach (Tag tag in tags)
            for (int row = 0; row < count; row++) series[row] = (series[row] * (tag.Texts.Length + 1)) + tag.Code(row) + 1;
        int[] rows = [.. Enumerable.Range(0, count)];
        Array.Sort(series, rows);
        for (int begin = 0, end; begin < count; begin = end)
        {
            for (end = begin + 1; end < count && series[end] == series[begin];) end++;
            Array.Sort(rows, begin, end - begin);
        }
        return rows;
    }

    private static bool SameSeries(Tag[] tags, int row, int other)
    {
        foreach (Tag tag in tags)
            if (tag.Code(row) != tag.Code(other)) return false;
        return true;
    }

    private static void Head(ArrayBufferWriter<byte> head, byte[] measurement, Tag[] tags, int row)
    {
        head.ResetWrittenCount();
        head.Write(measurement);
        foreach (Tag tag in tags)
        {
            int code = tag.Code(row);
            if (code >= 0 && tag.Texts[code] is { Length: > 0 } text) Pair(head, (byte)',', tag.NameBytes, text);
        }
    }

    private static void Fields(
        ArrayBufferWriter<byte> output, byte[][] names, bool[] tag, ArrowBatch batch, int row)
    {
        byte sign = (byte)' ';
        for (int i = 1; i < batch.Columns.Count; i++)
        {
            if (tag[i] || batch.Columns[i].IsNull(row)) continue;
            Pair(output, sign, names[i], []);
            Value(output, batch.Columns[i], row);
            sign = (byte)',';
        }
    }

    private static void Time(ArrayBufferWriter<byte> output, ArrowBatch batch, int number, int row)
    {
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

    /// <summary>A tag: a column of texts from a list, or, without one, a single text for all rows.</summary>
    private sealed record Tag(string Name, ArrowColumn? Column, byte[][] Texts)
    {
        public byte[] NameBytes { get; } = Encoding.UTF8.GetBytes(Name);

        /// <summary>Index of a row's text; -1 when it has none.</summary>
        public int Code(int row) => Column is null ? 0 : Column.IsNull(row) ? -1 : (int)Column.Integer(row);
    }
}
