using System.Text.Json;

namespace CityBrain.Backups;

/// <summary>One file of a backup.</summary>
/// <param name="Path">Relative to the folder, with '/'.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of its bytes, in hexadecimal digits.</param>
internal sealed record BackedUpFile(string Path, long Bytes, string Sha256);

/// <summary>The last entry of a backup: every file with its checksum. A backup without it is not whole.</summary>
internal sealed record BackupManifest(int Format, DateTime MadeUtc, BackedUpFile[] Files)
{
    public const int Newest = 1, MostFiles = 200_000, MostBytes = 64 << 20;
    public const string Name = "citybrain-manifest.json";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Options);

    /// <exception cref="BackupDamagedException">It makes no sense.</exception>
    public static BackupManifest Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            BackupManifest read = JsonSerializer.Deserialize<BackupManifest>(text, Options)!;
            if (read.Format > Newest) throw new BackupDamagedException("it was made by a newer version of this program");
            return read is { Files: not null } && read.Files.All(f => f is { Path: not null, Sha256: not null })
                ? read : throw new BackupDamagedException("its list of files makes no sense");
        }
        catch (JsonException)
        {
            throw new BackupDamagedException("its list of files makes no sense");
        }
    }
}

/// <summary>A backup that is not what was written; the message says what is wrong.</summary>
internal sealed class BackupDamagedException(string what) : IOException(what);
