namespace CityBrain.Dashboard;

/// <summary>What the past is asked for.</summary>
/// <param name="FromMs">Times from this one on, ms of the feed's clock.</param>
/// <param name="ToMs">Times before this one.</param>
/// <param name="District">Only this district, or null.</param>
/// <param name="Id">Only this detector, intersection, lane or device, or null.</param>
/// <param name="Journal">Only this journal, or null.</param>
/// <param name="Limit">Most rows of a page.</param>
/// <param name="Cursor">Where the page before ended, or null.</param>
public sealed record RowsQuery(
    long FromMs, long ToMs, string? District, string? Id, string? Journal, int Limit, string? Cursor);

/// <summary>What measures are asked for.</summary>
/// <param name="Measure">Name of the measure.</param>
/// <param name="From">First time, as text, or null.</param>
/// <param name="To">End of the times, as text, or null.</param>
/// <param name="Bin">Width of the bins, such as 15m.</param>
/// <param name="Device">Only this device, or null.</param>
/// <param name="Set">MEASURE.PARAMETER=VALUE.</param>
/// <param name="Limit">Most rows of a page.</param>
/// <param name="Cursor">Where the page before ended, or null.</param>
public sealed record MeasureQuery(
    string Measure, string? From, string? To, string Bin, string? Device, IReadOnlyList<string> Set, int Limit,
    string? Cursor);

/// <summary>The form of rows: JSON objects, comma-separated text, or a stream of Arrow IPC.</summary>
public enum RowsFormat { Json, Csv, Arrow }

/// <summary>A page was written.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Next">The cursor of the next page, or null at the end.</param>
public sealed record RowsPage(int Rows, string? Next);

/// <summary>A page as JSON: its rows, each with a value for every column.</summary>
public sealed record RowsAnswer(int Count, string? Next, Dictionary<string, object?>[] Rows);

/// <summary>A table of the past.</summary>
public sealed record RecordedTable(
    string Name, RecordedColumn[] Columns, long Rows, long? FromMs, long? ToMs, int ResolutionS);

public sealed record RecordedColumn(string Name, string Type, bool Nullable);

/// <summary>A journal in the archive.</summary>
public sealed record RecordedJournal(string Id, long Events, long FromMs, long ToMs, string[] Days, string[] Districts);

/// <summary>A measure and its parameters.</summary>
public sealed record RecordedMeasure(string Name, string[] Columns, RecordedParameter[] Parameters, bool NeedsDetectors);

public sealed record RecordedParameter(string Name, string Unit, double[] Default);

/// <summary>The question makes no sense; the message is a sentence for whoever asked.</summary>
public sealed class RowsQueryException(string message) : Exception(message);

/// <summary>What the API can tell of the past: an edge, made by the root of what lies on its disk.</summary>
public interface IRecordedHistory
{
    IReadOnlyList<RecordedTable> Tables();

    IReadOnlyList<RecordedJournal> Journals();

    /// <summary>The measures that can be asked for; none without logs.</summary>
    IReadOnlyList<RecordedMeasure> Measures();

    /// <summary>Writes a page of a table; null when there is no such table.</summary>
    /// <exception cref="RowsQueryException">The question makes no sense.</exception>
    RowsPage? WriteRows(string table, RowsQuery query, RowsFormat format, Stream into, CancellationToken cancel);

    /// <summary>Writes a page of a measure; null when there is no such measure.</summary>
    /// <exception cref="RowsQueryException">The question makes no sense.</exception>
    RowsPage? WriteMeasure(MeasureQuery query, RowsFormat format, Stream into, CancellationToken cancel);
}
