using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CityBrain.Dashboard;

/// <summary>One line of the audit trail. Hash is over the line before and this one without it.</summary>
public sealed record AuditEntry(
    long Number, DateTimeOffset At, string Who, string What, string? Where, string? Why, bool Done, string Previous, string Hash);

/// <summary>
/// Who did what, when and why: one JSON object a line, only ever appended, each with the SHA-256 of the one
/// before it, so that a line changed or taken out breaks the chain.
/// </summary>
internal sealed class AuditTrail : IDisposable
{
    private const int KeptInMemory = 1000, LongestText = 500;
    private const string Beginning = "citybrain.audit/1";

    private readonly Lock _gate = new();
    private readonly FileStream? _file;
    private readonly TimeProvider _time;
    private readonly Queue<AuditEntry> _recent = new();
    private string _last = Beginning;
    private long _number;

    /// <exception cref="DashboardStartException">The file cannot be opened.</exception>
    public AuditTrail(string? folder, TimeProvider time)
    {
        _time = time;
        if (folder is null) return;
        string path = Path.Combine(folder, "audit.jsonl");
        try
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(path)) Resume(path);
            bool torn = EndsTorn(path);
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            if (torn) _file.WriteByte((byte)'\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DashboardStartException($"The audit trail {path} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Number of the first line found broken when the trail was opened, or null.</summary>
    public long? BrokenAt { get; private set; }

    /// <summary>Appends an entry and returns once it is on disk.</summary>
    public AuditEntry Add(string who, string what, string? where, string? why, bool done)
    {
        lock (_gate)
        {
            var entry = new AuditEntry(
                ++_number, _time.GetUtcNow(), Cut(who)!, what, Cut(where), Cut(why), done, _last, "");
            entry = entry with { Hash = HashOf(entry) };
            _last = entry.Hash;
            Keep(entry);
            if (_file is not null)
            {
                _file.Write(DashboardJson.Write(entry));
                _file.WriteByte((byte)'\n');
                _file.Flush(flushToDisk: true);
            }
            return entry;
        }
    }

    /// <summary>The newest entries, newest first.</summary>
    public AuditEntry[] Recent()
    {
        lock (_gate) return [.. _recent.Reverse()];
    }

    /// <summary>Hash over every field but the hash itself.</summary>
    public static string HashOf(AuditEntry entry)
    {
        byte[] text = DashboardJson.Write(entry with { Hash = "" });
        return Convert.ToHexStringLower(SHA256.HashData(text));
    }

    private void Resume(string path)
    {
        long line = 0;
        foreach (string text in File.ReadLines(path, Encoding.UTF8))
        {
            line++;
            AuditEntry? entry = Read(text);
            if (entry is null || entry.Previous != _last || entry.Hash != HashOf(entry) || entry.Number != line)
                BrokenAt ??= line;
            _number = line;
            if (entry is null) continue;
            _last = entry.Hash;
            Keep(entry);
        }
    }

    /// <summary>True when the last line was cut short, as by a power failure: the next begins on a line of its own.</summary>
    private static bool EndsTorn(string path)
    {
        if (!File.Exists(path)) return false;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
        if (file.Length == 0) return false;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }

    private static AuditEntry? Read(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditEntry>(line, DashboardJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Keep(AuditEntry entry)
    {
        _recent.Enqueue(entry);
        if (_recent.Count > KeptInMemory) _recent.Dequeue();
    }

    private static string? Cut(string? text) => text is { Length: > LongestText } ? text[..LongestText] : text;

    public void Dispose() => _file?.Dispose();
}
