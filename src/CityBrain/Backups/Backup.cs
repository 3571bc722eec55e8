using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace CityBrain.Backups;

/// <summary>
/// A folder (journal, accounts, audit trail) as one tar.gz with a list of SHA-256 sums at its end. The folder may be in
/// use: of each file the bytes that were there when it was opened are taken, so a journal ends as after a power cut,
/// which its reader knows. Restoring checks every byte before anything takes its place.
/// </summary>
internal static class Backup
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the backup under another name, forces it to the disk, then gives it its name.</summary>
    /// <exception cref="IOException">The file is there already, or something cannot be read or written.</exception>
    public static BackupManifest Make(string folder, string file, DateTime nowUtc)
    {
        if (File.Exists(file)) throw new IOException($"'{file}' is there already, and backups are not overwritten");
        string part = file + ".part";
        BackupManifest manifest;
        try
        {
            using (FileStream output = New(part))
            {
                using (var zip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                using (var tar = new TarWriter(zip, TarEntryFormat.Pax, leaveOpen: true))
                    manifest = Fill(tar, folder, Path.GetFullPath(part), nowUtc);
                output.Flush(flushToDisk: true);
            }
            File.Move(part, file);
            return manifest;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Unpacks beside the folder, checks everything, then gives it its name.</summary>
    /// <exception cref="BackupDamagedException">A byte is not what it was.</exception>
    /// <exception cref="IOException">The folder is there and not empty, or something cannot be read or written.</exception>
    public static BackupManifest Restore(string file, string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new IOException($"'{folder}' is not empty, and nothing is overwritten");
        string beside = folder.TrimEnd(Path.DirectorySeparatorChar) + ".restoring";
        if (Directory.Exists(beside)) throw new IOException($"'{beside}' is there, from a restore that was cut off: remove it");
        try
        {
            BackupManifest manifest = Unpack(file, beside);
            if (Directory.Exists(folder)) Directory.Delete(folder);
            Directory.Move(beside, folder);
            return manifest;
        }
        catch
        {
            if (Directory.Exists(beside)) Directory.Delete(beside, recursive: true);
            throw;
        }
    }

    private static BackupManifest Fill(TarWriter tar, string folder, string self, DateTime nowUtc)
    {
        var files = new List<BackedUpFile>();
        var walk = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string path in Directory.EnumerateFiles(folder, "*", walk).Order(StringComparer.Ordinal))
        {
            if (Path.GetFullPath(path) == self) continue;
            if (files.Count == BackupManifest.MostFiles) throw new IOException($"there are more than {BackupManifest.MostFiles} files in '{folder}'");
            files.Add(Add(tar, path, Path.GetRelativePath(folder, path).Replace('\\', '/')));
        }
        var manifest = new BackupManifest(BackupManifest.Newest, nowUtc, [.. files]);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, BackupManifest.Name)
        { DataStream = new MemoryStream(manifest.Write()), Mode = OwnerOnly });
        return manifest;
    }

    private static BackedUpFile Add(TarWriter tar, string path, string name)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var hashed = new HashedPart(file, file.Length);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = hashed, Mode = OwnerOnly });
        return new BackedUpFile(name, hashed.Length, hashed.Hash());
    }

    private static BackupManifest Unpack(string file, string beside)
    {
        var found = new Dictionary<string, BackedUpFile>(StringComparer.Ordinal);
        BackupManifest? manifest = null;
        Directory.CreateDirectory(beside);
        try
        {
            using FileStream input = File.OpenRead(file);
            using var zip = new GZipStream(input, CompressionMode.Decompress);
            using var tar = new TarReader(zip);
            while (tar.GetNextEntry() is { } entry)
            {
                if (manifest is not null) throw new BackupDamagedException("something follows its list of files");
                if (entry.Name == BackupManifest.Name) manifest = ReadManifest(entry);
                else if (found.Count < BackupManifest.MostFiles && found.TryAdd(entry.Name, Extract(entry, beside))) continue;
                else throw new BackupDamagedException($"'{entry.Name}' is too much");
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException)
        {
            throw new BackupDamagedException($"it cannot be unpacked: {e.Message}");
        }
        Compare(manifest ?? throw new BackupDamagedException("its end is missing"), found);
        return manifest;
    }

    private static void Compare(BackupManifest manifest, Dictionary<string, BackedUpFile> found)
    {
        foreach (BackedUpFile wanted in manifest.Files)
        {
            if (!found.Remove(wanted.Path, out BackedUpFile? got)) throw new BackupDamagedException($"'{wanted.Path}' is missing");
            if (got != wanted) throw new BackupDamagedException($"'{wanted.Path}' is not what was backed up");
        }
        if (found.Count > 0) throw new BackupDamagedException($"'{found.Keys.First()}' is not in its list of files");
    }

    private static BackupManifest ReadManifest(TarEntry entry)
    {
        if (entry.DataStream is null || entry.Length > BackupManifest.MostBytes)
            throw new BackupDamagedException("its list of files makes no sense");
        var text = new MemoryStream();
        entry.DataStream.CopyTo(text);
        return BackupManifest.Parse(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    private static BackedUpFile Extract(TarEntry entry, string root)
    {
        string path = Path.GetFullPath(Path.Combine(root, entry.Name));
        bool inside = path.StartsWith(Path.GetFullPath(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        if (!inside || entry.EntryType != TarEntryType.RegularFile)
            throw new BackupDamagedException($"'{entry.Name}' is no file of a backup");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = New(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 << 10];
        for (int read; entry.DataStream is { } data && (read = data.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            file.Write(buffer, 0, read);
        }
        file.Flush(flushToDisk: true);
        return new BackedUpFile(entry.Name, file.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static FileStream New(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }
}
