using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CityBrain.History;

/// <summary>
/// Where the segments of a journal lie. One implementation is a folder; the other, in the storm, is a disk that fails.
/// Every member may throw <see cref="IOException"/>.
/// </summary>
public interface IJournalStore
{
    /// <summary>Names of the segments that are there, in order.</summary>
    IReadOnlyList<string> Segments();

    /// <summary>Opens a segment to be read only.</summary>
    IJournalFile Read(string name);

    /// <summary>Opens a segment to be written; one that is not there is made.</summary>
    IJournalFile Write(string name);

    /// <summary>Forces the names of new segments to the disk.</summary>
    void SyncNames();
}

/// <summary>One open segment. A write that throws may have written a part.</summary>
public interface IJournalFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads up to the span's length; fewer bytes at the end only.</summary>
    int Read(Span<byte> to, long at);

    void Write(ReadOnlySpan<byte> bytes, long at);

    void SetLength(long length);

    /// <summary>Returns when all that was written is on the disk.</summary>
    void Sync();
}

/// <summary>A folder of segments, or a single segment by itself.</summary>
public sealed partial class JournalFolder : IJournalStore
{
    private readonly string _folder;
    private readonly string? _only;

    /// <param name="path">The folder, which need not be there yet, or the path of one segment.</param>
    public JournalFolder(string path)
    {
        bool single = File.Exists(path);
        _folder = single ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        _only = single ? Path.GetFileName(path) : null;
    }

    public IReadOnlyList<string> Segments() => _only is not null ? [_only]
        : Directory.Exists(_folder)
            ? [.. Directory.GetFiles(_folder, "*" + JournalFormat.Extension).Select(f => Path.GetFileName(f)!)
                .Order(StringComparer.Ordinal)]
            : [];

    public IJournalFile Read(string name) => new Segment(File.OpenHandle(
        Path.Combine(_folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));

    public IJournalFile Write(string name)
    {
        Directory.CreateDirectory(_folder);
        return new Segment(File.OpenHandle(
            Path.Combine(_folder, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
    }

    /// <summary>
    /// A file's own fsync does not make its name durable (fsync(2)); the folder's does. .NET has no call for that.
    /// </summary>
    public void SyncNames()
    {
        if (!OperatingSystem.IsLinux()) return;
        int folder = open(_folder, 0);
        if (folder < 0) throw new IOException($"the folder '{_folder}' cannot be opened (errno {Marshal.GetLastPInvokeError()})");
        try
        {
            if (fsync(folder) != 0)
                throw new IOException($"the folder '{_folder}' cannot be synced (errno {Marshal.GetLastPInvokeError()})");
        }
        finally
        {
            _ = close(folder);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    private sealed class Segment(SafeFileHandle file) : IJournalFile
    {
        public long Length => RandomAccess.GetLength(file);

        public int Read(Span<byte> to, long at)
        {
            int done = 0;
            while (done < to.Length && RandomAccess.Read(file, to[done..], at + done) is > 0 and int got) done += got;
            return done;
        }

        public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(file, bytes, at);

        public void SetLength(long length) => RandomAccess.SetLength(file, length);

        public void Sync() => RandomAccess.FlushToDisk(file);

        public void Dispose() => file.Dispose();
    }
}
