using CityBrain.History.Arrow;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Merges runs of events, each in order of time, with the days of a store: tick by tick, all events of one
/// time
/// are gathered, ordered by device id, event and parameter, and written once each.
/// </summary>
internal sealed class DayMerge(HiResStore store, DeviceDirectory devices, string workDirectory)
{
    private const long DayMs = 86_400_000;

    private int[] _order = [];
    private int[] _rank = [];
    private HiResEvent[] _tick = new HiResEvent[64];

    /// <summary>Events written that the store did not hold.</summary>
    public long Added { get; private set; }

    /// <summary>Days whose file changed.</summary>
    public int Days { get; private set; }

    public void Run(List<IEnumerator<HiResEvent>> runs)
    {
        runs.RemoveAll(run => !run.MoveNext());
        while (runs.Count > 0)
        {
            long time = runs.Min(run => run.Current.TimeMs);
            Merge(Math.DivRem(time, DayMs).Quotient * DayMs, runs);
        }
    }

    private void Merge(long dayMs, List<IEnumerator<HiResEvent>> runs)
    {
        string path = store.PathOf(dayMs);
        string merged = Path.Combine(workDirectory, "day.run");
        long held = 0;
        long written;
        using (ArrowFile? old = File.Exists(path) ? ArrowFile.Open(path) : null)
        {
            Rank(old);
            using IEnumerator<HiResEvent> oldEvents = EventsOf(old).GetEnumerator();
            List<IEnumerator<HiResEvent>> sources = [.. runs];
            if (oldEvents.MoveNext())
            {
                sources.Add(oldEvents);
            }

            held = old?.Rows ?? 0;
            using var writer = new RunWriter(merged);
            WriteTicks(dayMs + DayMs, sources, runs, writer);
            written = writer.Complete();
        }

        if (written != held)
        {
            Put(path, merged);
            Added += written - held;
            Days++;
        }
    }

    /// <summary>Writes a day's events as its file, with the devices that are in it.</summary>
    private void Put(string path, string merged)
    {
        var present = new bool[_order.Length];
        foreach (HiResEvent e in RunFile.Read(merged))
        {
            present[e.Device] = true;
        }

        int[] ranks = [.. Enumerable.Range(0, present.Length).Where(rank => present[rank])];
        var place = new int[present.Length];
        for (int i = 0; i < ranks.Length; i++)
        {
            place[ranks[i]] = i;
        }

        string part = path + ".part";
        using (FileStream stream = File.Create(part, 1 << 16))
        {
            var writer = new DayWriter(stream, [.. ranks.Select(rank => devices[_order[rank]])]);
            foreach (HiResEvent e in RunFile.Read(merged))
            {
                writer.Add(e with { Device = place[e.Device] });
            }

            writer.Complete();
            stream.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    private void WriteTicks(
        long endMs, List<IEnumerator<HiResEvent>> sources, List<IEnumerator<HiResEvent>> runs,
        RunWriter writer)
    {
        while (true)
        {
            long time = long.MaxValue;
            foreach (IEnumerator<HiResEvent> source in sources)
            {
                time = Math.Min(time, source.Current.TimeMs);
            }

            if (time >= endMs)
            {
                return;
            }

            int count = 0;
            for (int i = sources.Count - 1; i >= 0; i--)
            {
                if (!Gather(sources[i], time, ref count))
                {
                    runs.Remove(sources[i]);
                    sources.RemoveAt(i);
                }
            }

            Write(_tick.AsSpan(0, count), writer);
        }
    }

    /// <summary>Takes a source's events of one time; false when it has no more events at all.</summary>
    private bool Gather(IEnumerator<HiResEvent> source, long time, ref int count)
    {
        while (source.Current.TimeMs == time)
        {
            if (count == _tick.Length)
            {
                Array.Resize(ref _tick, _tick.Length * 2);
            }

            HiResEvent e = source.Current;
            _tick[count++] = e with { Device = _rank[e.Device] };
            if (!source.MoveNext())
            {
                return false;
            }
        }

        return true;
    }

    private static void Write(Span<HiResEvent> tick, RunWriter writer)
    {
        if (tick.Length > 1)
        {
            tick.Sort();
        }

        for (int i = 0; i < tick.Length; i++)
        {
            if (i == 0 || tick[i] != tick[i - 1])
            {
                writer.Add(in tick[i]);
            }
        }
    }

    /// <summary>Orders all devices of the file and the runs by id.</summary>
    private void Rank(ArrowFile? old)
    {
        foreach (string name in old?.Schema.Fields.SelectMany(f => f.Dictionary ?? []) ?? [])
        {
            devices.IndexOf(name);
        }

        if (_order.Length == devices.Count)
        {
            return;
        }

        _order = devices.InOrder();
        _rank = new int[_order.Length];
        for (int i = 0; i < _order.Length; i++)
        {
            _rank[_order[i]] = i;
        }
    }

    private IEnumerable<HiResEvent> EventsOf(ArrowFile? file)
    {
        HiResEvent[] events = [];
        for (int i = 0; file is not null && i < file.Batches; i++)
        {
            int count = HiResStore.Events(file.Read(i), devices, ref events);
            for (int row = 0; row < count; row++)
            {
                yield return events[row];
            }
        }
    }
}
