using CityBrain.History.Arrow;

namespace CityBrain.Fuzz;

/// <summary>Reads every cell of a batch in every way its type allows.</summary>
internal static class ArrowTarget
{
    private const int MostRows = 4096;

    public static void Look(ArrowBatch batch)
    {
        foreach (ArrowColumn column in batch.Columns)
            for (int row = 0; row < Math.Min(MostRows, column.Length); row++)
            {
                if (column.IsNull(row)) continue;
                if (column.Field.Type is ArrowType.Utf8 or ArrowType.DictionaryUtf8) _ = column.Text(row);
                else _ = column.Real(row);
            }
    }
}
