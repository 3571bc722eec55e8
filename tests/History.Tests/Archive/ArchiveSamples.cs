using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.History.Tests.Archive;

/// <summary>Files of the archive with made-up rows, every type of cell among them.</summary>
internal static class ArchiveSamples
{
    public static readonly ArchiveIds Ids = new(
        ["d1"], ["loop-1", "loop-2", "camera-1"], ["j1", "j2"], ["Østgade 1", "Østgade 2"]);

    public static ArchiveFile Write(string root, ArchiveTable table, int batches, int rows)
    {
        var random = new Random(table.Name.Length);
        var partition = new Partition(table.Name, 19_828 * Partition.DayLengthMs, "d1", "00000000deadbeef");
        using var writer = new PartitionWriter(root, partition, table.Schema(Ids, []), table.ResolutionS, true);
        var gathered = new TableRows(table, Ids);
        for (int batch = 0; batch < batches; batch++)
        {
            for (int row = 0; row < rows; row++)
                foreach (TableColumn column in table.Columns) Cell(gathered, column, partition.DayMs, random);
            writer.Write(gathered.Build());
        }
        return writer.Complete();
    }

    private static void Cell(TableRows rows, TableColumn column, long dayMs, Random random)
    {
        if (column.Nullable && random.Next(5) == 0)
        {
            rows.AddEmpty();
            return;
        }
        int texts = (column.Texts ?? Ids.Of(column.Ids))?.Count ?? 200;
        switch (column.Type)
        {
            case ArrowType.Utf8: rows.Add(random.Next(3) == 0 ? "" : $"wärten {random.Next(99)} s"); break;
            case ArrowType.Bool: rows.Add(random.Next(2) == 0); break;
            case ArrowType.TimestampMilli: rows.Add(dayMs + random.Next(86_400_000)); break;
            case ArrowType.Float32 or ArrowType.Float64: rows.Add(Math.Round(random.NextDouble() * 100, 2)); break;
            default: rows.Add((long)random.Next(texts)); break;
        }
    }
}
