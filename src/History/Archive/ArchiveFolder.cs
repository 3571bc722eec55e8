using CityBrain.History.Arrow;

namespace CityBrain.History.Archive;

/// <summary>Which rows are wanted.</summary>
/// <param name="FromMs">Times from this one on.</param>
/// <param name="ToMs">Times before this one.</param>
/// <param name="District">Only this district, or null.</param>
/// <param name="Journal">Only this journal, or null.</param>
public readonly record struct ArchiveRange(
    long FromMs = long.MinValue, long ToMs = long.MaxValue, string? District = null, string? Journal = null)
{
    public bool MayHold(long leastMs, long mostMs) => leastMs <= mostMs && leastMs < ToMs && mostMs >= FromMs;
}

/// <summary>Files opened and left closed by a query, as their statistics told.</summary>
public record struct ScanFigures(int FilesRead, int FilesSkipped, int BatchesRead, int BatchesSkipped);

/// <summary>
/// An archive on disk: Arrow files by day and district, and a catalogue of them. One writer at a time, any number of
/// readers beside it.
/// </summary>
public sealed class ArchiveFolder : IDisposable
{
    private readonly Catalogue _catalogue;
    private readonly FileStream? _lock;

    private ArchiveFolder(string root, Catalogue catalogue, FileStream? writing)
    {
        (Root, _catalogue, _lock) = (root, catalogue, writing);
        Reconcile();
    }

    public string Root { get; }

    /// <summary>All files, by day, district, table and journal.</summary>
    public IReadOnlyList<ArchiveFile> Files { get; private set; } = [];

    /// <summary>Files that carry the name of one and cannot be read as one.</summary>
    public IReadOnlyList<string> Broken { get; private set; } = [];

    /// <summary>Whether a folder holds an archive.</summary>
    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, "catalogue.db"))
        || (Directory.Exists(folder) && Directory.EnumerateDirectories(folder)
            .Any(day => Partition.DayOf(Path.GetFileName(day)) is not null));

    /// <exception cref="DirectoryNotFoundException">There is no archive.</exception>
    public static ArchiveFolder Open(string root) => IsAt(root)
        ? new ArchiveFolder(root, Catalogue.Open(root, writing: false), null)
        : throw new DirectoryNotFoundException($"there is no archive in '{root}'");

    /// <summary>Opens an archive to change it; its folder is made when it is not there.</summary>
    /// <exception cref="IOException">Somebody else is changing it.</exception>
    public static ArchiveFolder OpenToWrite(string root)
    {
        Directory.CreateDirectory(root);
        FileStream writing = new(
            Path.Combine(root, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            return new ArchiveFolder(root, Catalogue.Open(root, writing: true), writing);
        }
        catch
        {
            writing.Dispose();
            throw;
        }
    }

    /// <summary>What of a journal is in the archive already, or null.</summary>
    public CompactedJournal? Compacted(string journal) => _catalogue.Journal(journal);

    /// <summary>Whether the city and the choices of a journal are kept.</summary>
    public bool HasPreamble(string journal) => File.Exists(PreamblePath(journal));

    /// <summary>The city and the choices that a journal was lived through with; null when they are not kept.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public JournalPreamble? Preamble(string journal) =>
        HasPreamble(journal) ? JournalPreamble.Unpack(File.ReadAllBytes(PreamblePath(journal))) : null;

    /// <summary>Keeps them, so that the events of the archive can be lived through again without the journal.</summary>
    public void Keep(string journal, JournalPreamble preamble)
    {
        string path = PreamblePath(journal), part = path + PartitionWriter.PartExtension;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (FileStream file = File.Create(part))
        {
            file.Write(preamble.Pack());
            file.Flush(flushToDisk: true);
        }
        File.Move(part, path, overwrite: true);
    }

    private string PreamblePath(string journal) => Path.Combine(Root, "journals", journal + ".json.gz");

    /// <summary>Whether a partition is there for good, or was dropped by a rule: it is not written again.</summary>
    public bool IsSettled(Partition partition) =>
        _catalogue.IsDropped(partition.Path) || Files.Any(f => f.Partition == partition && f.Complete);

    /// <summary>Enters files that are in their places, and how far the journal is compacted now.</summary>
    public void Enter(IReadOnlyList<ArchiveFile> files, CompactedJournal? journal)
    {
        _catalogue.Together(() =>
        {
            foreach (ArchiveFile file in files) _catalogue.Put(file);
            if (journal is not null) _catalogue.Put(journal);
        });
        Files = InOrder();
    }

    /// <summary>Drops a file by rule: it is noted first, so that the journal does not bring it back.</summary>
    public void Drop(ArchiveFile file)
    {
        _catalogue.Together(() =>
        {
            _catalogue.MarkDropped(file.Partition.Path);
            _catalogue.Forget(file.Partition.Path);
        });
        File.Delete(PathOf(file));
        RemoveEmpty(Path.GetDirectoryName(PathOf(file))!);
        Files = InOrder();
    }

    public string PathOf(ArchiveFile file) => Path.Combine(Root, file.Partition.Path);

    /// <summary>
    /// The batches of a table that may hold rows of a range, file by file. Files and batches that cannot are not read.
    /// </summary>
    public IEnumerable<(ArchiveFile File, ArrowBatch Batch)> Scan(
        string table, ArchiveRange range, Action<ScanFigures>? tell = null) =>
        ScanFrom(table, range, null, tell).Select(s => (s.File, s.Batch));

    /// <summary>As <see cref="Scan"/>, from a file on, with each batch's number in its file.</summary>
    public IEnumerable<(ArchiveFile File, int Number, ArrowBatch Batch)> ScanFrom(
        string table, ArchiveRange range, string? path, Action<ScanFigures>? tell = null)
    {
        var figures = default(ScanFigures);
        foreach (ArchiveFile file in Files)
        {
            if (file.Partition.Table != table
                || (path is not null && string.CompareOrdinal(file.Partition.Path, path) < 0)) continue;
            if (!range.MayHold(file.LeastMs, file.MostMs)
                || (range.District is { } d && file.Partition.District != d)
                || (range.Journal is { } j && file.Partition.Journal != j))
            {
                figures.FilesSkipped++;
                continue;
            }
            figures.FilesRead++;
            using ArrowFile opened = ArrowFile.Open(PathOf(file));
            for (int i = 0; i < opened.Batches; i++)
            {
                if (!MayHold(opened.BatchStatistics(i), range))
                {
                    figures.BatchesSkipped++;
                    continue;
                }
                figures.BatchesRead++;
                yield return (file, i, opened.Read(i));
            }
        }
        tell?.Invoke(figures);
    }

    /// <summary>Reads every file whole and compares checksums; returns a sentence for each that is wrong.</summary>
    public IEnumerable<string> Verify()
    {
        foreach (string path in Broken) yield return $"{path}: no whole file of the archive";
        foreach (ArchiveFile file in Files)
            if (Wrong(file) is { } wrong) yield return $"{file.Partition.Path}: {wrong}";
    }

    public void Dispose()
    {
        _catalogue.Dispose();
        _lock?.Dispose();
    }

    /// <summary>By their paths, so that a reader can go on after a path whatever has come since.</summary>
    private ArchiveFile[] InOrder() =>
        [.. _catalogue.Files().OrderBy(f => f.Partition.Path, StringComparer.Ordinal)];

    private static bool MayHold(IReadOnlyList<KeyValuePair<string, string>> notes, ArchiveRange range)
    {
        long? Note(string name) => notes.FirstOrDefault(n => n.Key == name).Value is { } text
            && long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out long value) ? value : null;
        return Note("min." + ArchiveTable.TimeColumn) is not { } least
            || Note("max." + ArchiveTable.TimeColumn) is not { } most || range.MayHold(least, most);
    }

    private string? Wrong(ArchiveFile file)
    {
        try
        {
            if (ArchiveFile.CrcOf(PathOf(file)) != file.Crc32C) return "its checksum is not that of the catalogue";
            using ArrowFile opened = ArrowFile.Open(PathOf(file));
            long rows = 0;
            for (int i = 0; i < opened.Batches; i++) rows += opened.Read(i).Length;
            return rows == file.Rows ? null : $"{rows} rows where the catalogue has {file.Rows}";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    /// <summary>
    /// Makes the catalogue say what the folder holds: after a kill between renaming a file and entering it, after files
    /// were copied in or taken out by hand, or when the catalogue is gone.
    /// </summary>
    private void Reconcile()
    {
        Dictionary<string, ArchiveFile> known = _catalogue.Files().ToDictionary(f => f.Partition.Path);
        var found = new List<ArchiveFile>();
        var broken = new List<string>();
        foreach (string path in Directory.EnumerateDirectories(Root)
            .Where(day => Partition.DayOf(Path.GetFileName(day)) is not null)
            .SelectMany(day => Directory.EnumerateFiles(day, "*", SearchOption.AllDirectories)))
        {
            string name = Path.GetRelativePath(Root, path).Replace('\\', '/');
            if (path.EndsWith(PartitionWriter.PartExtension, StringComparison.Ordinal) && _lock is not null)
                File.Delete(path);
            if (!path.EndsWith(Partition.Extension, StringComparison.Ordinal)) continue;
            bool same = known.Remove(name, out ArchiveFile? entry) && IsSame(entry, path);
            if (same) continue;
            try
            {
                found.Add(ArchiveFile.Of(path));
            }
            catch (ArrowFormatException)
            {
                broken.Add(name);
            }
        }
        Broken = [.. broken.Order(StringComparer.Ordinal)];
        if (found.Count > 0 || known.Count > 0)
            _catalogue.Together(() =>
            {
                foreach (string gone in known.Keys) _catalogue.Forget(gone);
                foreach (ArchiveFile file in found) _catalogue.Put(file);
            });
        Files = InOrder();
    }

    private static bool IsSame(ArchiveFile entry, string path)
    {
        var info = new FileInfo(path);
        return info.Length == entry.Bytes && info.LastWriteTimeUtc.Ticks == entry.ModifiedTicks;
    }

    private void RemoveEmpty(string folder)
    {
        for (; folder.Length > Root.Length && !Directory.EnumerateFileSystemEntries(folder).Any();
            folder = Path.GetDirectoryName(folder)!)
            Directory.Delete(folder);
    }
}
