using CityBrain.History.Arrow;

namespace CityBrain.History.Archive;

/// <summary>
/// Makes rows of longer intervals of a file's rows: sums are added, means are weighted as their column says, an
/// interval begins at a multiple of its length.
/// </summary>
internal static class Thinning
{
    /// <summary>Replaces a file by one of longer intervals; returns what is known of it then.</summary>
    public static ArchiveFile Run(string root, ArchiveFile file, ArchiveTable table, int resolutionS)
    {
        using ArrowFile source = ArrowFile.Open(Path.Combine(root, file.Partition.Path));
        var sums = new SortedDictionary<(long TimeMs, long Key), double[]>();
        for (int i = 0; i < source.Batches; i++) Add(source.Read(i), table, resolutionS * 1000L, sums);
        using var writer = new PartitionWriter(
            root, file.Partition, new ArrowSchema([.. source.Schema.Fields]), resolutionS, file.Complete);
        ColumnBuilder[] columns = [.. source.Schema.Fields.Select(f => new ColumnBuilder(f))];
        foreach (((long timeMs, long key), double[] sum) in sums)
        {
            Write(columns, table, timeMs, key, resolutionS, sum);
            if (columns[0].Length == TableRows.RowsOfBatch) writer.Write(Built(columns));
        }
        if (columns[0].Length > 0) writer.Write(Built(columns));
        return writer.Complete();
    }

    /// <summary>Sums: [i] for a sum; [i] weighted values and [n + i] weights for a mean.</summary>
    private static void Add(
        ArrowBatch batch, ArchiveTable table, long lengthMs, SortedDictionary<(long TimeMs, long Key), double[]> sums)
    {
        int n = table.Columns.Count;
        int keyColumn = table.Columns.Index().First(c => c.Item.Thin == Thin.Key).Index;
        int[] weights = [.. table.Columns.Select(c =>
            table.Columns.Index().FirstOrDefault(w => w.Item.Name == c.Weight).Index)];
        for (int row = 0; row < batch.Length; row++)
        {
            long timeMs = batch.Columns[0].Integer(row);
            long begin = timeMs - (((timeMs % lengthMs) + lengthMs) % lengthMs);
            var key = (begin, batch.Columns[keyColumn].Integer(row));
            if (!sums.TryGetValue(key, out double[]? sum)) sums.Add(key, sum = new double[2 * n]);
            for (int i = 0; i < n; i++)
            {
                ArrowColumn column = batch.Columns[i];
                if (column.IsNull(row)) continue;
                if (table.Columns[i].Thin == Thin.Sum) sum[i] += column.Real(row);
                if (table.Columns[i].Thin != Thin.Mean) continue;
                // What was itself a mean of nothing weighs nothing.
                double weight = Weight(batch, table, weights, i, row);
                sum[i] += column.Real(row) * weight;
                sum[n + i] += weight;
            }
        }
    }

    /// <summary>A weight that is a mean itself counts by its own weight: vehicles, by ticks.</summary>
    private static double Weight(ArrowBatch batch, ArchiveTable table, int[] weights, int column, int row)
    {
        int by = weights[column];
        if (batch.Columns[by].IsNull(row)) return 0;
        double weight = batch.Columns[by].Real(row);
        return table.Columns[by].Thin == Thin.Mean ? weight * Weight(batch, table, weights, by, row) : weight;
    }

    private static void Write(
        ColumnBuilder[] columns, ArchiveTable table, long timeMs, long key, int resolutionS, double[] sum)
    {
        for (int i = 0; i < columns.Length; i++)
        {
            ColumnBuilder column = columns[i];
            switch (table.Columns[i].Thin)
            {
                case Thin.Time: column.Add(timeMs); break;
                case Thin.Length: column.Add((long)resolutionS); break;
                case Thin.Key: column.Add(key); break;
                case Thin.Mean when sum[columns.Length + i] <= 0: column.AddNull(); break;
                case Thin.Mean: column.Add(sum[i] / sum[columns.Length + i]); break;
                case Thin.Sum when column.Field.Type == ArrowType.Float64: column.Add(sum[i]); break;
                default: column.Add((long)sum[i]); break;
            }
        }
    }

    private static ArrowBatch Built(ColumnBuilder[] columns) =>
        new(columns[0].Length, [.. columns.Select(c => c.Build())]);
}
