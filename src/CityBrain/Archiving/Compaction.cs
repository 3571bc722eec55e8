using CityBrain.Cli;
using CityBrain.History;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Archiving;

/// <summary>What compacting a journal did.</summary>
/// <param name="Journal">Id of the journal.</param>
/// <param name="Events">Its events.</param>
/// <param name="Files">Files written.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="Settled">Files that were there for good, or dropped by a rule, and left as they are.</param>
/// <param name="Unchanged">The journal was in the archive up to its last event.</param>
internal sealed record CompactionReport(string Journal, long Events, int Files, long Rows, int Settled, bool Unchanged);

/// <summary>
/// Compacts a journal into an archive: the brain lives through it again and every row goes into the file of its day,
/// district and table. A file is made by the journal alone, so that compacting twice changes nothing; it is put in its
/// place whole and only then entered in the catalogue, so that stopping anywhere loses and doubles nothing.
/// </summary>
internal static class Compaction
{
    /// <summary>Compacts the journal in a folder.</summary>
    /// <exception cref="CliFailure">There is no journal, it is damaged, or another one has its name.</exception>
    public static CompactionReport Run(ArchiveFolder archive, string folder, CancellationToken cancel)
    {
        JournalExtent extent = Extent(archive, folder, cancel);
        if (archive.Compacted(extent.Id) is { } done && done.Events == extent.Events && archive.HasPreamble(extent.Id))
            return new CompactionReport(extent.Id, extent.Events, 0, 0, 0, true);
        using var player = JournalPlayer.Open(folder);
        if (player.Reader.Preamble is { } preamble) archive.Keep(extent.Id, preamble);
        using var files = new PartitionFiles(archive, extent, new CityPlaces(player.Brain.City).Ids);
        var recorder = new TableRecorder(player.Brain, files);
        for (long n = 0; n < extent.Events && player.Step(out CityEvent e, out ReadOnlySpan<byte> extra); n++)
        {
            if (e.Kind == EventKind.Tick) cancel.ThrowIfCancellationRequested();
            recorder.Note(e, extra, (ulong)n);
        }
        recorder.Finish();
        files.Complete();
        return new CompactionReport(extent.Id, extent.Events, files.Written, files.Rows, files.Settled, false);
    }

    private static JournalExtent Extent(ArchiveFolder archive, string folder, CancellationToken cancel)
    {
        JournalExtent? extent;
        try
        {
            extent = JournalExtent.Of(folder,
                id => archive.Compacted(id) is { } known ? (known.Events, known.Chain) : null, cancel);
        }
        catch (FileNotFoundException)
        {
            throw CliFailure.Missing($"there is no journal in '{folder}'");
        }
        if (extent is null) throw CliFailure.Failed($"the journal in '{folder}' holds no event");
        if (extent.End == JournalEnd.Damaged)
            throw CliFailure.Failed($"the journal in '{folder}' is damaged: bytes were changed after they were written");
        if (!extent.ContinuesKnown)
            throw CliFailure.Failed($"the journal in '{folder}' is not the one that is in the archive as {extent.Id}, "
                + "though both begin alike: compact it into an archive of its own");
        return extent;
    }

    /// <summary>The files that are being written, and those of a day entered together.</summary>
    private sealed class PartitionFiles(ArchiveFolder archive, JournalExtent extent, ArchiveIds ids) : IRowTaker, IDisposable
    {
        private readonly SortedDictionary<string, (long DayMs, PartitionWriter Writer)> _open = new(StringComparer.Ordinal);
        private readonly HashSet<string> _settled = [];
        private readonly List<ArchiveFile> _finished = [];

        public int Written { get; private set; }
        public long Rows { get; private set; }
        public int Settled => _settled.Count;

        public void Take(ArchiveTable table, string district, long dayMs, ArrowBatch batch)
        {
            var partition = new Partition(table.Name, dayMs, district, extent.Id);
            if (_settled.Contains(partition.Path)) return;
            if (!_open.TryGetValue(partition.Path, out var file))
            {
                if (archive.IsSettled(partition))
                {
                    _settled.Add(partition.Path);
                    return;
                }
                bool complete = extent.LastTickMs >= dayMs + Partition.DayLengthMs + TableRecorder.GraceMs;
                file = (dayMs, new PartitionWriter(
                    archive.Root, partition, table.Schema(ids, []), table.ResolutionS, complete));
                _open.Add(partition.Path, file);
            }
            file.Writer.Write(batch);
        }

        public void EndDay(long dayMs)
        {
            foreach ((string path, (long day, PartitionWriter writer)) in _open.ToArray())
            {
                if (day > dayMs) continue;
                ArchiveFile file = writer.Complete();
                _open.Remove(path);
                _finished.Add(file);
                Written++;
                Rows += file.Rows;
            }
            archive.Enter(_finished, null);
            _finished.Clear();
        }

        /// <summary>All days are in their places: notes how far the journal is in the archive.</summary>
        public void Complete() =>
            archive.Enter([], new CompactedJournal(extent.Id, extent.Events, extent.Chain));

        public void Dispose()
        {
            foreach ((long _, PartitionWriter writer) in _open.Values) writer.Dispose();
        }
    }
}
