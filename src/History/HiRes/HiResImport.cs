using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>What an import did.</summary>
/// <param name="Rows">Events read.</param>
/// <param name="Added">Events that are in the store now and were not before.</param>
/// <param name="Days">Days whose file changed.</param>
public readonly record struct ImportReport(long Rows, long Added, int Days)
{
    /// <summary>Events read that were in the store, or in the files read, already.</summary>
    public long Known => Rows - Added;
}

/// <summary>
/// Imports logs into a <see cref="HiResStore"/>. Events are gathered in memory up to a limit, put in order of
/// time and, past the limit, laid on disk as runs; in the end the runs and the days on disk are merged, and
/// each
/// day's file is put in its place whole. Stopped anywhere, the store holds every day either as before or as
/// after, and the same import made again ends the same.
/// </summary>
public sealed class HiResImport : IDisposable
{
    private readonly HiResStore _store;
    private readonly int _limit;
    private readonly FileStream _lock;
    private readonly string _runs;
    private readonly List<string> _runPaths = [];
    private HiResEvent[] _events;
    private int _count;
    private long _rows;

    /// <param name="store">The store; its directory is made when it is not there.</param>
    /// <param name="eventsInMemory">The limit, events of 16 bytes.</param>
    /// <exception cref="IOException">Another import is at work on the store.</exception>
    public HiResImport(HiResStore store, int eventsInMemory = 1 << 23)
    {
        _store = store;
        _limit = Math.Max(1, eventsInMemory);
        _events = new HiResEvent[Math.Min(_limit, 1 << 16)];
        Directory.CreateDirectory(store.Directory);
        _lock = new FileStream(
            Path.Combine(store.Directory, ".import.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite,
            FileShare.None);
        _runs = Path.Combine(store.Directory, ".import");
        RemoveRuns();
        Directory.CreateDirectory(_runs);
    }

    public DeviceDirectory Devices { get; } = new();

    public BadRows Bad { get; } = new();

    /// <summary>Reads a file's events; <see cref="Complete"/> stores them.</summary>
    /// <exception cref="LogFormatException">It is no log.</exception>
    public long AddFile(string path, string? device = null)
    {
        long before = _rows;
        HiResFile.Read(path, device, Devices, Bad, Add);
        return _rows - before;
    }

    public void Add(ReadOnlySpan<HiResEvent> events)
    {
        _rows += events.Length;
        while (!events.IsEmpty)
        {
            if (_count == _events.Length)
            {
                MakeRoom();
            }

            int taken = Math.Min(events.Length, _events.Length - _count);
            events[..taken].CopyTo(_events.AsSpan(_count));
            _count += taken;
            events = events[taken..];
        }
    }

    /// <summary>Merges what was read into the store.</summary>
    public ImportReport Complete()
    {
        Span<HiResEvent> rest = _events.AsSpan(0, _count);
        InOrder(rest);
        var runs = new List<IEnumerator<HiResEvent>>();
        try
        {
            runs.AddRange(_runPaths.Select(path => RunFile.Read(path).GetEnumerator()));
            runs.Add(_events.Take(_count).GetEnumerator());
            var merge = new DayMerge(_store, Devices, _runs);
            merge.Run(runs);
            return new ImportReport(_rows, merge.Added, merge.Days);
        }
        finally
        {
            runs.ForEach(r => r.Dispose());
            RemoveRuns();
        }
    }

    public void Dispose() => _lock.Dispose();

    private void MakeRoom()
    {
        if (_events.Length < _limit)
        {
            Array.Resize(ref _events, (int)Math.Min(_limit, _events.Length * 4L));
            return;
        }

        InOrder(_events.AsSpan(0, _count));
        string path = Path.Combine(_runs, $"{_runPaths.Count:D6}.run");
        RunFile.Write(path, _events.AsSpan(0, _count));
        _runPaths.Add(path);
        _count = 0;
    }

    private static void InOrder(Span<HiResEvent> events)
    {
        for (int i = 1; i < events.Length; i++)
        {
            if (events[i].TimeMs < events[i - 1].TimeMs)
            {
                events.Sort();
                return;
            }
        }
    }

    private void RemoveRuns()
    {
        if (Directory.Exists(_runs))
        {
            Directory.Delete(_runs, recursive: true);
        }
    }
}
