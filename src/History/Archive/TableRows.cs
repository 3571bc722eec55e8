using CityBrain.History.Arrow;

namespace CityBrain.History.Archive;

/// <summary>Gathers the rows of one table, cell by cell in the order of its columns, into batches.</summary>
public sealed class TableRows
{
    /// <summary>Rows of a batch.</summary>
    public const int RowsOfBatch = 1 << 16;

    private readonly ColumnBuilder[] _columns;
    private int _next;

    public TableRows(ArchiveTable table, ArchiveIds ids)
    {
        Table = table;
        _columns = [.. table.Schema(ids, []).Fields.Select(f => new ColumnBuilder(f))];
    }

    public ArchiveTable Table { get; }

    /// <summary>Whole rows gathered.</summary>
    public int Count => _columns[^1].Length;

    public bool IsFull => Count >= RowsOfBatch;

    public TableRows Add(long value)
    {
        Next().Add(value);
        return this;
    }

    /// <summary>A number; what is none is an empty cell.</summary>
    public TableRows Add(double value)
    {
        ColumnBuilder column = Next();
        if (double.IsNaN(value)) column.AddNull();
        else column.Add(value);
        return this;
    }

    public TableRows Add(string value)
    {
        Next().Add(value);
        return this;
    }

    public TableRows Add(bool value)
    {
        Next().Add(value);
        return this;
    }

    public TableRows AddEmpty()
    {
        Next().AddNull();
        return this;
    }

    /// <summary>The rows as a batch; the gathering starts anew.</summary>
    public ArrowBatch Build()
    {
        int rows = Count;
        return new ArrowBatch(rows, [.. _columns.Select(c => c.Build())]);
    }

    private ColumnBuilder Next()
    {
        ColumnBuilder column = _columns[_next];
        _next = (_next + 1) % _columns.Length;
        return column;
    }
}
