using System.Globalization;
using CityBrain.Engine.Measures;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>
/// An Arrow file: times as timestamps in ms, devices as numbers where all are numbers and else as a
/// dictionary
/// of texts, labels as a dictionary.
/// </summary>
internal sealed class ArrowMeasureFile : MeasureFile
{
    private const int RowsOfBatch = 1 << 16;

    private readonly long[]? _deviceNumbers;
    private readonly ArrowSchema _arrow;
    private readonly ColumnBuilder[] _columns;
    private ArrowWriter? _writer;

    public ArrowMeasureFile(string path, RowSchema schema, DeviceDirectory devices)
        : base(path, schema)
    {
        string[] ids = [.. Enumerable.Range(0, devices.Count).Select(i => devices[i])];
        _deviceNumbers = devices.AllNumbers()
            ? [.. ids.Select(id => long.Parse(id, CultureInfo.InvariantCulture))]
            : null;
        _arrow = new ArrowSchema([.. schema.Columns.Select(c => Field(c, ids, _deviceNumbers is not null))], []);
        _columns = [.. _arrow.Fields.Select(f => new ColumnBuilder(f))];
    }

    protected override void WriteRow(in MeasureRow row)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            Add(_columns[i], Schema.Columns[i], in row, _deviceNumbers?[row.Device] ?? row.Device);
        }

        if (_columns[0].Length == RowsOfBatch)
        {
            WriteBatch();
        }
    }

    protected override void WriteEnd()
    {
        if (_columns[0].Length > 0 || Rows == 0)
        {
            WriteBatch();
        }

        _writer!.Complete();
    }

    private void WriteBatch()
    {
        _writer ??= ArrowWriter.File(Stream, _arrow);
        int rows = _columns[0].Length;
        _writer.Write(new ArrowBatch(rows, [.. _columns.Select(c => c.Build())]));
    }

    /// <summary>The columns of a measure, and their cells for a row.</summary>
    internal static ArrowBatch Batch(RowSchema schema, IReadOnlyList<MeasureRow> rows, DeviceDirectory devices)
    {
        string[] ids = [.. Enumerable.Range(0, devices.Count).Select(i => devices[i])];
        ColumnBuilder[] columns = [.. schema.Columns.Select(c => new ColumnBuilder(Field(c, ids, numbers: false)))];
        foreach (MeasureRow row in rows)
        {
            for (int i = 0; i < columns.Length; i++)
            {
                Add(columns[i], schema.Columns[i], in row, row.Device);
            }
        }

        return new ArrowBatch(rows.Count, [.. columns.Select(c => c.Build())]);
    }

    private static void Add(ColumnBuilder builder, MeasureColumn column, in MeasureRow row, long device)
    {
        switch (column.Kind)
        {
            case ColumnKind.Time: builder.Add(column.Slot < 0 ? row.TimeMs : row[column.Slot]); break;
            case ColumnKind.Device: builder.Add(device); break;
            case ColumnKind.Real: builder.Add(row.Real(column.Slot)); break;
            case ColumnKind.Integer when row[column.Slot] == MeasureRow.None: builder.AddNull(); break;
            default: builder.Add(row[column.Slot]); break;
        }
    }

    private static ArrowField Field(MeasureColumn column, string[] ids, bool numbers) => column.Kind switch
    {
        ColumnKind.Time => new(column.Name, ArrowType.TimestampMilli),
        ColumnKind.Device when numbers => new(column.Name, ArrowType.Int64),
        ColumnKind.Device => new(column.Name, ArrowType.DictionaryUtf8, false, ids),
        ColumnKind.Real => new(column.Name, ArrowType.Float64),
        ColumnKind.Flag => new(column.Name, ArrowType.Bool),
        ColumnKind.Label => new(column.Name, ArrowType.DictionaryUtf8, false, column.Labels),
        _ => new(column.Name, ArrowType.Int64, Nullable: column.Name == "EventValue"),
    };
}
