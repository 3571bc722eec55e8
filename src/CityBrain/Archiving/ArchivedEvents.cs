using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.Model;

namespace CityBrain.Archiving;

/// <summary>
/// A journal's events made again from the archive, in their order: the files of the districts are merged by the events'
/// numbers. An event is in the file of the day it bears, so that around a midnight two days are open at once.
/// </summary>
internal sealed class ArchivedEvents : IDisposable
{
    /// <summary>Places of the columns of <see cref="ArchiveTables.Events"/>.</summary>
    private const int Time = 0, Number = 1, Kind = 2, Index = 3, Code = 5, A = 6, B = 7, C = 8, Sequence = 9, Extra = 10;

    private readonly ArchiveFolder _archive;
    private readonly PriorityQueue<Rows, long> _next = new();
    private readonly Queue<ArchiveFile[]> _days;
    private readonly List<Rows> _open = [];
    private byte[] _extra = [];

    public ArchivedEvents(ArchiveFolder archive, string journal)
    {
        _archive = archive;
        _days = new Queue<ArchiveFile[]>(archive.Files
            .Where(f => f.Partition.Table == ArchiveTables.Events.Name && f.Partition.Journal == journal && f.Rows > 0)
            .GroupBy(f => f.Partition.DayMs).OrderBy(day => day.Key).Select(day => day.ToArray()));
        OpenDay();
        OpenDay();
    }

    /// <summary>The next event and its side data, which is valid until the next call; false at the end.</summary>
    public bool TryRead(out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        e = default;
        extra = default;
        if (!_next.TryDequeue(out Rows? rows, out _)) return false;
        ArrowBatch batch = rows.Batch!;
        _extra = batch.Columns[Extra].IsNull(rows.Row) ? [] : Convert.FromHexString(batch.Columns[Extra].Text(rows.Row));
        e = EventOf(batch.Columns, rows.Row, rows.KindOf(batch.Columns[Kind]), (ushort)_extra.Length);
        extra = _extra;
        GoOn(rows);
        return true;
    }

    public void Dispose()
    {
        foreach (Rows rows in _open) rows.Dispose();
    }

    private static CityEvent EventOf(IReadOnlyList<ArrowColumn> c, int row, EventKind kind, ushort extra)
    {
        float Value(int column) => c[column].IsNull(row) ? float.NaN : (float)c[column].Real(row);
        return new CityEvent(c[Time].Integer(row), (int)c[Index].Integer(row), kind, (byte)c[Code].Integer(row), extra,
            Value(A), Value(B), Value(C), (uint)c[Sequence].Integer(row));
    }

    private void OpenDay()
    {
        if (!_days.TryDequeue(out ArchiveFile[]? files)) return;
        foreach (ArchiveFile file in files)
        {
            var rows = new Rows(ArrowFile.Open(_archive.PathOf(file)), file.Partition.DayMs);
            _open.Add(rows);
            if (rows.Next()) _next.Enqueue(rows, rows.NumberOf(Number));
        }
    }

    private void GoOn(Rows rows)
    {
        if (rows.Next())
        {
            _next.Enqueue(rows, rows.NumberOf(Number));
            return;
        }
        rows.Dispose();
        _open.Remove(rows);
        if (!_open.Any(o => o.DayMs <= rows.DayMs)) OpenDay();
    }

    /// <summary>The rows of one file, one after the other.</summary>
    private sealed class Rows(ArrowFile file, long dayMs) : IDisposable
    {
        private readonly Dictionary<string, EventKind> _kinds = new(StringComparer.Ordinal);
        private int _batch;

        public long DayMs { get; } = dayMs;
        public ArrowBatch? Batch { get; private set; }
        public int Row { get; private set; }

        public bool Next()
        {
            Row++;
            while (Batch is null || Row >= Batch.Length)
            {
                if (_batch >= file.Batches) return false;
                Batch = file.Read(_batch++);
                Row = 0;
            }
            return true;
        }

        public long NumberOf(int column) => Batch!.Columns[column].Integer(Row);

        public EventKind KindOf(ArrowColumn column)
        {
            string text = column.Text(Row);
            if (!_kinds.TryGetValue(text, out EventKind kind)) _kinds[text] = kind = Enum.Parse<EventKind>(text);
            return kind;
        }

        public void Dispose() => file.Dispose();
    }
}
