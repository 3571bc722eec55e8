using CityBrain.History.Archive;
using CityBrain.History.Arrow;

namespace CityBrain.Archiving;

/// <summary>Where recorded rows go: the archive's files, or a warm store's spool.</summary>
internal interface IRowTaker
{
    /// <summary>Takes rows of one table, district and day; a table's rows come in the order they were made.</summary>
    void Take(ArchiveTable table, string district, long dayMs, ArrowBatch batch);

    /// <summary>No row of this day or an earlier one will come any more.</summary>
    void EndDay(long dayMs)
    {
    }
}
