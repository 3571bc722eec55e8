using System.Globalization;
using CityBrain.History.Arrow;

namespace CityBrain.History.Archive;

/// <summary>
/// Writes a file of the archive beside its place and puts it there whole: forced to the disk, then renamed. Stopped
/// anywhere, the place holds the file as before or as after.
/// </summary>
public sealed class PartitionWriter : IDisposable
{
    internal const string TableNote = "citybrain.table";
    internal const string DayNote = "citybrain.day";
    internal const string DistrictNote = "citybrain.district";
    internal const string JournalNote = "citybrain.journal";
    internal const string ResolutionNote = "citybrain.resolution_s";
    internal const string CompleteNote = "citybrain.complete";
    internal const string PartExtension = ".part";

    private readonly string _path;
    private readonly FileStream _file;
    private readonly ArrowWriter _writer;

    /// <param name="root">Folder of the archive.</param>
    /// <param name="partition">What the file holds.</param>
    /// <param name="schema">Columns; the notes on the partition are added.</param>
    /// <param name="resolutionS">Length of the rows' intervals, s.</param>
    /// <param name="complete">The journal has gone past the day.</param>
    public PartitionWriter(string root, Partition partition, ArrowSchema schema, int resolutionS, bool complete)
    {
        _path = Path.Combine(root, partition.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        List<KeyValuePair<string, string>> notes =
        [
            new(TableNote, partition.Table), new(DayNote, partition.Day), new(DistrictNote, partition.District),
            new(JournalNote, partition.Journal),
            new(ResolutionNote, resolutionS.ToString(CultureInfo.InvariantCulture)),
        ];
        if (complete) notes.Add(new(CompleteNote, "1"));
        _file = new FileStream(_path + PartExtension, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        _writer = ArrowWriter.File(_file, new ArrowSchema(schema.Fields, notes));
    }

    public void Write(ArrowBatch batch) => _writer.Write(batch);

    /// <summary>Ends the file and puts it in its place; returns what is known of it.</summary>
    public ArchiveFile Complete()
    {
        _writer.Complete();
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_path + PartExtension, _path, overwrite: true);
        return ArchiveFile.Of(_path);
    }

    public void Dispose() => _file.Dispose();
}
