using System.Text;
using System.Text.Json;

namespace CityBrain.Dashboard;

/// <summary>
/// Alarms that outlive the process: `alarms.jsonl` of the data folder, a JSON object a line, the whole alarm each time
/// something about it changed; the last line of an id counts. Made anew, without what was overtaken, at each start
/// and when it has grown to <see cref="MostLines"/>. A disk that fails is said once; the alarms go on in memory.
/// </summary>
internal sealed class AlarmFile : IDisposable
{
    /// <summary>Lines before the file is made anew.</summary>
    public const int MostLines = 8 * AlarmBook.Kept;

    private readonly string? _path;
    private readonly Action<string>? _log;
    private FileStream? _file;
    private int _lines;
    private bool _failed;

    public AlarmFile(string? folder, AlarmBook book, Action<string>? log)
    {
        _log = log;
        if (folder is null) return;
        _path = Path.Combine(folder, "alarms.jsonl");
        Try(() =>
        {
            Directory.CreateDirectory(folder);
            book.Resume(Read(_path, out int unread));
            if (unread > 0) log?.Invoke($"{_path}: {unread} lines cannot be read and are left out.");
            Rewrite(book.All());
        });
    }

    /// <summary>Appends what has changed.</summary>
    /// <param name="changed">Copies: nobody changes them any more.</param>
    public void Note(Alarm[] changed)
    {
        if (_file is null || changed.Length == 0) return;
        Try(() =>
        {
            Append(changed);
            if (_lines > MostLines) Rewrite([.. Read(_path!, out _)]);
        });
    }

    private static IEnumerable<Alarm> Read(string path, out int unread)
    {
        unread = 0;
        var byId = new Dictionary<long, Alarm>();
        if (!File.Exists(path)) return [];
        foreach (string line in File.ReadLines(path, Encoding.UTF8))
        {
            if (Parse(line) is { } alarm) byId[alarm.Id] = alarm;
            else unread++;
        }
        return byId.Values.OrderBy(a => a.Id).TakeLast(2 * AlarmBook.Kept);
    }

    private static Alarm? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Alarm>(line, DashboardJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Rewrite(Alarm[] alarms)
    {
        _file?.Dispose();
        _file = null;
        string next = _path + ".new";
        _lines = 0;
        using (_file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.Read)) Append(alarms);
        File.Move(next, _path!, overwrite: true);
        _file = new FileStream(_path!, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    private void Append(Alarm[] alarms)
    {
        foreach (Alarm alarm in alarms)
        {
            _file!.Write(DashboardJson.Write(alarm));
            _file.WriteByte((byte)'\n');
        }
        _file!.Flush(flushToDisk: true);
        _lines += alarms.Length;
    }

    private void Try(Action act)
    {
        try
        {
            act();
            _failed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_failed) _log?.Invoke($"The alarms cannot be kept in {_path}: {e.Message}");
            _failed = true;
        }
    }

    public void Dispose() => _file?.Dispose();
}
