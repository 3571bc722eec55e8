using CityBrain.History.Arrow;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>Writes the events of a day as an Arrow file.</summary>
internal sealed class DayWriter
{
    private readonly ColumnBuilder[] _columns;
    private readonly ArrowWriter _writer;

    /// <param name="stream">The file.</param>
    /// <param name="devices">Ids by the events' device.</param>
    public DayWriter(Stream stream, IReadOnlyList<string> devices)
    {
        ArrowSchema schema = HiResStore.Schema(devices);
        _columns = [.. schema.Fields.Select(f => new ColumnBuilder(f))];
        _writer = ArrowWriter.File(stream, schema);
    }

    public void Add(in HiResEvent e)
    {
        _columns[0].Add(e.TimeMs);
        _columns[1].Add((long)e.Device);
        _columns[2].Add((long)e.EventId);
        _columns[3].Add((long)e.Parameter);
        if (_columns[0].Length == HiResStore.RowsOfBatch)
        {
            WriteBatch();
        }
    }

    public void Complete()
    {
        if (_columns[0].Length > 0)
        {
            WriteBatch();
        }

        _writer.Complete();
    }

    private void WriteBatch()
    {
        int rows = _columns[0].Length;
        _writer.Write(new ArrowBatch(rows, [.. _columns.Select(c => c.Build())]));
    }
}
