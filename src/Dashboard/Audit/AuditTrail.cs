using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CityBrain.Dashboard;

/// <summary>One line of the audit trail. Hash is over the line before and this one without it.</summary>
public sealed record AuditEntry(
    long Number, DateTimeOffset At, string Who, string What, string? Where, string? Why, bool Done, string Previous, string Hash);

/// <summary>
/// What a check of the whole trail found. BrokenAt: the first line that does not fit, or null. Head: hash of the
/// newest entry; whoever notes it elsewhere can prove the trail up to it.
/// </summary>
public sealed record AuditCheck(long Entries, long? BrokenAt, string Head, DateTimeOffset At);

/// <summary>
/// Who did what, when and why: one JSON object a line, only ever appended, each with the SHA-256 of the one
/// before it, so that a line changed or taken out breaks the chain. The number and hash of the newest entry stand
/// in a file of their own, so that lines cut off at the end show too.
/// </summary>
internal sealed class AuditTrail : IDisposable
{
    private const int KeptInMemory = 1000, LongestText = 500;
    private const string Beginning = "citybrain.audit/1", HeadFile = "audit.head";

    private readonly Lock _gate = new();
    private readonly FileStream? _file, _head;
    private readonly string? _path;
    private readonly TimeProvider _time;
    private readonly Queue<AuditEntry> _recent = new();
    private string _last = Beginning;
    private long _number;

    /// <exception cref="DashboardStartException">The file cannot be opened.</exception>
    public AuditTrail(string? folder, TimeProvider time)
    {
        _time = time;
        if (folder is null) return;
        string path = _path = Path.Combine(folder, "audit.jsonl");
        try
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(path)) Resume(path);
            if (EndOf(folder) is { } end && !Has(end)) BrokenAt ??= _number + 1;
            bool torn = EndsTorn(path);
            _head = new FileStream(Path.Combine(folder, HeadFile), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
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
                NoteHead();
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

    /// <summary>Reads the trail again from the disk and checks every link of the chain.</summary>
    public AuditCheck Verify()
    {
        lock (_gate)
        {
            if (_path is null) return new AuditCheck(_number, FirstBroken(_recent, _number - _recent.Count), _last, _time.GetUtcNow());
            string before = Beginning;
            long line = 0;
            long? broken = null;
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file, Encoding.UTF8);
            while (reader.ReadLine() is { } text)
            {
                AuditEntry? entry = Read(text);
                if (!Fits(entry, before, ++line)) broken ??= line;
                before = entry?.Hash ?? before;
            }
            if (line != _number || before != _last) broken ??= Math.Min(line, _number) + 1;
            return new AuditCheck(line, broken, _last, _time.GetUtcNow());
        }
    }

    private static long? FirstBroken(IEnumerable<AuditEntry> entries, long before)
    {
        string? last = null;
        foreach (AuditEntry entry in entries)
        {
            if (!Fits(entry, last ?? entry.Previous, ++before)) return before;
            last = entry.Hash;
        }
        return null;
    }

    private static bool Fits(AuditEntry? entry, string before, long number) =>
        entry is not null && entry.Previous == before && entry.Number == number && entry.Hash == HashOf(entry);

    /// <summary>Number and hash of the newest entry, overwritten in place.</summary>
    private void NoteHead()
    {
        byte[] text = Encoding.ASCII.GetBytes($"{_number} {_last}\n");
        _head!.Position = 0;
        _head.Write(text);
        _head.SetLength(text.Length);
        _head.Flush(flushToDisk: true);
    }

    private static (long Number, string Hash)? EndOf(string folder)
    {
        string path = Path.Combine(folder, HeadFile);
        if (!File.Exists(path)) return null;
        string[] parts = File.ReadAllText(path).Trim().Split(' ');
        bool whole = parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return whole ? (long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]) : null;
    }

    /// <summary>The trail holds an entry of this number and hash; one that is out of memory counts as held.</summary>
    private bool Has((long Number, string Hash) end) =>
        end.Number <= _number - _recent.Count || _recent.Any(e => e.Number == end.Number && e.Hash == end.Hash);

    private void Resume(string path)
    {
        long line = 0;
        foreach (string text in File.ReadLines(path, Encoding.UTF8))
        {
            line++;
            AuditEntry? entry = Read(text);
            if (!Fits(entry, _last, line)) BrokenAt ??= line;
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

    public void Dispose()
    {
        _file?.Dispose();
        _head?.Dispose();
    }
}
