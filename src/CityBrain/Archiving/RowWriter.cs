using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.Archiving;

/// <summary>
/// Writes batches, whose dictionaries may differ, as one text or Arrow stream. Texts are written as texts, not as
/// indices of a dictionary.
/// </summary>
internal abstract class RowWriter : IDisposable
{
    /// <summary>A writer of csv, json, arrow (the file format of Arrow IPC) or arrows (the streaming format).</summary>
    public static RowWriter Create(string format, Stream stream) => format switch
    {
        "csv" => new CsvRows(stream),
        "json" => new JsonRows(stream),
        "arrow" => new ArrowRows(stream, file: true),
        _ => new ArrowRows(stream, file: false),
    };

    /// <summary>The columns of a table without dictionaries.</summary>
    public static ArrowSchema Plain(ArchiveTable table) => new(
        [.. table.Columns.Select(c => Plain(new ArrowField(c.Name, c.Type, c.Nullable)))]);

    public static ArrowSchema Plain(IReadOnlyList<ArrowColumn> columns) => new([.. columns.Select(c => Plain(c.Field))]);

    public abstract void Begin(ArrowSchema schema);

    public abstract void Write(ArrowBatch batch);

    public abstract void End();

    /// <summary>Lets go of buffers; the stream stays open.</summary>
    public virtual void Dispose()
    {
    }

    /// <summary>yyyy-MM-dd HH:mm:ss.fff of the feed's clock.</summary>
    protected static string Time(long timeMs) => timeMs is >= -62_135_596_800_000 and < 253_402_300_800_000
        ? DateTime.UnixEpoch.AddMilliseconds(timeMs).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)
        : timeMs.ToString(CultureInfo.InvariantCulture);

    private static ArrowField Plain(ArrowField field) => field.Type == ArrowType.DictionaryUtf8
        ? new ArrowField(field.Name, ArrowType.Utf8, field.Nullable)
        : field;

    /// <summary>Comma-separated, RFC 4180, with a header; an empty cell is an empty field.</summary>
    private sealed class CsvRows(Stream stream) : RowWriter
    {
        private readonly StreamWriter _text = new(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true);

        public override void Begin(ArrowSchema schema) =>
            _text.Write(string.Join(',', schema.Fields.Select(f => f.Name)) + "\n");

        public override void Write(ArrowBatch batch)
        {
            for (int row = 0; row < batch.Length; row++)
            {
                for (int i = 0; i < batch.Columns.Count; i++)
                {
                    if (i > 0) _text.Write(',');
                    _text.Write(Cell(batch.Columns[i], row));
                }
                _text.Write('\n');
            }
        }

        public override void End() => _text.Flush();

        public override void Dispose() => _text.Dispose();

        private static string Cell(ArrowColumn column, int row)
        {
            if (column.IsNull(row)) return "";
            return column.Field.Type switch
            {
                ArrowType.DictionaryUtf8 or ArrowType.Utf8 => Quoted(column.Text(row)),
                ArrowType.Float32 => ((float)column.Real(row)).ToString("R", CultureInfo.InvariantCulture),
                ArrowType.Float64 => column.Real(row).ToString("R", CultureInfo.InvariantCulture),
                ArrowType.Bool => column.Integer(row) != 0 ? "true" : "false",
                ArrowType.TimestampMilli => Time(column.Integer(row)),
                _ => column.Integer(row).ToString(CultureInfo.InvariantCulture),
            };
        }

        private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0
            ? text
            : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>An array with an object for each row, times as ISO 8601.</summary>
    private sealed class JsonRows(Stream stream) : RowWriter
    {
        private readonly Utf8JsonWriter _json = new(
            stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

        public override void Begin(ArrowSchema schema) => _json.WriteStartArray();

        public override void Write(ArrowBatch batch)
        {
            for (int row = 0; row < batch.Length; row++)
            {
                _json.WriteStartObject();
                foreach (ArrowColumn column in batch.Columns)
                {
                    _json.WritePropertyName(column.Field.Name);
                    Cell(column, row);
                }
                _json.WriteEndObject();
                if (_json.BytesPending > 1 << 16) _json.Flush();
            }
        }

        public override void End()
        {
            _json.WriteEndArray();
            _json.Flush();
        }

        public override void Dispose() => _json.Dispose();

        private void Cell(ArrowColumn column, int row)
        {
            if (column.IsNull(row))
            {
                _json.WriteNullValue();
                return;
            }
            switch (column.Field.Type)
            {
                case ArrowType.DictionaryUtf8 or ArrowType.Utf8: _json.WriteStringValue(column.Text(row)); break;
                case ArrowType.Float32 or ArrowType.Float64 when !double.IsFinite(column.Real(row)): _json.WriteNullValue(); break;
                case ArrowType.Float32: _json.WriteNumberValue((float)column.Real(row)); break;
                case ArrowType.Float64: _json.WriteNumberValue(column.Real(row)); break;
                case ArrowType.Bool: _json.WriteBooleanValue(column.Integer(row) != 0); break;
                case ArrowType.TimestampMilli: _json.WriteStringValue(Time(column.Integer(row)).Replace(' ', 'T')); break;
                default: _json.WriteNumberValue(column.Integer(row)); break;
            }
        }
    }

    /// <summary>Arrow IPC.</summary>
    private sealed class ArrowRows(Stream stream, bool file) : RowWriter
    {
        private ArrowSchema? _schema;
        private ArrowWriter? _writer;

        public override void Begin(ArrowSchema schema)
        {
            _schema = schema;
            _writer = file ? ArrowWriter.File(stream, schema) : ArrowWriter.Streaming(stream, schema);
        }

        public override void Write(ArrowBatch batch) => _writer!.Write(new ArrowBatch(batch.Length,
            [.. batch.Columns.Select((c, i) => c.Field.Type == ArrowType.DictionaryUtf8 ? Plain(c, _schema!.Fields[i]) : c)]));

        public override void End() => _writer!.Complete();

        private static ArrowColumn Plain(ArrowColumn column, ArrowField field)
        {
            var builder = new ColumnBuilder(field);
            for (int row = 0; row < column.Length; row++)
                if (column.IsNull(row)) builder.AddNull();
                else builder.Add(column.Text(row));
            return builder.Build();
        }
    }
}
