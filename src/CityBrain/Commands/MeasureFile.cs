using System.Buffers.Text;
using CityBrain.Engine.Measures;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>A measure's output file: takes rows, is written beside its place and put there whole.</summary>
internal abstract class MeasureFile(string path, RowSchema schema) : IRowSink, IDisposable
{
    private readonly string _temporary = path + ".part";
    private FileStream? _stream;

    public string Path { get; } = path;

    public RowSchema Schema { get; } = schema;

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    protected FileStream Stream => _stream ??= File.Create(_temporary, 1 << 16);

    public void Write(in MeasureRow row)
    {
        WriteRow(in row);
        Rows++;
    }

    /// <summary>Ends the file and puts it in its place.</summary>
    public void Complete()
    {
        WriteEnd();
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, Path, overwrite: true);
    }

    public virtual void Dispose() => _stream?.Dispose();

    public static MeasureFile Create(
        MeasuresFormat format, string directory, RowSchema schema, DeviceDirectory devices)
    {
        string ending = format.ToString().ToLowerInvariant();
        string path = System.IO.Path.Combine(directory, $"{schema.Name}.{ending}");
        return format switch
        {
            MeasuresFormat.Csv => new CsvMeasureFile(path, schema, devices),
            MeasuresFormat.Json => new JsonMeasureFile(path, schema, devices),
            _ => new ArrowMeasureFile(path, schema, devices),
        };
    }

    protected abstract void WriteRow(in MeasureRow row);

    protected abstract void WriteEnd();
}

/// <summary>Text of rows in one buffer of bytes.</summary>
internal abstract class TextMeasureFile(string path, RowSchema schema, DeviceDirectory devices)
    : MeasureFile(path, schema)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _used;

    protected DeviceDirectory Devices { get; } = devices;

    protected void Text(string text)
    {
        Room(System.Text.Encoding.UTF8.GetMaxByteCount(text.Length));
        _used += System.Text.Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_used));
    }

    protected void Byte(char c)
    {
        Room(1);
        _buffer[_used++] = (byte)c;
    }

    protected void Integer(long value)
    {
        Room(20);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_used), out int written);
        _used += written;
    }

    /// <summary>The shortest text that reads back as the same number.</summary>
    protected void Real(double value)
    {
        Room(32);
        value.TryFormat(_buffer.AsSpan(_used), out int written,
            provider: System.Globalization.CultureInfo.InvariantCulture);
        _used += written;
    }

    /// <summary>yyyy-MM-dd HH:mm:ss, for intervals with milliseconds.</summary>
    protected void Time(long timeMs, bool withMs)
    {
        Room(32);
        DateTime time = DateTime.UnixEpoch.AddMilliseconds(timeMs);
        time.TryFormat(_buffer.AsSpan(_used), out int written,
            withMs ? "yyyy-MM-dd HH:mm:ss.fff" : "yyyy-MM-dd HH:mm:ss",
            System.Globalization.CultureInfo.InvariantCulture);
        _used += written;
    }

    protected void FlushText()
    {
        Stream.Write(_buffer, 0, _used);
        _used = 0;
    }

    private void Room(int bytes)
    {
        if (_buffer.Length - _used >= bytes)
        {
            return;
        }

        FlushText();
        if (_buffer.Length < bytes)
        {
            _buffer = new byte[bytes];
        }
    }
}

/// <summary>Comma-separated, RFC 4180, with a header.</summary>
internal sealed class CsvMeasureFile : TextMeasureFile
{
    public CsvMeasureFile(string path, RowSchema schema, DeviceDirectory devices)
        : base(path, schema, devices) => Text(string.Join(',', schema.Columns.Select(c => c.Name)) + "\n");

    protected override void WriteRow(in MeasureRow row)
    {
        for (int i = 0; i < Schema.Columns.Count; i++)
        {
            if (i > 0)
            {
                Byte(',');
            }

            Cell(Schema.Columns[i], in row);
        }

        Byte('\n');
    }

    protected override void WriteEnd() => FlushText();

    private void Cell(MeasureColumn column, in MeasureRow row)
    {
        switch (column.Kind)
        {
            case ColumnKind.Time when column.Slot < 0: Time(row.TimeMs, column.Name != "TimeStamp"); break;
            case ColumnKind.Time: Time(row[column.Slot], withMs: true); break;
            case ColumnKind.Device: Quoted(Devices[row.Device]); break;
            case ColumnKind.Real: Real(row.Real(column.Slot)); break;
            case ColumnKind.Flag: Text(row[column.Slot] != 0 ? "true" : "false"); break;
            case ColumnKind.Label: Text(column.Labels![(int)row[column.Slot]]); break;
            default:
                if (row[column.Slot] != MeasureRow.None)
                {
                    Integer(row[column.Slot]);
                }

                break;
        }
    }

    private void Quoted(string text) => Text(text.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? text
        : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
}

/// <summary>A JSON array with an object per row and line.</summary>
internal sealed class JsonMeasureFile(string path, RowSchema schema, DeviceDirectory devices)
    : TextMeasureFile(path, schema, devices)
{
    private readonly bool _numbers = devices.AllNumbers();

    protected override void WriteRow(in MeasureRow row)
    {
        Text(Rows == 0 ? "[\n{" : ",\n{");
        for (int i = 0; i < Schema.Columns.Count; i++)
        {
            MeasureColumn column = Schema.Columns[i];
            Text(i == 0 ? $"\"{column.Name}\":" : $",\"{column.Name}\":");
            Cell(column, in row);
        }

        Byte('}');
    }

    protected override void WriteEnd()
    {
        Text(Rows == 0 ? "[]\n" : "\n]\n");
        FlushText();
    }

    private void Cell(MeasureColumn column, in MeasureRow row)
    {
        switch (column.Kind)
        {
            case ColumnKind.Time:
                Byte('"');
                Time(column.Slot < 0 ? row.TimeMs : row[column.Slot], column.Name != "TimeStamp");
                Byte('"');
                break;
            case ColumnKind.Device:
                string id = Devices[row.Device];
                Text(_numbers ? id : System.Text.Json.JsonSerializer.Serialize(id));
                break;
            case ColumnKind.Real: Real(row.Real(column.Slot)); break;
            case ColumnKind.Flag: Text(row[column.Slot] != 0 ? "true" : "false"); break;
            case ColumnKind.Label: Text($"\"{column.Labels![(int)row[column.Slot]]}\""); break;
            default:
                if (row[column.Slot] != MeasureRow.None)
                {
                    Integer(row[column.Slot]);
                }
                else
                {
                    Text("null");
                }

                break;
        }
    }
}
