namespace CityBrain.Engine.Measures;

/// <summary>What a column of a measure holds.</summary>
public enum ColumnKind
{
    /// <summary>Local wall clock, ms since 1970-01-01 00:00.</summary>
    Time,

    /// <summary>Index of the device in the source's directory.</summary>
    Device,
    Integer,
    Real,
    Flag,

    /// <summary>One of a fixed list of texts.</summary>
    Label,
}

/// <summary>A column: its name as agencies' tools read it, its kind and where in a row it stands.</summary>
/// <param name="Name">Header.</param>
/// <param name="Kind">How to read its cell.</param>
/// <param name="Slot">0..4 for <see cref="MeasureRow"/>'s cells, -1 for its own time or device.</param>
/// <param name="Labels">The texts of a <see cref="ColumnKind.Label"/>.</param>
public sealed record MeasureColumn(
    string Name, ColumnKind Kind, int Slot, IReadOnlyList<string>? Labels = null);

/// <summary>A measure's table: its file name and its columns in order.</summary>
public sealed record RowSchema(string Name, IReadOnlyList<MeasureColumn> Columns)
{
    /// <summary>TimeStamp, DeviceId, then the given columns in slots 0, 1, ...</summary>
    public static RowSchema Binned(string name, params (string Name, ColumnKind Kind)[] columns)
    {
        var all = new List<MeasureColumn>
        {
            new("TimeStamp", ColumnKind.Time, -1),
            new("DeviceId", ColumnKind.Device, -1),
        };
        for (int i = 0; i < columns.Length; i++)
        {
            all.Add(new MeasureColumn(columns[i].Name, columns[i].Kind, i));
        }

        return new RowSchema(name, all);
    }
}

/// <summary>
/// One row of a measure: time, device and up to five cells of 64 bits, read by the measure's
/// <see cref="RowSchema"/>. Reals are stored by their bits.
/// </summary>
public readonly record struct MeasureRow(
    long TimeMs, int Device, long A = 0, long B = 0, long C = 0, long D = 0, long E = 0)
{
    /// <summary>An empty integer or label.</summary>
    public const long None = long.MinValue;

    public long this[int slot] => slot switch
    {
        0 => A,
        1 => B,
        2 => C,
        3 => D,
        4 => E,
        _ => throw new ArgumentOutOfRangeException(nameof(slot)),
    };

    /// <summary>A real cell.</summary>
    public double Real(int slot) => BitConverter.Int64BitsToDouble(this[slot]);

    /// <summary>The bits of a real, to put in a cell.</summary>
    public static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
}

/// <summary>Takes the rows of one measure in the order the measure finds them.</summary>
public interface IRowSink
{
    void Write(in MeasureRow row);
}

/// <summary>Keeps rows in memory.</summary>
public sealed class RowList : IRowSink
{
    private readonly List<MeasureRow> _rows = [];

    public IReadOnlyList<MeasureRow> Rows => _rows;

    public void Write(in MeasureRow row) => _rows.Add(row);

    /// <summary>Sorts the rows; equal ones keep no particular order, which nobody can see.</summary>
    public void Sort(Comparison<MeasureRow> order) => _rows.Sort(order);
}
