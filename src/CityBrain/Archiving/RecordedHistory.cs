using System.Globalization;
using System.Text;
using CityBrain.Commands;
using CityBrain.Dashboard;
using CityBrain.Engine.Measures;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;

namespace CityBrain.Archiving;

/// <summary>The past for the HTTP API, of an archive and of a store of imported logs; either may be missing.</summary>
internal sealed class RecordedHistory(string? archiveFolder, string? logs) : IRecordedHistory
{
    public IReadOnlyList<RecordedTable> Tables()
    {
        using ArchiveFolder? archive = Archive();
        if (archive is null) return [];
        return [.. ArchiveTables.All.Select(table =>
        {
            ArchiveFile[] files = [.. archive.Files.Where(f => f.Partition.Table == table.Name && f.LeastMs <= f.MostMs)];
            return new RecordedTable(table.Name,
                [.. table.Columns.Select(c => new RecordedColumn(c.Name, c.Type.ToString(), c.Nullable))],
                files.Sum(f => f.Rows), files.Length == 0 ? null : files.Min(f => f.LeastMs),
                files.Length == 0 ? null : files.Max(f => f.MostMs), table.ResolutionS);
        })];
    }

    public IReadOnlyList<RecordedJournal> Journals()
    {
        using ArchiveFolder? archive = Archive();
        if (archive is null) return [];
        return [.. archive.Files.GroupBy(f => f.Partition.Journal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g =>
            new RecordedJournal(g.Key, archive.Compacted(g.Key)?.Events ?? 0, g.Min(f => f.LeastMs), g.Max(f => f.MostMs),
                [.. g.Select(f => f.Partition.Day).Distinct()],
                [.. g.Select(f => f.Partition.District).Distinct().Order(StringComparer.Ordinal)]))];
    }

    public IReadOnlyList<RecordedMeasure> Measures() => logs is null || !HiResStore.IsAt(logs)
        ? []
        : [.. MeasureCatalog.All.Select(m => new RecordedMeasure(
            m.Name, [.. m.Schema.Columns.Select(c => c.Name)],
            [.. m.Parameters.Select(p => new RecordedParameter($"{m.Name}.{p.Name}", p.Unit, [.. p.Default]))],
            m.NeedsDetectors))];

    public RowsPage? WriteRows(
        string table, RowsQuery query, RowsFormat format, Stream into, CancellationToken cancel)
    {
        if (ArchiveTables.Find(table) is not { } known) return null;
        using ArchiveFolder? archive = Archive();
        using RowWriter writer = Writer(format, into);
        if (archive is null)
        {
            writer.Begin(RowWriter.Plain(known));
            writer.End();
            return new RowsPage(0, null);
        }
        var pages = new TablePages(archive, known, query);
        return pages.Write(writer, cancel);
    }

    public RowsPage? WriteMeasure(MeasureQuery query, RowsFormat format, Stream into, CancellationToken cancel)
    {
        if (MeasureCatalog.Find(query.Measure) is not { } measure) return null;
        if (logs is null || !HiResStore.IsAt(logs))
            throw new RowsQueryException("This server has no imported logs; start it with --hires FOLDER.");
        int skip = 0;
        if (query.Cursor is { } cursor && (!int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out skip)))
            throw new RowsQueryException("The cursor is none of this server's.");
        var devices = new DeviceDirectory();
        List<MeasureRow> rows = Measured(query, devices, cancel);
        MeasureRow[] page = [.. rows.Skip(skip).Take(query.Limit)];
        using RowWriter writer = Writer(format, into);
        ArrowBatch batch = ArrowMeasureFile.Batch(measure.Schema, page, devices);
        writer.Begin(RowWriter.Plain(batch.Columns));
        writer.Write(batch);
        writer.End();
        int end = skip + page.Length;
        return new RowsPage(page.Length, end < rows.Count ? end.ToString(CultureInfo.InvariantCulture) : null);
    }

    private List<MeasureRow> Measured(MeasureQuery query, DeviceDirectory devices, CancellationToken cancel)
    {
        MeasuresRequest request;
        try
        {
            request = MeasuresRequest.Of(new MeasuresOptions
            {
                Sources = [logs!], Measures = [query.Measure], Bin = query.Bin, From = query.From, To = query.To,
                Set = query.Set, Detectors = "", Output = "",
            });
        }
        catch (UsageException e)
        {
            throw new RowsQueryException(e.Message.TrimStart('-'));
        }
        var store = new HiResStore(logs!);
        // What a bin says may depend on the cycles before and after it: a day is more than any cycle.
        long firstMs = request.FromMs < long.MinValue + 2 * Partition.DayLengthMs
            ? long.MinValue : request.FromMs - 2 * Partition.DayLengthMs;
        long lastMs = request.ToMs > long.MaxValue - Partition.DayLengthMs ? long.MaxValue : request.ToMs + Partition.DayLengthMs;
        IEnumerable<ReadOnlyMemory<Model.HiRes.HiResEvent>> events = store.Open(devices, firstMs, lastMs);
        DetectorTableFile? detectors =
            File.Exists(store.DetectorsPath) ? DetectorTableReader.Read(store.DetectorsPath, devices) : null;
        var found = new RowList();
        var run = new MeasureRun(request.Plan([found], detectors?.Table));
        foreach (ReadOnlyMemory<Model.HiRes.HiResEvent> batch in events)
        {
            cancel.ThrowIfCancellationRequested();
            if (batch.Length > 0 && batch.Span[0].TimeMs > lastMs) break;
            run.Accept(batch.Span);
        }
        run.Finish();
        MeasureFiles.Sort(found, request.Measures[0].Schema, devices);
        return [.. found.Rows.Where(r => r.TimeMs >= request.FromMs && r.TimeMs < request.ToMs
            && (query.Device is null || devices[r.Device] == query.Device))];
    }

    private static RowWriter Writer(RowsFormat format, Stream into) => RowWriter.Create(
        format switch { RowsFormat.Json => "json", RowsFormat.Csv => "csv", _ => "arrows" }, into);

    private ArchiveFolder? Archive() =>
        archiveFolder is not null && ArchiveFolder.IsAt(archiveFolder) ? ArchiveFolder.Open(archiveFolder) : null;
}

/// <summary>
/// Pages of a table. A cursor names the file, batch and row that come next: it stays right when files come to the
/// archive, and when the file of a day that is not over is made anew, longer.
/// </summary>
internal sealed class TablePages(ArchiveFolder archive, ArchiveTable table, RowsQuery query)
{
    public RowsPage Write(RowWriter writer, CancellationToken cancel)
    {
        (string? path, int batch, int row) = Cursor(query.Cursor);
        var range = new ArchiveRange(query.FromMs, query.ToMs, query.District, query.Journal);
        int written = 0;
        bool begun = false;
        foreach ((ArchiveFile file, int number, ArrowBatch rows) in archive.ScanFrom(table.Name, range, path))
        {
            cancel.ThrowIfCancellationRequested();
            bool first = file.Partition.Path == path;
            if (first && number < batch) continue;
            int[] chosen = Chosen(rows, range, first && number == batch ? row : 0, query.Limit - written + 1);
            if (chosen.Length == 0) continue;
            int room = query.Limit - written;
            if (room == 0)
                return End(writer, begun, written, $"{file.Partition.Path}|{number}|{chosen[0]}");
            if (!begun) writer.Begin(RowWriter.Plain(rows.Columns));
            begun = true;
            int taken = Math.Min(room, chosen.Length);
            writer.Write(RowFilter.Pick(rows, chosen.AsSpan(0, taken)));
            written += taken;
            if (taken < chosen.Length)
                return End(writer, begun, written, $"{file.Partition.Path}|{number}|{chosen[taken]}");
        }
        return End(writer, begun, written, null);
    }

    private RowsPage End(RowWriter writer, bool begun, int written, string? next)
    {
        if (!begun) writer.Begin(RowWriter.Plain(table));
        writer.End();
        return new RowsPage(written, next is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(next))
            .Replace('+', '-').Replace('/', '_').TrimEnd('='));
    }

    /// <summary>The first rows of a batch that are wanted, at most so many.</summary>
    private int[] Chosen(ArrowBatch batch, ArchiveRange range, int from, int most)
    {
        ReadOnlySpan<long> times = batch.Columns[0].Span<long>();
        int at = table.Columns.Index().FirstOrDefault(c => c.Item.Ids != IdsOf.None, (-1, null!)).Item1;
        int id = -1;
        if (query.Id is not null)
        {
            IReadOnlyList<string>? names = at < 0 ? null : batch.Columns[at].Field.Dictionary;
            for (int i = 0; names is not null && id < 0 && i < names.Count; i++) id = names[i] == query.Id ? i : -1;
            if (id < 0) return [];
        }
        var rows = new List<int>();
        for (int row = from; row < times.Length && rows.Count < most; row++)
        {
            if (times[row] < range.FromMs || times[row] >= range.ToMs) continue;
            if (id >= 0 && (batch.Columns[at].IsNull(row) || batch.Columns[at].Integer(row) != id)) continue;
            rows.Add(row);
        }
        return [.. rows];
    }

    private static (string? Path, int Batch, int Row) Cursor(string? text)
    {
        if (text is null) return (null, 0, 0);
        string plain = text.Replace('-', '+').Replace('_', '/');
        var bytes = new byte[plain.Length + 4];
        plain = plain.PadRight((plain.Length + 3) / 4 * 4, '=');
        if (Convert.TryFromBase64String(plain, bytes, out int length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split('|') is [var path, var batch, var row]
            && int.TryParse(batch, NumberStyles.None, CultureInfo.InvariantCulture, out int b)
            && int.TryParse(row, NumberStyles.None, CultureInfo.InvariantCulture, out int r)) return (path, b, r);
        throw new RowsQueryException("The cursor is none of this server's.");
    }
}
