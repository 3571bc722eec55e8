using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.Archiving;

/// <summary>The rows of a batch whose time is in a range.</summary>
internal static class RowFilter
{
    /// <summary>The batch itself when all are, null when none is.</summary>
    public static ArrowBatch? Within(ArrowBatch batch, ArchiveRange range)
    {
        ReadOnlySpan<long> times = batch.Columns[0].Span<long>();
        int inside = 0;
        foreach (long time in times) inside += time >= range.FromMs && time < range.ToMs ? 1 : 0;
        if (inside == 0) return null;
        if (inside == batch.Length) return batch;
        var rows = new int[inside];
        for (int row = 0, n = 0; row < times.Length; row++)
            if (times[row] >= range.FromMs && times[row] < range.ToMs) rows[n++] = row;
        return Pick(batch, rows);
    }

    /// <summary>Some rows of a batch, by their places.</summary>
    public static ArrowBatch Pick(ArrowBatch batch, ReadOnlySpan<int> rows)
    {
        var columns = new ArrowColumn[batch.Columns.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            ArrowColumn column = batch.Columns[i];
            var builder = new ColumnBuilder(column.Field);
            foreach (int row in rows)
            {
                if (column.IsNull(row)) builder.AddNull();
                else if (column.Field.Type == ArrowType.Utf8) builder.Add(column.Text(row));
                else if (column.Field.Type is ArrowType.Float32 or ArrowType.Float64) builder.Add(column.Real(row));
                else builder.Add(column.Integer(row));
            }
            columns[i] = builder.Build();
        }
        return new ArrowBatch(rows.Length, columns);
    }
}
