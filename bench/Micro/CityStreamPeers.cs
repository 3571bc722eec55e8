using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Threading.Tasks.Dataflow;
using CityBrain.Model;

namespace CityBrain.Micro;

/// <summary>What a detector's window is to the peers: one open minute and a smoother, no order, no late readings.</summary>
internal sealed class PeerWindow
{
    private long _minute;
    private float _count, _occupancy, _moving, _readings, _smooth;

    /// <summary>Takes a reading; vehicles of a minute that it closes, or 0.</summary>
    public void Take(in LoopReading r, PeerMinutes closed)
    {
        long minute = r.TimeMs / 60_000;
        if (minute != _minute)
        {
            closed.Add(_minute, _count);
            (_minute, _count, _occupancy, _moving, _readings) = (minute, 0, 0, 0, 0);
        }
        _count += r.Count;
        _occupancy += r.Occupancy;
        _moving += r.Count * r.SpeedMps;
        _readings++;
        _smooth += (r.Count - _smooth) / 32;
    }
}

/// <summary>Vehicles of closed minutes; how much is compared depends on what the engine has closed.</summary>
internal sealed class PeerMinutes
{
    private readonly SortedDictionary<long, double> _closed = [];

    public void Add(long minute, double vehicles) => _closed[minute] = _closed.GetValueOrDefault(minute) + vehicles;

    /// <summary>The engine closes a minute ten seconds after its end.</summary>
    public double Until(long nowMs) =>
        _closed.Where(m => m.Key < (nowMs - 1000 - 10_000) / 60_000 && m.Key > 0).Sum(m => m.Value);
}

/// <summary>The loop that one writes first: a dictionary of objects.</summary>
internal sealed class DictionaryPeer
{
    private readonly Dictionary<int, PeerWindow> _windows = [];
    private readonly PeerMinutes _closed = new();

    public Done Run(ReadOnlySpan<LoopReading> readings, long nowMs)
    {
        foreach (ref readonly LoopReading r in readings)
        {
            if (!_windows.TryGetValue(r.Detector, out PeerWindow? w)) _windows[r.Detector] = w = new PeerWindow();
            w.Take(r, _closed);
        }
        return new Done(readings.Length, _closed.Until(nowMs));
    }
}

/// <summary>Reactive Extensions: grouped by detector, a fold in each group.</summary>
internal sealed class RxPeer : IDisposable
{
    private readonly Subject<LoopReading> _readings = new();
    private readonly PeerMinutes _closed = new();
    private readonly IDisposable _running;

    public RxPeer() => _running = _readings.GroupBy(r => r.Detector)
        .SelectMany(group => group.Scan(new PeerWindow(), (window, r) =>
        {
            window.Take(r, _closed);
            return window;
        }))
        .Subscribe();

    public Done Run(ReadOnlySpan<LoopReading> readings, long nowMs)
    {
        foreach (ref readonly LoopReading r in readings) _readings.OnNext(r);
        return new Done(readings.Length, _closed.Until(nowMs));
    }

    public void Dispose()
    {
        _running.Dispose();
        _readings.Dispose();
    }
}

/// <summary>TPL Dataflow: one action block, an item at a time, with a bounded queue.</summary>
internal sealed class DataflowPeer
{
    private readonly PeerWindow[] _windows;
    private readonly PeerMinutes _closed = new();
    private readonly ActionBlock<LoopReading> _block;
    private TaskCompletionSource _done = new();
    private long _left;

    public DataflowPeer(int detectors)
    {
        _windows = [.. Enumerable.Range(0, detectors).Select(_ => new PeerWindow())];
        _block = new ActionBlock<LoopReading>(r =>
        {
            _windows[r.Detector].Take(r, _closed);
            if (Interlocked.Decrement(ref _left) == 0) _done.SetResult();
        }, new ExecutionDataflowBlockOptions { BoundedCapacity = 65_536 });
    }

    public Done Run(ReadOnlySpan<LoopReading> readings, long nowMs)
    {
        _done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _left, readings.Length);
        foreach (LoopReading r in readings)
            if (!_block.Post(r)) _block.SendAsync(r).Wait();
        _done.Task.Wait();
        return new Done(readings.Length, _closed.Until(nowMs));
    }
}
