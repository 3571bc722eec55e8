using CityBrain.History.Arrow;

namespace CityBrain.History.Archive;

/// <summary>Which ids of the city a column of texts takes its values from.</summary>
public enum IdsOf
{
    /// <summary>None: numbers, free texts, or the column's own list.</summary>
    None,
    Detectors,
    Intersections,
    Lanes,
    /// <summary>Detectors, then intersections, then lanes.</summary>
    Places,
}

/// <summary>What becomes of a column when rows of one key are made one row of a longer interval.</summary>
public enum Thin
{
    /// <summary>Rows with the same value are joined.</summary>
    Key,
    /// <summary>Begin of the interval.</summary>
    Time,
    /// <summary>Length of the interval, s.</summary>
    Length,
    Sum,
    /// <summary>Mean, weighted by the column named beside it.</summary>
    Mean,
}

/// <summary>A column of an archived table.</summary>
/// <param name="Name">Header; units are in it.</param>
/// <param name="Type">Type of its cells.</param>
/// <param name="Nullable">Whether cells may be empty.</param>
/// <param name="Ids">The ids it takes its texts from.</param>
/// <param name="Texts">Or its own list of texts.</param>
/// <param name="Thin">What becomes of it in a longer interval.</param>
/// <param name="Weight">The column that weighs a <see cref="Thin.Mean"/>.</param>
public sealed record TableColumn(
    string Name, ArrowType Type, bool Nullable = false, IdsOf Ids = IdsOf.None, IReadOnlyList<string>? Texts = null,
    Thin Thin = Thin.Key, string? Weight = null);

/// <summary>A table of the archive. Its first column is the time of a row.</summary>
/// <param name="Name">Name; the files begin with it.</param>
/// <param name="Columns">Columns in order.</param>
/// <param name="ResolutionS">Length of its rows' interval, s; 0 for moments, which are never joined.</param>
public sealed record ArchiveTable(string Name, IReadOnlyList<TableColumn> Columns, int ResolutionS = 0)
{
    public const string TimeColumn = "TimeStamp";

    /// <summary>The schema of a file.</summary>
    public ArrowSchema Schema(ArchiveIds ids, IReadOnlyList<KeyValuePair<string, string>> notes) => new(
        [.. Columns.Select(c => new ArrowField(c.Name, c.Type, c.Nullable, c.Texts ?? ids.Of(c.Ids)))], notes);
}

/// <summary>The ids of a city in its own order, so that an index of the city is an index of the dictionary.</summary>
public sealed record ArchiveIds(
    IReadOnlyList<string> Districts, IReadOnlyList<string> Detectors, IReadOnlyList<string> Intersections,
    IReadOnlyList<string> Lanes)
{
    private readonly IReadOnlyList<string> _places = [.. Detectors, .. Intersections, .. Lanes];

    public IReadOnlyList<string>? Of(IdsOf ids) => ids switch
    {
        IdsOf.Detectors => Detectors,
        IdsOf.Intersections => Intersections,
        IdsOf.Lanes => Lanes,
        IdsOf.Places => _places,
        _ => null,
    };
}
