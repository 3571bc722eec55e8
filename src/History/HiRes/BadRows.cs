namespace CityBrain.History.HiRes;

/// <summary>A row that could not be read.</summary>
/// <param name="Source">File.</param>
/// <param name="Line">Line number, the first line of the file is 1.</param>
/// <param name="Reason">What is wrong with it.</param>
public readonly record struct BadRow(string Source, long Line, string Reason);

/// <summary>The rows that could not be read: all counted, the first ones kept.</summary>
public sealed class BadRows(int keep = 100)
{
    private readonly List<BadRow> _first = [];

    public long Count { get; private set; }

    public IReadOnlyList<BadRow> First => _first;

    public void Add(string source, long line, string reason)
    {
        Count++;
        if (_first.Count < keep)
        {
            _first.Add(new BadRow(source, line, reason));
        }
    }
}

/// <summary>A log that cannot be read at all: no known columns, broken compression, unknown format.</summary>
public sealed class LogFormatException : IOException
{
    public LogFormatException(string message)
        : base(message)
    {
    }

    public LogFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public LogFormatException()
    {
    }
}
